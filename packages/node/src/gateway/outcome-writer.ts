import type { Reservation } from '../authority/authority.ts'
import type { AwaitsContents } from '../contents/contents.ts'
import { outcomeEntry } from './entry.ts'
import type { OutcomeFacts } from './entry.ts'
import type { Ending, InFlightAct } from './in-flight.ts'
import type { PathParts } from './parts.ts'

/** An outcome that the log does not take now is written again this often: a full disk passes, a database comes back. */
const retryMs = 1000

/**
 * Puts the outcome of an act into the log, once its contents are durable. Until it is there the act stays open: whoever
 * starts next writes «unknown» for what is still open then. `unsent`: what it took from the budgets, where nothing was
 * sent; given back once the log says so, and so never twice.
 */
export function writeOutcome(
  parts: PathParts,
  act: InFlightAct,
  outcome: OutcomeFacts,
  unsent?: Reservation,
): void {
  const ended = new EndedAct(parts, outcome, unsent)
  if (unsent !== undefined) parts.inFlight.givingBack(unsent)
  // An act whose intent is not in the log is not open in it either.
  if (act.intentDurable) parts.inFlight.ending(ended)
  parts.contents.after(ended)
}

/** The same for an act that was never under way here. */
export function appendOutcome(parts: PathParts, outcome: OutcomeFacts): void {
  parts.contents.after(new EndedAct(parts, outcome))
}

/**
 * One small object for each act that ended and whose outcome is not in the log yet. It does not hold the act: the
 * messages of all acts of that while would outlive two collections each time. Nor the text of its entry, which is made
 * when the log takes it.
 */
class EndedAct implements AwaitsContents, Ending {
  place = -1
  readonly #parts: PathParts
  readonly #outcome: OutcomeFacts
  readonly #unsent: Reservation | undefined

  constructor(parts: PathParts, outcome: OutcomeFacts, unsent?: Reservation) {
    this.#parts = parts
    this.#outcome = outcome
    this.#unsent = unsent
  }

  get id(): string {
    return this.#outcome.act
  }

  /** A log that is broken for good never takes it. */
  contentsDurable(): void {
    const { ledger, inFlight, log, clock } = this.#parts
    ledger.appendPatiently(outcomeEntry(this.#outcome), (fault, index) => {
      if (fault === undefined) {
        inFlight.acknowledge(index)
        inFlight.ended(this)
        this.#giveBack()
        return
      }
      log.error('act.outcome-not-recorded', { act: this.id, code: fault.code })
      if (fault.retryable && fault.code !== 'ledger.closed') {
        clock.after(retryMs, () => this.contentsDurable())
      }
    })
  }

  #giveBack(): void {
    if (this.#unsent === undefined) return
    this.#parts.inFlight.gaveBack(this.#unsent)
    this.#parts.authority.release(this.#unsent)
  }
}
