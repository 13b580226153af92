import type { Found } from './proof.ts'
import type { DomainRow } from './ownership-store.ts'

/** A proof is looked at again that often, and each hour while it fails or is awaited. */
const againMs = 24 * 60 * 60_000
const soonMs = 60 * 60_000
/** A domain whose proof was not found for that long is not proved any more. */
const lostAfterMs = 7 * 24 * 60 * 60_000
/** Nobody waits for a domain that was never proved in a month; a person can still ask. */
const awaitedMs = 30 * 24 * 60 * 60_000

export type DomainState = 'claimed' | 'proved' | 'failing'

/** `failing` is proved still: its last checks did not find the proof. */
export function stateOf({ proved, failing }: DomainRow): DomainState {
  if (proved === null) return 'claimed'
  return failing === null ? 'proved' : 'failing'
}

/** What a check makes of a domain. */
export function afterCheck(row: DomainRow, found: Found, now: number): DomainRow {
  if ('way' in found) {
    return {
      ...row,
      way: found.way,
      proved: row.proved ?? now,
      failing: null,
      checked: now,
      due: now + againMs,
      problem: null,
    }
  }
  const failing = row.failing ?? now
  const isLost = row.proved !== null && now - failing >= lostAfterMs
  const isAwaited = row.proved !== null || now - row.added < awaitedMs
  return {
    ...row,
    proved: isLost ? null : row.proved,
    failing: row.proved === null || isLost ? null : failing,
    checked: now,
    due: now + (isAwaited ? soonMs : againMs),
    problem: found.problem,
  }
}
