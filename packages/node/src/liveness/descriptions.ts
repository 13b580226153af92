import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { moved } from './schedule.ts'

/** Descriptions under way at the same time: each may take several requests and a hundred tools. */
const underWayMax = 8
/** What waits beyond this comes with a later heartbeat. */
const waitingMax = 2000
/** How often each record is read whole, beside what its heartbeats show. */
const everyS = 3600
/** Whoever changes its card with each heartbeat is not read whole each time. */
const pauseSMin = 600

export interface DescriptionParts {
  readonly clock: Clock
  readonly log: Log
  /** Reads a record whole, and holds what differs. */
  describe(record: string, signal: AbortSignal): Promise<void>
}

/** Reads records whole: seldom, or soon after a heartbeat showed that something is different. */
export class Descriptions implements Disposable {
  readonly #parts: DescriptionParts
  /** In whole seconds, which take half the memory of finer times. */
  readonly #reads = new Map<string, { readonly last: number; readonly due: number }>()
  readonly #waiting = new Set<string>()
  readonly #ended = new AbortController()
  #underWay = 0

  constructor(parts: DescriptionParts) {
    this.#parts = parts
  }

  /** A record answered; `changed`: with another mark than before. */
  answered(record: string, changed: boolean): void {
    const now = Math.floor(this.#parts.clock.now() / 1000)
    // Whatever was accepted before the start may differ by now: all are read within the first hour.
    const { last, due } = this.#reads.get(record) ?? {
      last: 0,
      due: now + Math.ceil(everyS * this.#chance()),
    }
    const isDue = now >= due || (changed && now >= last + pauseSMin)
    if (!isDue || this.#waiting.size >= waitingMax) {
      if (!this.#reads.has(record)) this.#reads.set(record, { last, due })
      return
    }
    this.#reads.set(record, { last: now, due: now + Math.ceil(moved(everyS, this.#chance())) })
    this.#waiting.add(record)
    this.#begin()
  }

  forget(record: string): void {
    this.#reads.delete(record)
    this.#waiting.delete(record)
  }

  [Symbol.dispose](): void {
    this.#ended.abort()
    this.#waiting.clear()
  }

  #begin(): void {
    while (this.#underWay < underWayMax) {
      const [record] = this.#waiting
      if (record === undefined) return
      this.#waiting.delete(record)
      this.#underWay += 1
      this.#parts
        .describe(record, this.#ended.signal)
        .catch((error: unknown) => {
          this.#parts.log.warn('liveness.not-described', { record, error: String(error) })
        })
        .finally(() => {
          this.#underWay -= 1
          this.#begin()
        })
    }
  }

  #chance(): number {
    return this.#parts.clock.random(1).readUInt8() / 255
  }
}
