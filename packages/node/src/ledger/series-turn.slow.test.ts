import { createHash } from 'node:crypto'
import { cpSync, existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localDisk } from '../kernel/disk.ts'
import { openFileEngine } from './file/engine.ts'
import { allowBeginAfterLoss, openFileGuard, openSeries } from './ledger.ts'
import type { Series, SeriesOptions } from './ledger.ts'
import { allEntries, checkList, seriesIn, seriesName } from './series-fixture.ts'

/*
 * A turn cut off anywhere, logs restored from an older copy, and entries deleted under the retention. A copy of the
 * folder in the middle of a turn is what a kill -9 leaves at that moment.
 */

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-series-crash-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})
const folder = (): string => join(root, String(folders++))

/** Options whose ports call `at` before and after each thing they do in the course of a turn. */
async function watched(where: string, at: (moment: string) => void): Promise<SeriesOptions> {
  const options = await seriesIn(where)
  const guard = await openFileGuard(join(where, 'guard'))
  return {
    ...options,
    guard: {
      async read(origin) {
        at(`before reading the guard of ${origin}`)
        return await guard.read(origin)
      },
      async advance(origin, from, to) {
        at(`before the guard of ${origin}`)
        const moved = await guard.advance(origin, from, to)
        at(`after the guard of ${origin}`)
        return moved
      },
    },
    keyring: {
      ...options.keyring,
      seal(purpose, context, content) {
        at('before the key')
        return options.keyring.seal(purpose, context, content)
      },
    },
    cosignerOf: async () => ({
      required: false,
      waitMs: 0,
      async cosign() {
        at('before the checkpoint is published')
        return { lines: [], quorum: true }
      },
      state: () => [],
    }),
  }
}

test('a turn cut off at any moment is finished or taken back, and nothing acknowledged is lost', async () => {
  const where = folder()
  const cuts: { moment: string; copy: string; acknowledged: number }[] = []
  let acknowledged = 0
  let turning = false
  const options = await watched(where, (moment) => {
    if (!turning) return
    const copy = folder()
    cpSync(where, copy, { recursive: true })
    cuts.push({ moment, copy, acknowledged })
    series.append(`during ${moment} ${cuts.length}`, () => acknowledged++)
  })
  await using series: Series = await openSeries(options)
  for (let at = 0; at < 10; at++) await series.write(`entry ${at}`)
  acknowledged = 10
  turning = true
  await series.rotate('a test')
  turning = false
  await series.settle()
  const whole = texts(await allEntries(series))
  expect(whole).toHaveLength(10 + cuts.length)

  const outcomes = new Set<number>()
  for (const { moment, copy, acknowledged: promised } of cuts) {
    await rm(join(copy, 'log', '2026h2', 'lock'), { force: true })
    await rm(join(copy, 'log', '2026h2-2', 'lock'), { force: true })
    await using again = await openSeries(await seriesIn(copy))
    const found = texts(await allEntries(again))
    expect(found.length, moment).toBeGreaterThanOrEqual(promised)
    expect(whole.slice(0, found.length), moment).toEqual(found)
    expect(await checkList(again), moment).toMatchObject({ ok: true })
    outcomes.add(again.list.shards.length)
    const { size } = again
    expect(await again.write('and on'), moment).toBe(size)
    await again.rotate('once more')
    expect(await checkList(again), moment).toMatchObject({ ok: true })
  }
  expect(outcomes).toEqual(new Set([1, 2]))
  expect(cuts.map(({ moment }) => moment)).toEqual(
    expect.arrayContaining([
      'before the key',
      `before the guard of ${seriesName}/2026h2`,
      'before the checkpoint is published',
      `before the guard of ${seriesName}/shards`,
      `after the guard of ${seriesName}/shards`,
      `after the guard of ${seriesName}/2026h2-2`,
    ]),
  )
})

const texts = (entries: readonly [number, string][]): string[] =>
  entries.map(([, text]) => text).filter((text) => !text.startsWith('{'))

