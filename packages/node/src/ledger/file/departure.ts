import type { Clock } from '../../kernel/clock.ts'

/** How long an entry that nobody waits for may wait for company; well within the merge delay. */
const patienceMs = 20

/** When a batch leaves: at the end of the turn, or after a while where nobody waits for it. */
export class Departure {
  #clock: Clock
  #isSoon = false
  #isLater = false
  #atEndOfTurn: () => void
  #afterPatience: () => void

  constructor(clock: Clock, leave: () => void, endOfPatience: () => void) {
    this.#clock = clock
    this.#atEndOfTurn = () => {
      this.#isSoon = false
      leave()
    }
    this.#afterPatience = () => {
      this.#isLater = false
      endOfPatience()
    }
  }

  /** At the end of the turn: everything that this turn of the event loop brings goes into one batch. */
  soon(): void {
    if (this.#isSoon) return
    this.#isSoon = true
    setImmediate(this.#atEndOfTurn)
  }

  later(): void {
    if (this.#isLater) return
    this.#isLater = true
    this.#clock.after(patienceMs, this.#afterPatience)
  }
}
