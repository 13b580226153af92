import { Fault } from '@ambit/core/fault'
import type { FaultCode } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { keepsNothing } from '../contents/contents.ts'
import { silentLog } from '../kernel/log.ts'
import { InFlight } from './in-flight.ts'
import { outcomeEntry } from './entry.ts'
import { appendOutcome } from './outcome-writer.ts'
import type { PathParts } from './parts.ts'

const outcome = {
  act: 'an act',
  at: 0,
  durationMs: 1,
  error: undefined,
  result: undefined,
  status: 'completed',
} as const

/** A log that refuses the first entry that comes, with this fault. */
function pathTo(code: FaultCode) {
  const clock = handClock()
  const entries: string[] = []
  let refused = 0
  const appendPatiently: PathParts['ledger']['appendPatiently'] = (entry, done) => {
    if (refused++ === 0) return done(new Fault(code, { detail: 'for a test' }), -1)
    done(undefined, entries.push(entry) - 1)
  }
  const ledger = { appendPatiently, append: appendPatiently }
  const parts = { ledger, clock, contents: keepsNothing, inFlight: new InFlight(), log: silentLog }
  // Only what writing an outcome needs.
  return { parts: parts as unknown as PathParts, clock, entries }
}

test.each(['ledger.full', 'ledger.busy', 'ledger.away', 'ledger.unpublished'] as const)(
  'an outcome that meets %s, which passes, is written once it has passed',
  (code) => {
    const { parts, clock, entries } = pathTo(code)
    appendOutcome(parts, outcome)
    expect(entries).toEqual([])
    clock.advance(1000)
    expect(entries).toEqual([outcomeEntry(outcome)])
  },
)

test.each(['ledger.failed', 'ledger.closed', 'ledger.rolled-back'] as const)(
  'an outcome that meets %s is left to the next start',
  (code) => {
    const { parts, clock, entries } = pathTo(code)
    appendOutcome(parts, outcome)
    expect(clock.timers).toBe(0)
    expect(entries).toEqual([])
  },
)
