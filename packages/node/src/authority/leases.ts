import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Replicas } from '../replica/replica.ts'
import { metersOf } from './budgets.ts'
import type { Budget, Meter } from './budgets.ts'
import { wishesMax } from './lease-store.ts'
import type { KeptLease, LeaseStore } from './lease-store.ts'
import type { SpentStore } from './spent-store.ts'
import { RateShares } from './rate-shares.ts'

/** How often a replica says that it lives, looks what others lack, and asks again for what it lacks itself. */
const tickMs = 1000
/**
 * A replica that could not say that it lives for so long spends nothing more: others take it for dead after fifteen
 * seconds of silence, and then count what it spent and take back what it leased.
 */
const silentMsMax = 10_000
/** After such a silence it waits: whoever had taken it for dead until then has settled it by now, or finds out. */
const waitMs = 5000

export interface LeaseParts {
  readonly store: LeaseStore & Pick<SpentStore, 'touch'>
  readonly replicas: Pick<Replicas, 'self' | 'living' | 'onChange' | 'heardMs'>
  /** A budget of the book, by mandate. */
  readonly budget: (mandate: string) => Budget | undefined
  /** All of the book. */
  readonly budgets: () => Iterable<Budget>
  readonly clock: Clock
  readonly log: Log
  /** Enters this replica anew among those that spend: it has leased and spent nothing. */
  readonly enter: () => Promise<void>
}

/**
 * The slices of budgets that this replica has leased, where several share them. Acts spend from memory; slices are asked
 * for and given back in the background. What is leased to all together never exceeds what a mandate allows.
 */