test('logs restored from an older copy begin anew only when a person allowed it, and state the loss', async () => {
  const where = folder()
  const backup = folder()
  {
    await using series = await openSeries(await seriesIn(where))
    await series.write('kept')
    await series.checkpoint(2)
    await cp(join(where, 'log'), backup, { recursive: true })
    for (let at = 0; at < 5; at++) await series.write(`lost ${at}`)
    await series.checkpoint(7)
  }
  await restore(where, backup)
  await expect(openSeries(await seriesIn(where))).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  await allowBeginAfterLoss(join(where, 'log'), 'the disk is broken')
  {
    await using series = await openSeries(await seriesIn(where))
    expect(series.origin).toBe(`${seriesName}/2026h2-2`)
    expect(series.list.shards.map(({ state, first }) => [state, first])).toEqual([
      ['lost', 0],
      ['open', 7],
    ])
    const entries = await allEntries(series)
    expect(entries.map(([position]) => position)).toEqual([0, 1, 7, 8])
    expect(JSON.parse(entries[2]![1])).toMatchObject({
      predecessor: { why: 'loss', reason: 'the disk is broken' },
    })
    expect(JSON.parse(entries[3]![1])).toMatchObject({ kind: 'predecessor', lost: { kept: 2 } })
    expect(await checkList(series)).toMatchObject({ ok: true })
    expect([0, 1, 2, 6, 7].map((position) => series.readable(position))).toEqual([0, 1, 7, 7, 7])
    await expect(series.read(3)).rejects.toMatchObject({ code: 'ledger.lost' })
    expect(Buffer.from((await series.prove(1)).entry).toString()).toBe('kept')
    expect(await series.write('after')).toBe(9)
    expect(existsSync(join(where, 'log', 'begin-after-loss'))).toBe(false)
  }
  // Allowed once.
  await restore(where, backup)
  await expect(openSeries(await seriesIn(where))).rejects.toMatchObject({ code: 'ledger.rolled-back' })
})

test('a copy from before a turn does not go on with the log that ended', async () => {
  const where = folder()
  const backup = folder()
  {
    await using series = await openSeries(await seriesIn(where))
    await series.write('one')
    await series.checkpoint(2)
    await cp(join(where, 'log'), backup, { recursive: true })
    await series.rotate('a test')
    await series.write('two')
    await series.checkpoint(5)
  }
  await restore(where, backup)
  await expect(openSeries(await seriesIn(where))).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  await allowBeginAfterLoss(join(where, 'log'), 'an older backup')
  await using series = await openSeries(await seriesIn(where))
  expect(series.list.shards.map(({ origin, state }) => [origin, state])).toEqual([
    [`${seriesName}/2026h2`, 'frozen'],
    [`${seriesName}/2026h2-2`, 'lost'],
    [`${seriesName}/2026h2-3`, 'open'],
  ])
  expect((await allEntries(series)).map(([position]) => position)).toEqual([0, 1, 5, 6])
  // The key of the log that ended came back with the copy, and is destroyed again.
  await expect(series.file('2026h2-2/checkpoint')).rejects.toMatchObject({ code: 'ledger.lost' })
})

test('a name that the guard knows is not given to a second log', async () => {
  const where = folder()
  const backup = folder()
  {
    await using series = await openSeries(await seriesIn(where))
    await series.write('one')
    await series.checkpoint(2)
    await cp(join(where, 'log'), backup, { recursive: true })
    await series.rotate('a test')
  }
  await restore(where, backup)
  // The guard lost the list, but not what the logs signed.
  await rm(
    join(where, 'guard', `${createHash('sha256').update(`${seriesName}/shards`).digest('hex')}.checkpoint`),
  )
  await using series = await openSeries(await seriesIn(where))
  expect(await series.rotate('again')).toMatchObject({ origin: `${seriesName}/2026h2-3` })
})

