/**
 * A token bucket in integers: so many a second on average, and as many at once as two seconds give. It costs a few
 * additions for each asking, and neither a timer nor memory that grows.
 */
export class Bucket {
  readonly #perSecond: number
  /** In thousandths, so that a millisecond fills by whole numbers. */
  readonly #fullMilli: number
  #milli: number
  #filledMs = 0

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#fullMilli = perSecond * burstSeconds * 1000
    this.#milli = this.#fullMilli
  }

  /** Takes one and gives 0; when there is none, gives the milliseconds until there is. */
  take(nowMs: number): number {
    const now = Math.floor(nowMs)
    if (now > this.#filledMs) {
      this.#milli = Math.min(this.#fullMilli, this.#milli + (now - this.#filledMs) * this.#perSecond)
      this.#filledMs = now
    }
    if (this.#milli < oneMilli) return Math.ceil((oneMilli - this.#milli) / this.#perSecond)
    this.#milli -= oneMilli
    return 0
  }
}

const oneMilli = 1000
/** People and agents come in bursts; what a quiet second left over may be used in the next. */
const burstSeconds = 2