export class Leases implements AsyncDisposable {
  readonly #parts: LeaseParts
  readonly #shares: RateShares
  readonly #asked: Meter[] = []
  /** What lacked something at the last answer. */
  readonly #lacking = new Set<Meter>()
  readonly #usedBefore = new WeakMap<Meter, number>()
  #running: Promise<void> = Promise.resolve()
  #isPlanned = false
  #cancelTick: () => void = () => undefined
  #endChanges: () => void = () => undefined
  /** Others took this replica for dead; until it has entered anew it has nothing. */
  #isOut = true
  /** When it entered, last said that it lives, and may spend again; by the monotonic clock. */
  #enteredMs = 0
  #touchedMs = 0
  #holdsFromMs = 0
  #ended = false

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.#shares = new RateShares(parts.replicas, parts.clock)
  }

  async begin(): Promise<void> {
    await this.#enter()
    this.#endChanges = this.#parts.replicas.onChange(() => this.#shares.change())
    this.#planTick()
  }

  /** Whether what is leased may be spent now. */
  get holds(): boolean {
    const { replicas, clock } = this.#parts
    const nowMs = clock.monotonicMs()
    if (this.#isOut || nowMs < this.#holdsFromMs) return false
    return nowMs - this.#touchedMs < silentMsMax && nowMs - replicas.heardMs() < silentMsMax
  }

  /** Whether what was reserved then is still this replica's: others may have taken it for dead meanwhile. */
  stillHolds(sinceMs: number): boolean {
    return this.holds && this.hasEntered(sinceMs)
  }

  /** Whether that was after it entered. */
  hasEntered(sinceMs: number): boolean {
    return !this.#isOut && sinceMs >= this.#enteredMs
  }

  /** A mandate came into the book: its slices are asked for ahead. */
  adopt(budget: Budget): void {
    if (budget.rate !== undefined) this.#shares.adopt(budget.rate)
    for (const meter of metersOf(budget)) {
      if (meter.max === Infinity) continue
      meter.lease = this.#ask
      this.#empty(meter)
    }
    this.#askAhead(budget)
  }

  #askAhead(budget: Budget): void {
    for (const meter of metersOf(budget)) if (meter.lease !== undefined) this.#ask(meter)
  }

  /** Asks again for what is lacking: a replica that ended was settled. */
  askAgain(): void {
    for (const meter of this.#lacking) this.#ask(meter)
  }

  /** Resolves when what was asked for until now is answered. */
  async settled(): Promise<void> {
    this.#runNow()
    await this.#running
  }

  /** Others took this replica for dead and counted what it spent. */
  takenForDead(): void {
    if (this.#isOut) return
    this.#isOut = true
    const { log, replicas, budgets } = this.#parts
    log.error('budget.taken-for-dead', { replica: replicas.self })
    this.#asked.length = 0
    this.#lacking.clear()
    for (const budget of budgets()) for (const meter of metersOf(budget)) this.#empty(meter)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    this.#cancelTick()
    this.#endChanges()
    await this.#running
  }

  async #enter(): Promise<void> {
    const beganMs = this.#parts.clock.monotonicMs()
    await this.#parts.enter()
    this.#touchedMs = beganMs
    this.#enteredMs = this.#parts.clock.monotonicMs()
    this.#isOut = false
  }

  /** False: it was settled. */
  async #touch(): Promise<boolean> {
    const { store, replicas, clock } = this.#parts
    const beganMs = clock.monotonicMs()
    if (!(await store.touch(replicas.self))) {
      this.takenForDead()
      return false
    }
    if (beganMs - this.#touchedMs >= silentMsMax) this.#holdsFromMs = clock.monotonicMs() + waitMs
    this.#touchedMs = beganMs
    return true
  }

  #empty(meter: Meter): void {
    meter.used = 0
    meter.wanted = 0
    meter.asking = false
    if (meter.max === Infinity) return
    meter.ceiling = 0
    meter.low = Infinity
    meter.elsewhere = meter.max
  }

  // One function for all meters; called on the path of an act.
  readonly #ask = (meter: Meter): void => {
    if (meter.asking || this.#ended) return
    meter.asking = true
    this.#asked.push(meter)
    if (this.#isPlanned) return
    this.#isPlanned = true
    this.#parts.clock.after(0, () => this.#runNow())
  }

  #runNow(): void {
    this.#isPlanned = false
    this.#running = this.#running
      .then(async () => await this.#leaseAsked())
      .catch((error: unknown) => this.#failed(error))
  }

  async #leaseAsked(): Promise<void> {
    while (this.#asked.length > 0 && !this.#isOut && !this.#ended)
      await this.#lease(this.#asked.splice(0, wishesMax))
  }

  async #lease(meters: readonly Meter[]): Promise<void> {
    const { store, replicas } = this.#parts
    const wishes = meters.map(({ mandate, measure, max, wanted, ceiling, used }) => {
      const unused = Math.max(0, ceiling - used)
      return { mandate, measure, max, need: Math.max(0, Math.max(1, wanted) - unused) }
    })
    // Until there is an answer they count as lacking: then a failure is made good at the next look.
    for (const meter of meters) this.#lacking.add(meter)
    const leases = await store.lease(replicas.self, replicas.living().length, wishes)
    if (leases === undefined) return this.takenForDead()
    for (const [at, meter] of meters.entries()) {
      const { granted, elsewhere } = leases[at]!
      const hasGained = granted > meter.ceiling
      meter.ceiling = granted
      meter.elsewhere = elsewhere
      const unused = Math.max(0, granted - meter.used)
      const isEnough = unused >= Math.max(1, meter.wanted)
      if (isEnough || elsewhere === 0) meter.wanted = 0
      // Whoever got nothing asks again at the next look, and not at each act.
      if ((isEnough && hasGained) || elsewhere === 0) {
        this.#lacking.delete(meter)
        meter.asking = false
      }
      meter.low = elsewhere > 0 ? granted - Math.floor(unused / 2) : Infinity
    }
  }

  #planTick(): void {
    if (this.#ended) return
    this.#cancelTick = this.#parts.clock.after(tickMs, () => {
      this.#running = this.#running
        .then(async () => await this.#tick())
        .catch((error: unknown) => this.#failed(error))
        .finally(() => this.#planTick())
    })
  }

  async #tick(): Promise<void> {
    if (this.#ended) return
    this.#shares.grow()
    if (this.#isOut) {
      await this.#enter()
      for (const budget of this.#parts.budgets()) this.#askAhead(budget)
    } else if (!(await this.#touch())) return
    await this.#giveBack()
    for (const meter of this.#lacking) {
      meter.asking = false
      this.#ask(meter)
    }
    await this.#leaseAsked()
  }

  /** Of what others lack: all that is unused here of what nothing was spent from since the last look, else half of it. */
  async #giveBack(): Promise<void> {
    const { store, replicas, budget } = this.#parts
    const kept: KeptLease[] = []
    for (const { replica, mandate, measure, wanted } of await store.wanted(replicas.self)) {
      const of = budget(mandate)
      const meter = of && metersOf(of).find((each) => each.measure === measure)
      if (meter?.lease === undefined) continue
      // Of two that lack something one gives way, or they would exchange what they have for ever.
      if (meter.wanted > 0 && replica > replicas.self) continue
      const unused = Math.max(0, meter.ceiling - meter.used)
      const isIdle = this.#usedBefore.get(meter) === meter.used
      this.#usedBefore.set(meter, meter.used)
      const back = Math.min(wanted, isIdle ? unused : Math.floor(unused / 2))
      if (back === 0) continue
      // First here, then in the store: in between nobody has it.
      meter.ceiling -= back
      meter.elsewhere += back
      meter.low = meter.ceiling - Math.floor((unused - back) / 2)
      kept.push({ mandate, measure, granted: meter.ceiling })
    }
    if (kept.length > 0 && !(await store.giveBack(replicas.self, kept))) this.takenForDead()
  }

  #failed(error: unknown): void {
    this.#parts.log.warn('budget.not-leased', { error: String(error) })
  }
}
