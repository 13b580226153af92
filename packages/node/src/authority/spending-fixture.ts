import type { IntentLeaf } from '@ambit/core/leaf'
import type { Limits } from '@ambit/core/mandate'
import { silentLog } from '../kernel/log.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Cost } from './authority.ts'
import { openBudgeting } from './budgeting.ts'
import type { Budgeting } from './budgeting.ts'
import { createBudget, metersOf } from './budgets.ts'
import type { Budget } from './budgets.ts'
import { share } from './lease-store.ts'
import type { LeaseStore } from './lease-store.ts'
import type { LiveChain } from './live-chain.ts'
import type { MandateBook } from './mandate-book.ts'
import type { Reservation } from './spent.ts'
import type { KeptRest, MeasureRow, SpentRest, SpentStore } from './spent-store.ts'

/* A world for tests of budgets: replicas with one log and one store, that may crash, be taken for dead, and come back. */

/** What the log tells, as far as budgets go. */
export type LoggedLeaf =
  | {
      readonly kind: 'intent'
      readonly replica: string
      readonly leaf: Pick<IntentLeaf, 'act' | 'at' | 'links' | 'cost'>
    }
  | { readonly kind: 'outcome'; readonly leaf: { readonly act: string; readonly sent?: false } }

interface Row {
  readonly mandate: string
  readonly measure: string
  readonly replica: string
  used: number
  granted: number
  wanted: number
}

/** The rows of the store, with the semantics of `spent-store.ts` and `lease-store.ts`; answers come when they are let. */
export class RowsInMemory implements SpentStore, LeaseStore {
  readonly rows = new Map<string, Row>()
  readonly #marks = new Map<string, KeptRest>()
  readonly #answers: (() => void)[] = []
  /** Answers come at once. */
  prompt = true

