import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'
import { logsIn } from './ledger-fixture.ts'
import { openLedger, openSeries } from './ledger.ts'
import type { LedgerGuard } from './ledger.ts'
import { seriesIn } from './series-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-publisher-'))
const options = logsIn(root)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const diskFull = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

test('a log that could not be opened signs nothing later', async () => {
  const clock = handClock()
  const where = await options({ clock })
  const full: LedgerGuard = {
    read: (of) => where.guard.read(of),
    advance: async () => {
      throw diskFull
    },
  }
  await expect(openLedger({ ...where, guard: full })).rejects.toMatchObject({ code: 'ledger.unpublished' })
  expect(clock.timers).toBe(0)
})

test('a log that was closed while its guard had no room tries nothing more', async () => {
  const clock = handClock()
  const failures: Fault[] = []
  const where = await options({ clock, onFailure: (fault) => failures.push(fault) })
  const waiting: (() => void)[] = []
  let full = false
  const guard: LedgerGuard = {
    read: (of) => where.guard.read(of),
    async advance(of, from, to) {
      if (!full) return await where.guard.advance(of, from, to)
      if (waiting.length === 0) await new Promise<void>((resolve) => void waiting.push(resolve))
      throw diskFull
    },
  }
  const ledger = await openLedger({ ...where, guard })
  full = true
  await ledger.write('one')
  clock.advance(1000)
  await until('the publication to begin', () => waiting.length > 0)
  const closed = ledger[Symbol.asyncDispose]()
  waiting[0]!()
  await closed
  expect(failures.map(({ code }) => code)).toEqual(['ledger.unpublished', 'ledger.unpublished'])
  expect(clock.timers).toBe(0)
})

test('the last checkpoint of a log that has ended still gets its witnesses, without its key', async () => {
  let witnessed = false
  const asked = new Set<string>()
  const where = await seriesIn(join(root, 'ended'), handClock(), {
    cosignerOf: async (vkey) => ({
      required: false,
      waitMs: 100,
      state: () => [],
      cosign: async () => {
        if (witnessed) asked.add(vkey)
        return { lines: [], quorum: witnessed }
      },
    }),
  })
  await using series = await openSeries(where)
  const ended = series.vkey
  await series.rotate('a test')
  witnessed = true
  await until('the new log to ask', () => {
    where.clock.advance(2500)
    return asked.has(series.vkey)
  })
  await until('the ended log to ask', () => asked.has(ended))
  expect(where.failures).toEqual([])
})

test('a turn that failed is tried again after a minute, also where the clock was set back meanwhile', async () => {
  const hand = handClock(Date.UTC(2026, 10, 1))
  let offMs = 0
  const clock = { ...hand, timers: 0, now: () => hand.now() + offMs }
  const where = await seriesIn(join(root, 'set-back'), clock, { entriesMax: 2 })
  let full = false
  const guard: LedgerGuard = {
    read: (of) => where.guard.read(of),
    async advance(of, from, to) {
      if (full) throw diskFull
      return await where.guard.advance(of, from, to)
    },
  }
  await using series = await openSeries({ ...where, guard })
  await series.write('one')
  await series.checkpoint(series.size)
  full = true
  await series.write('two')
  hand.advance(10_000)
  await until('the turn to fail', () => where.failures.some(({ code }) => code === 'ledger.unpublished'))
  await series.settle()
  full = false
  offMs = -365 * 24 * 60 * 60_000
  await until(
    'the turn',
    () => {
      hand.advance(10_000)
      return hand.now() < Date.UTC(2027, 0, 1) && series.list.shards.length === 2
    },
    3000,
  )
})

test('a guard that took a head and then gave an error does not make the log its own enemy', async () => {
  const where = await options({ onFailure: () => undefined })
  let broken = false
  const guard: LedgerGuard = {
    read: (of) => where.guard.read(of),
    async advance(of, from, to) {
      const taken = await where.guard.advance(of, from, to)
      // As when the file is in place and its folder could not be opened to be synced.
      if (broken) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
      return taken
    },
  }
  await using ledger = await openLedger({ ...where, guard })
  await ledger.write('one')
  broken = true
  await expect(ledger.checkpoint(2)).rejects.toMatchObject({ code: 'ledger.unpublished' })
  broken = false
  await ledger.write('two')
  expect(await ledger.checkpoint(3)).toContain('\n3\n')
  expect(ledger.state()).toMatchObject({ state: 'open', publishedSize: 3 })
})
