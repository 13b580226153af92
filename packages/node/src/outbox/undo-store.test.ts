import { Fault } from '@ambit/core/fault'
import type { Leaf } from '@ambit/core/leaf'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import type { ContentField } from '../contents/contents.ts'
import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { aRow, aTarget, actId, anIntent, anOutcome, at, notes } from './outbox-fixture.ts'
import type { JournalRow } from './journal-row.ts'
import { openOutbox } from './outbox.ts'
import type { UndoingAct, UndoingEnd } from './outbox.ts'
import { undo, undoTrace } from './undo.ts'

const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }
const one = actId(0)
const two = actId(1)
const three = actId(2)

/** A log in memory, contents in memory, and a gateway that does what the test says. */
async function world(store: Store) {
  const clock = handClock(at + 10_000)
  const bus = createLocalBus(silentLog)
  const entries: Uint8Array[] = []
  const performed: UndoingAct[] = []
  const vetoed: string[] = []
  const contents = new Map<string, ReadonlyMap<ContentField, Buffer>>()
  const state = { end: { status: 'completed', result: {} } as UndoingEnd, target: notes, erased: false }
  const told: unknown[] = []
  bus.subscribe('feed.new', (message) => told.push(message))
  const open = async () =>
    await openOutbox({
      store,
      bus,
      clock,
      log: silentLog,
      ids: createIds(clock),
      ledger: {
        name: 'test/activity',
        get size() {
          return entries.length
        },
        settle: async () => undefined,
        async *entries(from) {
          for (let index = from; index < entries.length; index++) yield { index, entry: entries[index]! }
        },
      },
      leaves: { write: async () => 0 },
      settle: async () => undefined,
      keepMs: 86_400_000,
      target: () => state.target,
      record: () => undefined,
      personName: async () => 'Olga',
      purpose: () => undefined,
      approval: async () => undefined,
      contents: {
        async read({ act }) {
          if (state.erased) throw new Fault('contents.erased', { detail: 'gone' })
          return { saltKey: undefined, fields: contents.get(act) ?? new Map(), damaged: false }
        },
      },
      holderOf: async (links) =>
        links.includes('m_gone') ? undefined : ({ key: 'did:key:zAgent' } as UndoingAct['holder']),
      veto: async (_caller, id) => void vetoed.push(id),
      async perform(undoing) {
        performed.push(undoing)
        return state.end
      },
    })
  const outbox = await open()
  return {
    clock,
    bus,
    state,
    open,
    parts: outbox.parts,
    performed,
    vetoed,
    told,
    outbox,
    write: (...leaves: readonly Leaf[]) => {
      for (const leaf of leaves) entries.push(Buffer.from(JSON.stringify(leaf)))
    },
    said: (act: string, id: unknown) => {
      contents.set(
        act,
        new Map([
          ['arguments', Buffer.from('{"text":"hello"}')],
          ['result', Buffer.from(JSON.stringify({ structuredContent: { id } }))],
        ]),
      )
    },
  }
}

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

