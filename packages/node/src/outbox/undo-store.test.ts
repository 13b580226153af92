import type { Fault } from '@ambit/core/fault'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import { aRow, aTarget, actId, anIntent, anOutcome, at, notes } from './outbox-fixture.ts'
import { world } from './outbox-world-fixture.ts'
import type { UndoingEnd } from './outbox.ts'
import { undo, undoTrace } from './undo.ts'

const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }
const one = actId(0)
const two = actId(1)
const three = actId(2)

describe.each(storeEngines)('undoing on $name', (engine) => {
  test('performs the inverse once, with what was said in the act', async () => {
    await using store = await engine.open()
    await using room = await world(store).then((made) => ({
      ...made,
      [Symbol.asyncDispose]: async () => await made.outbox[Symbol.asyncDispose](),
    }))
    const { parts, write, said, performed, told } = room
    write(anIntent(one), anOutcome(one))
    said(one, 7)
    const done = await undo(parts, ann, one)
    expect(done).toMatchObject({ act: one, state: 'undone', by: performed[0]?.act })
    expect(performed).toMatchObject([
      {
        undoes: one,
        trace: one,
        capability: { id: 'delete_note' },
        arguments: { id: 7 },
        approve: expect.any(Function) as unknown,
      },
    ])
    expect(told).toEqual([{ organization: 'main', person: 'p_ann' }])
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.done' })
    expect(performed.length).toBe(1)
  })

  test('of twenty at once performs one', async () => {
    await using store = await engine.open()
    const { parts, write, said, performed, outbox } = await world(store)
    write(anIntent(one), anOutcome(one))
    said(one, 7)
    const all = await Promise.allSettled(Array.from({ length: 20 }, async () => await undo(parts, ann, one)))
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    expect(performed.length).toBe(1)
    await outbox[Symbol.asyncDispose]()
  })

  test('says in its own code why it cannot', async () => {
    await using store = await engine.open()
    const { parts, write, said, state, clock, performed, outbox } = await world(store)
    const failed = actId(3)
    const without = actId(4)
    const revoked = actId(5)
    write(
      anIntent(one),
      anOutcome(one),
      anIntent(two, { capability: 'send' }),
      anOutcome(two),
      anIntent(three, { capability: 'delete_note' }),
      anOutcome(three),
      anIntent(failed),
      anOutcome(failed, 'failed'),
      anIntent(without),
      anOutcome(without),
      anIntent(revoked, { links: ['m_gone', 'leaf_9'] }),
      anOutcome(revoked),
    )
    said(one, undefined)
    said(revoked, 7)
    const code = async (act: string, caller = ann) =>
      await undo(parts, caller, act).then(
        () => 'undone',
        (error: unknown) => (error as Fault).code,
      )
    expect(await code(one, { ...ann, person: 'p_li' })).toBe('undo.not-yours')
    expect(await code(one, { ...ann, organization: 'other' })).toBe('act.unknown')
    expect(await code('f'.repeat(32))).toBe('act.unknown')
    expect(await code(two)).toBe('undo.no-inverse')
    expect(await code(three)).toBe('undo.no-inverse')
    expect(await code(failed)).toBe('undo.not-done')
    expect(await code(without)).toBe('undo.contents-gone')
    expect(await code(revoked)).toBe('undo.failed')
    // The answer names no id.
    expect(await code(one)).toBe('undo.failed')
    state.erased = true
    expect(await code(one)).toBe('undo.contents-gone')
    state.erased = false
    state.target = aTarget([notes.capabilities.get('create_note')!])
    expect(await code(one)).toBe('undo.failed')
    clock.advance(86_400_000)
    expect(await code(one)).toBe('undo.too-late')
    expect(performed).toEqual([])
    await outbox[Symbol.asyncDispose]()
  })

  test('without contents that are kept says so', async () => {
    await using store = await engine.open()
    const { parts, outbox } = await world(store)
    const row = aRow(one, { undo_until: at })
    await parts.store.advance({ log: 'other', from: 0, to: 1 }, [], () => ({
      rows: [row],
      reads: [],
      undone: [],
    }))
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.contents-gone' })
    await outbox[Symbol.asyncDispose]()
  })

  test('may be tried again after a failure, never after an end that nobody knows', async () => {
    await using store = await engine.open()
    const { parts, write, said, state, performed, outbox } = await world(store)
    write(anIntent(one), anOutcome(one))
    said(one, 7)
    const ends: UndoingEnd[] = [
      { status: 'refused', code: 'mandate.no-entry', detail: 'not allowed' },
      { status: 'failed', code: 'upstream.unreachable', detail: 'nobody there' },
      { status: 'completed', result: { isError: true } },
    ]
    for (const end of ends) {
      state.end = end
      await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.failed' })
    }
    state.end = { status: 'asked', code: 'user.ask', detail: 'asked' }
    await expect(undo(parts, { ...ann, by: 'token' }, one)).rejects.toMatchObject({ code: 'undo.session' })
    expect(performed.at(-1)?.approve).toBeUndefined()
    state.end = { status: 'unknown', code: 'act.unknown', detail: 'cut off' }
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.failed' })
    state.end = { status: 'completed', result: {} }
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.done' })
    expect(performed.length).toBe(5)
    await outbox[Symbol.asyncDispose]()
  })

  test('an undo that was cut off by a crash is settled by what the log knows of it', async () => {
    await using store = await engine.open()
    const { parts, write, said, clock, performed, outbox } = await world(store)
    write(anIntent(one), anOutcome(one), anIntent(two), anOutcome(two))
    said(one, 7)
    said(two, 8)
    await parts.journal.current()
    await parts.store.beginUndo(one, three, clock.now())
    await parts.store.beginUndo(two, actId(3), clock.now())
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.done' })
    // Of one the log says that it was done, of the other it has nothing.
    write(anIntent(three, { capability: 'delete_note', undoes: one }), anOutcome(three))
    clock.advance(15 * 60_000)
    await expect(undo(parts, ann, one)).rejects.toMatchObject({ code: 'undo.done' })
    expect((await parts.store.find(one))?.undo_state).toBe('undone')
    await undo(parts, ann, two).catch(() => undefined)
    expect(await undo(parts, ann, two).catch((error: unknown) => (error as Fault).code)).toBe('undo.done')
    expect(performed.map(({ undoes }) => undoes)).toEqual([two])
    await outbox[Symbol.asyncDispose]()
  })

  test('of a task begins with the newest and stops where it cannot', async () => {
    await using store = await engine.open()
    const { parts, write, said, performed, outbox } = await world(store)
    const trace = actId(9)
    write(
      anIntent(one, { trace }),
      anOutcome(one),
      anIntent(two, { trace, capability: 'send' }),
      anOutcome(two),
      anIntent(three, { trace }),
      anOutcome(three),
    )
    said(one, 1)
    said(three, 3)
    expect(await undoTrace(parts, ann, trace)).toMatchObject({
      undone: [{ act: three }],
      failed: { act: two, fault: { code: 'undo.no-inverse' } },
    })
    expect(performed.map(({ undoes }) => undoes)).toEqual([three])
    await expect(undoTrace(parts, { ...ann, person: 'p_li' }, trace)).rejects.toMatchObject({
      code: 'act.unknown',
    })
    await outbox[Symbol.asyncDispose]()
  })

  test('what is still held is vetoed', async () => {
    await using store = await engine.open()
    const { parts, vetoed, outbox } = await world(store)
    const row = aRow(one, { state: 'held', approval: 'ap_1', due: at + 60_000, ended: null })
    await parts.store.advance({ log: 'other', from: 0, to: 1 }, [], () => ({
      rows: [row],
      reads: [],
      undone: [],
    }))
    expect(await undo(parts, ann, one)).toEqual({ act: one, state: 'vetoed' })
    expect(vetoed).toEqual(['ap_1'])
    await outbox[Symbol.asyncDispose]()
  })
})
