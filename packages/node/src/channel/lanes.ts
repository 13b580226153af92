import type { Clock } from '../kernel/clock.ts'

/** Deliveries at once, of the node and of one person: a receiver that answers slowly holds up nobody else's. */
const runsMax = 32
const perPersonMax = 4

/** Everything that waits for one channel. */
interface Lane {
  readonly channel: string
  readonly person: string
  /** Wakes it when the next attempt is due. */
  timer: (() => void) | undefined
  /** Something came while it was being looked at. */
  again: boolean
}

/** Takes one step after the other for each channel, few at a time, and wakes them when something is due. */
export class Lanes {
  readonly #clock: Clock
  /** One attempt; the pause until the next look in ms, undefined when nothing is left. Never rejects. */
  readonly #step: (channel: string) => Promise<number | undefined>
  readonly #lanes = new Map<string, Lane>()
  readonly #ready: Lane[] = []
  readonly #running = new Map<string, number>()
  readonly #runs = new Set<Promise<void>>()
  #closed = false

  constructor(clock: Clock, step: (channel: string) => Promise<number | undefined>) {
    this.#clock = clock
    this.#step = step
  }

  /** Something may wait for this channel. */
  wake(channel: string, person: string): void {
    if (this.#closed) return
    const known = this.#lanes.get(channel)
    if (known === undefined) {
      const lane: Lane = { channel, person, timer: undefined, again: false }
      this.#lanes.set(channel, lane)
      this.#enqueue(lane)
    } else if (known.timer === undefined) known.again = true
    else {
      // It pauses: what came may be due before that, such as a person's quiet hours that they ended.
      known.timer()
      this.#enqueue(known)
    }
  }

  /** When all that was begun is over. */
  async close(): Promise<void> {
    this.#closed = true
    for (const lane of this.#lanes.values()) lane.timer?.()
    await Promise.all(this.#runs)
  }

  #enqueue(lane: Lane): void {
    if (this.#closed) return
    lane.timer = undefined
    this.#ready.push(lane)
    this.#next()
  }

  #next(): void {
    while (this.#runs.size < runsMax) {
      const at = this.#ready.findIndex(({ person }) => (this.#running.get(person) ?? 0) < perPersonMax)
      const [lane] = at < 0 ? [] : this.#ready.splice(at, 1)
      if (lane === undefined) return
      const run = this.#run(lane).finally(() => {
        this.#runs.delete(run)
        this.#next()
      })
      this.#runs.add(run)
    }
  }

  async #run(lane: Lane): Promise<void> {
    const { channel, person } = lane
    this.#running.set(person, (this.#running.get(person) ?? 0) + 1)
    lane.again = false
    const pauseMs = await this.#step(channel)
    const left = (this.#running.get(person) ?? 1) - 1
    if (left === 0) this.#running.delete(person)
    else this.#running.set(person, left)
    if (this.#closed) return
    if (pauseMs === 0 || lane.again) this.#enqueue(lane)
    else if (pauseMs === undefined) this.#lanes.delete(channel)
    else lane.timer = this.#clock.after(pauseMs, () => this.#enqueue(lane))
  }
}