describe.each(storeEngines)('the journal on $name', (engine) => {
  test('loses nothing and tells nothing twice, with two that read the same log', async () => {
    await using store = await engine.open()
    const { parts, write, open, outbox } = await world(store)
    await using other = await open()
    const acts = Array.from({ length: 1000 }, (_, n) => actId(n))
    for (const act of acts) write(anIntent(act, { capability: 'list' }), anIntent(`${act.slice(0, 31)}1`))
    await Promise.all([parts.journal.current(), other.parts.journal.current()])
    await parts.journal.current()
    const reads = await store
      .tables<{ journal_reads: { acts: number } }>()
      .selectFrom('journal_reads')
      .select('acts')
      .execute()
    expect(reads).toEqual([{ acts: 1000 }])
    expect(await parts.store.list({ organization: 'main', person: 'p_ann', limit: 2000 })).toHaveLength(1000)
    await outbox[Symbol.asyncDispose]()
  })

  test('reads by itself, and goes on where it was after a restart', async () => {
    await using store = await engine.open()
    const { parts, write, clock, open, outbox } = await world(store)
    write(anIntent(one))
    clock.advance(1000)
    await expect.poll(async () => (await parts.store.find(one))?.state).toBe('open')
    await outbox[Symbol.asyncDispose]()
    write(anOutcome(one))
    await using again = await open()
    await again.parts.journal.current()
    expect(await again.parts.store.find(one)).toMatchObject({ state: 'done' })
  })

  test('is built anew from the log, with what was undone', async () => {
    await using store = await engine.open()
    const { parts, write, said, performed, open, outbox } = await world(store)
    write(anIntent(one), anOutcome(one), anIntent(two, { capability: 'list' }))
    said(one, 7)
    const { by } = await undo(parts, ann, one)
    expect(performed.length).toBe(1)
    write(anIntent(by!, { capability: 'delete_note', undoes: one }), anOutcome(by!))
    await parts.journal.current()
    const before = await parts.store.list({ organization: 'main', person: 'p_ann', limit: 10 })
    expect(before).toHaveLength(2)
    await outbox[Symbol.asyncDispose]()
    const db = store.tables<Record<'journal_act' | 'journal_cursor' | 'journal_reads', object>>()
    for (const table of ['journal_act', 'journal_cursor', 'journal_reads'] as const)
      await db.deleteFrom(table).execute()
    await using again = await open()
    await again.parts.journal.current()
    const rows = await again.parts.store.list({ organization: 'main', person: 'p_ann', limit: 10 })
    const timeless = (row: JournalRow) => ({ ...row, undo_at: 0 })
    expect(rows.map(timeless)).toEqual(before.map(timeless))
    expect(rows.find(({ act }) => act === one)).toMatchObject({ undo_state: 'undone', undone_by: by })
    await expect(undo(again.parts, ann, one)).rejects.toMatchObject({ code: 'undo.done' })
  })

  test('forgets how to make up for what was erased', async () => {
    await using store = await engine.open()
    const { parts, write, bus, outbox } = await world(store)
    write(anIntent(one), anOutcome(one))
    await parts.journal.current()
    bus.publish('subject.erased', { person: 'p_ann', periods: ['2026h1'] })
    bus.publish('subject.erased', { person: 'p_ann', periods: ['2026h2'] })
    await expect.poll(async () => (await parts.store.find(one))?.inverse).toBeNull()
    await outbox[Symbol.asyncDispose]()
  })

  test('tells one person of theirs alone, by agent, effect and time, a page at a time', async () => {
    await using store = await engine.open()
    const { parts, outbox } = await world(store)
    const rows = [
      aRow(one),
      aRow(two, { person: 'p_li' }),
      aRow(three, { organization: 'other' }),
      aRow(actId(3), { agent: 'aic', effect: 'pay' }),
      aRow(actId(4)),
    ]
    await parts.store.advance({ log: 'other', from: 0, to: 1 }, [], () => ({ rows, reads: [], undone: [] }))
    const list = async (more = {}) =>
      (await parts.store.list({ organization: 'main', person: 'p_ann', limit: 10, ...more })).map(
        ({ act }) => act,
      )
    expect(await list()).toEqual([actId(4), actId(3), one])
    expect(await list({ limit: 1, before: actId(4) })).toEqual([actId(3)])
    expect(await list({ agent: 'aic' })).toEqual([actId(3)])
    expect(await list({ effect: 'write' })).toEqual([actId(4), one])
    expect(await list({ from: at + 1, to: at + 4 })).toEqual([actId(3)])
    await parts.store.setSeen('main', 'p_ann', actId(3))
    await parts.store.setSeen('main', 'p_ann', one)
    expect(await parts.store.seen('main', 'p_ann')).toBe(actId(3))
    expect(await list({ after: actId(3) })).toEqual([actId(4)])
    const counts = await parts.store.days('main', 'p_ann', 0)
    expect(counts.map(({ day, acts }) => ({ day, acts }))).toEqual([
      { day: Math.floor(at / 86_400_000), acts: 3 },
    ])
    await outbox[Symbol.asyncDispose]()
  })
})
