import type { Clock } from '../kernel/clock.ts'
import type { Replicas } from '../replica/replica.ts'
import type { RateWindow } from './rate.ts'

/** Until this long after one came or went, not every replica has heard of it. */
const hearsayMs = 15_000

/**
 * The shares of rates that this replica may use. Whoever hears of another replica shrinks its shares at once; a share
 * grows only when all that could have been done under the earlier ones is out of the window. So the replicas together
 * never exceed a rate, and one that has just begun beside others must wait a period before it may use its share.
 */
export class RateShares {
  readonly #replicas: Pick<Replicas, 'self' | 'living'>
  readonly #clock: Clock
  readonly #growing = new Set<RateWindow>()
  readonly #rates = new Set<WeakRef<RateWindow>>()
  #changedMs: number

  constructor(replicas: Pick<Replicas, 'self' | 'living'>, clock: Clock) {
    this.#replicas = replicas
    this.#clock = clock
    this.#changedMs = clock.monotonicMs()
  }

  adopt(rate: RateWindow): void {
    this.#rates.add(new WeakRef(rate))
    const isSettled = this.#clock.monotonicMs() - this.#changedMs >= hearsayMs
    rate.share = isSettled || this.#replicas.living().length === 1 ? this.#shareOf(rate) : 0
    if (rate.share === 0) this.#growing.add(rate)
  }

  /** A replica came or went. */
  change(): void {
    this.#changedMs = this.#clock.monotonicMs()
    for (const reference of this.#rates) {
      const rate = reference.deref()
      if (rate === undefined) {
        this.#rates.delete(reference)
        continue
      }
      rate.share = Math.min(rate.share, this.#shareOf(rate))
      if (rate.share < this.#shareOf(rate)) this.#growing.add(rate)
    }
  }

  grow(): void {
    const stableMs = this.#clock.monotonicMs() - this.#changedMs
    for (const rate of this.#growing) {
      if (stableMs < rate.periodMs + hearsayMs) continue
      rate.share = this.#shareOf(rate)
      this.#growing.delete(rate)
    }
  }

  /** What is left over when it is divided goes to the first ones, one each. */
  #shareOf({ callsMax }: RateWindow): number {
    const living = this.#replicas.living()
    const at = Math.max(0, living.indexOf(this.#replicas.self))
    return Math.floor(callsMax / living.length) + (at < callsMax % living.length ? 1 : 0)
  }
}
