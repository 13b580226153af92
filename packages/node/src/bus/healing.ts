import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'

type Heal = () => Promise<void>

/** After a heal that failed, it is tried again this much later, twice as long each time up to the longest. */
const retryMs = 250
const retryMsMax = 10_000
/** Between two rounds, so that whoever causes gaps does not keep the store busy. */
const pauseMs = 100

/**
 * Lets the rooms look at the store after messages were missed: one after the other, one round at a time. What is asked
 * for during a round makes one more, however often it is asked.
 */
export class Healing {
  readonly #heals = new Set<Heal>()
  readonly #clock: Clock
  readonly #log: Log
  readonly #begun: () => Promise<void>
  /** Those that the next round runs; undefined: none is asked for. */
  #due: Set<Heal> | undefined
  #running = false
  #everAsked = false
  #failures = 0
  #cancel: () => void = () => undefined
  #closed = false

  /** `begun` runs before each round: what it remembers is older than what the rooms will read. */
  constructor(clock: Clock, log: Log, begun: () => Promise<void> = async () => undefined) {
    this.#clock = clock
    this.#log = log
    this.#begun = begun
  }

  /** A room that comes after messages may have been missed is healed at once. */
  add(heal: Heal): () => void {
    this.#heals.add(heal)
    if (this.#everAsked) this.#plan([heal], 0)
    return () => {
      this.#heals.delete(heal)
      this.#due?.delete(heal)
    }
  }

  ask(why: string): void {
    if (this.#closed) return
    this.#everAsked = true
    this.#log.info('bus.heal', { why })
    this.#plan(this.#heals, 0)
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  #plan(heals: Iterable<Heal>, delayMs: number): void {
    const idle = this.#due === undefined
    this.#due = new Set([...(this.#due ?? []), ...heals])
    if (this.#running) return
    if (!idle && delayMs > 0) return
    this.#cancel()
    this.#cancel = this.#clock.after(delayMs, () => void this.#round())
  }

  async #round(): Promise<void> {
    const due = this.#due ?? new Set()
    this.#due = undefined
    this.#running = true
    const failed: Heal[] = []
    try {
      await this.#begun()
      // In the order in which the rooms came: later ones stand on earlier ones.
      for (const heal of this.#heals) {
        if (due.has(heal) && !(await this.#heal(heal))) failed.push(heal)
      }
    } catch (error) {
      this.#log.error('bus.heal-failed', { error: String(error) })
      failed.push(...due)
    }
    this.#running = false
    if (this.#closed) return
    this.#failures = failed.length === 0 ? 0 : this.#failures + 1
    const again = failed.filter((heal) => this.#heals.has(heal))
    const asked: Iterable<Heal> = this.#due ?? []
    this.#due = undefined
    if (again.length > 0) this.#plan([...again, ...asked], retryDelay(this.#failures))
    else if ([...asked].length > 0) this.#plan(asked, pauseMs)
  }

  async #heal(heal: Heal): Promise<boolean> {
    try {
      await heal()
      return true
    } catch (error) {
      this.#log.error('bus.heal-failed', { error: String(error) })
      return false
    }
  }
}

function retryDelay(failures: number): number {
  return Math.min(retryMsMax, retryMs * 2 ** (failures - 1))
}
