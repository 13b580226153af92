import type { InFlightAct } from './in-flight.ts'
import type { PathParts } from './parts.ts'

/** An outcome that finds no room on the disk is written again this often; a full disk passes. */
const retryMs = 1000

/**
 * Puts the outcome of an act into the log. Until it is there the act stays open: whoever starts next writes «unknown»
 * for what is still open then.
 */
export function writeOutcome(parts: PathParts, act: InFlightAct, entry: string): void {
  parts.inFlight.ending(act)
  appendOutcome(parts, act.id, entry, () => parts.inFlight.ended(act))
}

/** `done` is called once it is there; a log that is broken for good never calls it. */
export function appendOutcome(parts: PathParts, act: string, entry: string, done: () => void): void {
  parts.ledger.appendPatiently(entry, (fault) => {
    if (fault === undefined) {
      done()
      return
    }
    parts.log.error('act.outcome-not-recorded', { act, code: fault.code })
    if (fault.code === 'ledger.full' || fault.code === 'ledger.busy') {
      parts.clock.after(retryMs, () => appendOutcome(parts, act, entry, done))
    }
  })
}