  /** Lets the oldest answers come that wait. */
  answer(count = this.#answers.length): void {
    for (const answer of this.#answers.splice(0, count)) answer()
  }

  async load(replica: string): Promise<KeptRest | undefined> {
    const mark = this.#marks.get(replica)
    const measures = [...this.rows.values()]
      .filter((row) => row.replica === replica)
      .map((row) => ({ ...row }))
    return mark && { ...mark, measures }
  }

  async enter(replica: string, logSize: number, beat: number): Promise<void> {
    this.#marks.set(replica, { logSize, beat, measures: [], rates: [], unsent: '[]' })
    await this.#later(undefined)
  }

  async touch(replica: string): Promise<boolean> {
    const mark = this.#marks.get(replica)
    if (mark !== undefined) this.#marks.set(replica, { ...mark, beat: mark.beat + 1 })
    return await this.#later(mark !== undefined)
  }

  isEntered(replica: string): boolean {
    return this.#marks.has(replica)
  }

  async entered(): Promise<string[]> {
    return [...this.#marks.keys()]
  }

  async save(replica: string, rest: SpentRest): Promise<boolean> {
    const mark = this.#marks.get(replica)
    if (replica !== '' && mark === undefined) return await this.#later(false)
    this.#marks.set(replica, { ...rest, beat: mark?.beat ?? 0 })
    for (const { mandate, measure, used } of rest.measures) this.#row(mandate, measure, replica).used = used
    return await this.#later(true)
  }

  async settle(replica: string, beat: number, measures: readonly MeasureRow[]): Promise<void> {
    if (this.#marks.get(replica)?.beat !== beat) return
    this.#marks.delete(replica)
    for (const { mandate, measure, used } of measures) this.#row(mandate, measure, '').used += used
    for (const [key, row] of this.rows) if (row.replica === replica) this.rows.delete(key)
  }

  async used(mandates: readonly string[]): Promise<Row[]> {
    return [...this.rows.values()].filter(({ mandate }) => mandates.includes(mandate))
  }

  async lease(
    ...[replica, living, wishes]: Parameters<LeaseStore['lease']>
  ): ReturnType<LeaseStore['lease']> {
    if (!this.#marks.has(replica)) return await this.#later(undefined)
    const leases = wishes.map((wish) => {
      const rows = [...this.rows.values()].filter(
        (row) => row.mandate === wish.mandate && row.measure === wish.measure,
      )
      const { give, wanted, elsewhere } = share(wish, rows, replica, living)
      const row = this.#row(wish.mandate, wish.measure, replica)
      row.granted += give
      row.wanted = wanted
      return { granted: row.granted, elsewhere }
    })
    return await this.#later(leases)
  }

  async giveBack(...[replica, kept]: Parameters<LeaseStore['giveBack']>): Promise<boolean> {
    if (!this.#marks.has(replica)) return await this.#later(false)
    for (const { mandate, measure, granted } of kept) {
      const row = this.#row(mandate, measure, replica)
      row.granted = Math.min(row.granted, granted)
    }
    return await this.#later(true)
  }

  async wanted(replica: string): ReturnType<LeaseStore['wanted']> {
    const rows = [...this.rows.values()].filter((row) => row.wanted > 0 && row.replica !== replica)
    return await this.#later(rows.map((row) => ({ ...row })))
  }

  #row(mandate: string, measure: string, replica: string): Row {
    const key = `${mandate} ${measure} ${replica}`
    let row = this.rows.get(key)
    if (row === undefined) {
      row = { mandate, measure, replica, used: 0, granted: 0, wanted: 0 }
      this.rows.set(key, row)
    }
    return row
  }

  /** It is done; that it is, whoever asked hears later. */
  #later<T>(value: T): Promise<T> {
    if (this.prompt) return Promise.resolve(value)
    return new Promise((resolve) => this.#answers.push(() => resolve(value)))
  }
}

/** A mandate of the world: its limits, and the one above it. */
export interface WorldMandate {
  readonly id: string
  readonly parent: string | undefined
  readonly limits: Limits
}

export interface WorldAct extends Reservation {
  /** Of its intent in the log. */
  index?: number
  state: 'reserved' | 'logged' | 'sent' | 'giving-back'
}

/** One process: its budgets, what it leased, and its acts under way. */
export class WorldReplica {
  readonly id: string
  readonly acts: WorldAct[] = []
  /** Its process stands still, and does not know. */
  isPaused = false
  heardMs: number
  /** Timers of its own; the time is the world's. */
  readonly #timers: TestClock
  #owedMs = 0
  readonly #parts: ReplicaParts
  readonly #budgets: ReadonlyMap<string, Budget>
  #budgeting: Budgeting | undefined

  constructor(id: string, parts: ReplicaParts) {
    this.id = id
    this.#parts = parts
    this.#timers = parts.newClock()
    this.heardMs = parts.clock.monotonicMs()
    this.#budgets = new Map(parts.mandates.map((mandate) => [mandate.id, createBudget(mandate)]))
  }

  async begin(): Promise<void> {
    const { store, living, logSize } = this.#parts
    const clock = {
      ...this.#parts.clock,
      after: (ms: number, run: () => void) => this.#timers.after(ms, run),
    }
    const self = { self: this.id, onChange: () => () => undefined, heardMs: () => this.heardMs }
    const replicas = living && { ...self, living }
    // Only what the counting looks at.
    const book = {
      get: (id: string) => {
        const budget = this.#budgets.get(id)
        return budget && { budget }
      },
      entries: () => [...this.#budgets.values()].map((budget) => ({ budget })),
    } as unknown as MandateBook
    const parts = { store, book: () => book, replicas, logSize, clock, log: silentLog }
    this.#budgeting = await openBudgeting(parts)
    for (const budget of this.#budgets.values()) this.#budgeting.adopt(budget)
  }

  /** The world's time went on. */
  advance(ms: number): void {
    this.#owedMs += ms
    if (this.isPaused) return
    this.heardMs = this.#parts.clock.monotonicMs()
    this.#timers.advance(this.#owedMs)
    this.#owedMs = 0
  }

  get budgeting(): Budgeting {
    return this.#budgeting!
  }

  /** The chain that ends with a mandate. */
  chain(links: readonly string[]): LiveChain {
    const budgets = links.map((id) => this.#budgets.get(id)!)
    return { links, budgets, limited: true } as unknown as LiveChain
  }

  /** Its code, where it is refused. */
  reserve(act: string, links: readonly string[], cost: Cost): string | undefined {
    const { clock } = this.#parts
    const chain = this.chain(links)
    const refused = this.budgeting.reserve(chain, cost, clock.now())
    if (refused !== undefined) return refused.code
    this.acts.push({ act, chain, cost, at: clock.now(), startedMs: clock.monotonicMs(), state: 'reserved' })
    return undefined
  }

  release(act: WorldAct): void {
    this.budgeting.release(this.chain(act.chain.links), act)
    this.end(act)
  }

  end(act: WorldAct): void {
    this.acts.splice(this.acts.indexOf(act), 1)
  }

  /** Whether it may still be sent. */
  mayGo(act: WorldAct): boolean {
    return this.budgeting.lapsed(this.chain(act.chain.links), act.startedMs) === undefined
  }

  async snapshot(position: number): Promise<void> {
    await this.budgeting.saveSpent(position, {
      unlogged: this.acts.filter(({ state }) => state === 'reserved'),
      unsent: this.acts.filter(({ state }) => state === 'logged' || state === 'giving-back'),
    })
  }

  /** What is left here of a measure. */
  left(mandate: string, measure: string): number {
    const meter = metersOf(this.#budgets.get(mandate)!).find((each) => each.measure === measure)!
    return meter.ceiling - meter.used
  }
}

/** A clock that stands still until told. */
export interface TestClock extends Clock {
  advance(ms: number): void
}

export interface ReplicaParts {
  readonly store: SpentStore & LeaseStore
  readonly clock: Clock
  readonly newClock: () => TestClock
  readonly mandates: readonly WorldMandate[]
  readonly logSize: () => number
  /** Undefined: it is alone. */
  readonly living: (() => readonly string[]) | undefined
}
