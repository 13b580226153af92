import type { AwaitsContents } from '../contents/contents.ts'
import type { InFlightAct } from './in-flight.ts'
import type { PathParts } from './parts.ts'

/** An outcome that the log does not take now is written again this often: a full disk passes, a database comes back. */
const retryMs = 1000

/**
 * Puts the outcome of an act into the log, once its contents are durable. Until it is there the act stays open: whoever
 * starts next writes «unknown» for what is still open then.
 */
export function writeOutcome(parts: PathParts, act: InFlightAct, entry: string): void {
  parts.inFlight.ending(act)
  parts.contents.after(new EndedAct(parts, act.id, entry, act))
}

/** The same for an act that was never under way here. */
export function appendOutcome(parts: PathParts, act: string, entry: string): void {
  parts.contents.after(new EndedAct(parts, act, entry, undefined))
}

/** One object for each act that ended and whose outcome is not in the log yet. */
class EndedAct implements AwaitsContents {
  readonly #parts: PathParts
  readonly #id: string
  readonly #entry: string
  readonly #act: InFlightAct | undefined

  constructor(parts: PathParts, id: string, entry: string, act: InFlightAct | undefined) {
    this.#parts = parts
    this.#id = id
    this.#entry = entry
    this.#act = act
  }

  /** A log that is broken for good never takes it. */
  contentsDurable(): void {
    const { ledger, inFlight, log, clock } = this.#parts
    ledger.appendPatiently(this.#entry, (fault) => {
      if (fault === undefined) {
        if (this.#act !== undefined) inFlight.ended(this.#act)
        return
      }
      log.error('act.outcome-not-recorded', { act: this.#id, code: fault.code })
      if (fault.retryable && fault.code !== 'ledger.closed') {
        clock.after(retryMs, () => this.contentsDurable())
      }
    })
  }
}