async function restore(where: string, backup: string): Promise<void> {
  await rm(join(where, 'log'), { recursive: true })
  await cp(backup, join(where, 'log'), { recursive: true })
  await rm(join(where, 'log', '2026h2', 'lock'), { force: true })
}

test('deletes the entries of ended logs past the retention, keeps their proofs, and records it', async () => {
  const where = folder()
  const clock = handClock(Date.UTC(2026, 4, 1))
  const options = await seriesIn(where, clock, { retainMonths: 7 })
  const early = await openSeries(options)
  await early.write('personal')
  const proof = await early.prove(1)
  const earlier = early.list.note
  clock.advance(Date.UTC(2026, 6, 1) - clock.now())
  await early.settle()
  await early[Symbol.asyncDispose]()

  const months = handClock(Date.UTC(2027, 0, 31))
  await using before = await openSeries(await seriesIn(where, months, { retainMonths: 7 }))
  await before.settle()
  expect(Buffer.from(await before.read(1)).toString()).toBe('personal')
  months.advance(86_400_000)
  await before.settle()
  months.advance(10_000)
  await until('the entries are deleted', () => !existsSync(join(where, 'log', '2026h1', 'segments')))
  expect(before.list.shards[0]!.state).toBe('pruned')
  await expect(before.read(1)).rejects.toMatchObject({ code: 'ledger.pruned' })
  await expect(before.prove(1)).rejects.toMatchObject({ code: 'ledger.pruned' })
  await expect(before.file('2026h1/tile/entries/000.p/2')).rejects.toMatchObject({
    code: 'ledger.pruned',
    status: 410,
  })
  expect((await before.file('2026h1/tile/0/000.p/2'))!.bytes).toHaveLength(64)
  expect(Buffer.from((await before.file('2026h1/checkpoint'))!.bytes).toString()).toBe(proof.checkpoint)
  expect(before.readable(0)).toBe(2)
  const entries = await allEntries(before)
  expect(entries[0]![0]).toBe(2)
  expect(entries.map(([, text]) => JSON.parse(text) as { kind: string; origin?: string })).toContainEqual(
    expect.objectContaining({ kind: 'prune', origin: `${seriesName}/2026h1`, size: 2, months: 7 }),
  )
  expect(await checkList(before, earlier)).toMatchObject({ ok: true })
})

test('where the next log cannot be opened, entries are refused by name until it can', async () => {
  const where = folder()
  let full = false
  const options = await seriesIn(where, undefined, {
    async engine(parts) {
      if (full) throw new Fault('ledger.full', { detail: 'no space is left' })
      return await openFileEngine(parts, localDisk)
    },
  })
  await using series = await openSeries(options)
  await series.write('before')
  full = true
  await series.rotate('a test')
  expect(series.state()).toMatchObject({ state: 'failed', reason: 'no space is left' })
  await expect(series.write('refused')).rejects.toMatchObject({ code: 'ledger.full' })
  expect(Buffer.from(await series.read(1)).toString()).toBe('before')
  full = false
  options.clock.advance(1000)
  await series.settle()
  expect(series.state().state).toBe('open')
  expect(await series.write('after')).toBe(4)
  expect(await checkList(series)).toMatchObject({ ok: true })
})

test('where the guard refuses the list, neither log is written to any more', async () => {
  const where = folder()
  const options = await seriesIn(where)
  let refuses = false
  const { guard } = options
  await using series = await openSeries({
    ...options,
    guard: {
      read: async (origin) => await guard.read(origin),
      advance: async (origin, from, to) =>
        refuses && origin.endsWith('/shards') ? false : await guard.advance(origin, from, to),
    },
  })
  await series.write('before')
  refuses = true
  await expect(series.rotate('a test')).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  await expect(series.write('refused')).rejects.toMatchObject({ code: 'ledger.failed' })
  await expect(series.rotate('again')).rejects.toMatchObject({ code: 'ledger.failed' })
  expect(series.state().state).toBe('failed')
  expect(texts(await allEntries(series))).toEqual(['before'])
})
