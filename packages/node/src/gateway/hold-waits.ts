import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'

/** Callers that wait for acts in the outbox at a time; more of them are answered at once. */
const waitersMax = 1000

/** What ends the wait for an act in the outbox. */
const ends = ['approval.done', 'approval.denied', 'approval.void', 'approval.expired'] as const

/**
 * Callers that wait a moment for an act in the outbox, so that a short window is a slow answer to any client. Bounded in
 * number and time; nothing else of an act that is held is in memory.
 */
export class HoldWaits {
  /** How long one caller waits at most. */
  readonly waitMs: number
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #unsubscribe: readonly (() => void)[]
  #size = 0
  #closed = false

  constructor(bus: Pick<Bus, 'subscribe'>, clock: Clock, waitMs: number) {
    this.waitMs = waitMs
    this.#clock = clock
    this.#unsubscribe = ends.map((subject) =>
      bus.subscribe(subject, ({ id }) => {
        if (typeof id === 'string') this.#wake(id)
      }),
    )
  }

  /**
   * Calls `over` once: when the act ended or the time is over. Gives what ends the wait without that; undefined when
   * too many wait already.
   */
  wait(id: string, over: () => void): (() => void) | undefined {
    if (this.#closed || this.#size >= waitersMax) return undefined
    const end = () => {
      leave()
      over()
    }
    const stop = this.#clock.after(this.waitMs, end)
    const leave = () => {
      const those = this.#waiting.get(id)
      if (those?.delete(end) !== true) return
      stop()
      this.#size -= 1
      if (those.size === 0) this.#waiting.delete(id)
    }
    const those = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, those.add(end))
    this.#size += 1
    return leave
  }

  /** The node stops: those who wait are told how it stands now. */
  close(): void {
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const id of this.#waiting.keys()) this.#wake(id)
  }

  #wake(id: string): void {
    for (const end of this.#waiting.get(id) ?? []) end()
  }
}
