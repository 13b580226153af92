/**
 * Which slot is due when, without a timer for each: buckets of one tick in a ring, slots chained in each bucket. What is
 * due later than a turn of the ring stays in its bucket until its turn comes. Entering costs the same for one and for a
 * million.
 */
export class Wheel {
  readonly #tickMs: number
  readonly #heads: Int32Array
  #next = new Int32Array(0)
  #due = new Float64Array(0)
  /** The tick that was taken last. */
  #tick: number
  #size = 0

  constructor(now: number, tickMs = 250, buckets = 4096) {
    this.#tickMs = tickMs
    this.#heads = new Int32Array(buckets).fill(-1)
    this.#tick = Math.floor(now / tickMs)
  }

  get tickMs(): number {
    return this.#tickMs
  }

  get size(): number {
    return this.#size
  }

  /** When a slot is due, in ms; 0: it is not in the wheel. */
  dueOf(slot: number): number {
    return this.#due[slot] ?? 0
  }

  /** Enters a slot that is not in the wheel. What is due in the past comes with the next tick. */
  add(slot: number, due: number): void {
    if (slot >= this.#due.length) this.#grow(slot + 1)
    if (this.#due[slot] !== 0) throw new Error(`slot ${slot} is in the wheel already`)
    this.#due[slot] = Math.max(due, (this.#tick + 1) * this.#tickMs)
    this.#chain(slot)
    this.#size += 1
  }

  /** Does nothing for a slot that is not in the wheel. */
  remove(slot: number): void {
    if (this.dueOf(slot) === 0) return
    const bucket = this.#bucketOf(slot)
    let at = this.#heads[bucket]!
    if (at === slot) this.#heads[bucket] = this.#next[slot]!
    else {
      while (this.#next[at] !== slot) at = this.#next[at]!
      this.#next[at] = this.#next[slot]!
    }
    this.#due[slot] = 0
    this.#size -= 1
  }

  /** Takes out all that is due until now, in the order of the ticks. */
  take(now: number): number[] {
    const taken: number[] = []
    const until = Math.floor(now / this.#tickMs)
    // After a long stop one turn of the ring sees every bucket.
    if (until - this.#tick > this.#heads.length) this.#tick = until - this.#heads.length
    while (this.#tick < until) {
      this.#tick += 1
      const bucket = this.#tick % this.#heads.length
      let slot = this.#heads[bucket]!
      this.#heads[bucket] = -1
      while (slot >= 0) {
        const next = this.#next[slot]!
        if (this.#due[slot]! < (this.#tick + 1) * this.#tickMs) {
          this.#due[slot] = 0
          this.#size -= 1
          taken.push(slot)
        } else this.#chain(slot)
        slot = next
      }
    }
    return taken
  }

  #bucketOf(slot: number): number {
    return Math.floor(this.#due[slot]! / this.#tickMs) % this.#heads.length
  }

  #chain(slot: number): void {
    const bucket = this.#bucketOf(slot)
    this.#next[slot] = this.#heads[bucket]!
    this.#heads[bucket] = slot
  }

  #grow(slots: number): void {
    const length = Math.max(1024, slots, Math.ceil(this.#due.length * 1.5))
    const [next, due] = [new Int32Array(length), new Float64Array(length)]
    next.set(this.#next)
    due.set(this.#due)
    this.#next = next
    this.#due = due
  }
}
