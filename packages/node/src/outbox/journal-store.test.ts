import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import { aRow, actId, anIntent, anOutcome, at } from './outbox-fixture.ts'
import { world } from './outbox-world-fixture.ts'
import type { JournalRow } from './journal-row.ts'
import { undo } from './undo.ts'

const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }
const one = actId(0)
const two = actId(1)
const three = actId(2)

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

  test('reads from the log what the process that wrote it kept in memory alone when it was killed', async () => {
    await using store = await engine.open()
    const { parts, write, open } = await world(store)
    const list = { capability: 'list' }
    write(anIntent(actId(2), list), anOutcome(actId(2)), anIntent(one))
    await parts.journal.current()
    // Taken by the first, never kept by it: it is not closed, only never asked again.
    write(anOutcome(one), anIntent(two), anIntent(actId(3), list), anOutcome(two), anOutcome(actId(3)))
    await using again = await open()
    write(anIntent(actId(4), list), anOutcome(actId(4)))
    await again.parts.journal.current()
    expect(await again.parts.store.findAll([one, two])).toMatchObject([{ state: 'done' }, { state: 'done' }])
    expect(await again.parts.store.reads('main', 'p_ann', 0)).toMatchObject([{ acts: 3 }])
    expect(await again.parts.store.position('test/activity')).toBe(10)
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
