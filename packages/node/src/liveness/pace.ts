/** More hosts than this are looked through for those whose turn is over. */
const keysMax = 20_000

/**
 * How often one host is asked, however many records name it: whoever registers many agents at somebody else's address must
 * not make this node a wave for it.
 */
export class Pace {
  readonly #gapMs: number
  readonly #nowMs: () => number
  /** When the next one may be asked at each; less than a second ago at the least, so that some may come at once. */
  readonly #next = new Map<string, number>()

  constructor(perSecond: number, nowMs: () => number) {
    this.#gapMs = 1000 / perSecond
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#next.size
  }

  /** 0: it is asked now. Else in how many ms its turn is, which nobody else gets. */
  reserve(key: string): number {
    const now = this.#nowMs()
    const at = this.#turn(key, now)
    this.#set(key, at + this.#gapMs, now)
    return Math.max(0, at - now)
  }

  /** 0: it is asked now. Else in how many ms to come and try again. */
  take(key: string): number {
    const now = this.#nowMs()
    const at = this.#turn(key, now)
    if (at > now) return at - now
    this.#set(key, at + this.#gapMs, now)
    return 0
  }

  #turn(key: string, now: number): number {
    return Math.max(this.#next.get(key) ?? 0, now - 1000 + this.#gapMs)
  }

  #set(key: string, next: number, now: number): void {
    if (!this.#next.has(key) && this.#next.size >= keysMax) this.#prune(now)
    this.#next.set(key, next)
  }

  /** A host that was let alone for a second is as one that was never asked. */
  #prune(now: number): void {
    for (const [key, next] of this.#next) if (next <= now - 1000) this.#next.delete(key)
    // So many hosts at once: half of them go, those that came first, so that this is seldom looked through.
    for (const key of this.#next.keys()) {
      if (this.#next.size <= keysMax / 2) return
      this.#next.delete(key)
    }
  }
}
