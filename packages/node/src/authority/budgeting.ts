import { exponentOf } from '@ambit/core/currency'
import type { Reason } from '@ambit/core/decision'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Replicas } from '../replica/replica.ts'
import type { Cost } from './authority.ts'
import * as budgets from './budgets.ts'
import type { Budget, Shortage } from './budgets.ts'
import { costOf } from './cost.ts'
import type { Spending } from './cost.ts'
import type { LeaseStore } from './lease-store.ts'
import { Leases } from './leases.ts'
import type { LiveChain } from './live-chain.ts'
import type { MandateBook } from './mandate-book.ts'
import { reason } from './reasons.ts'
import { createSpent } from './spent.ts'
import type { Reservation, Spent } from './spent.ts'
import type { SpentStore } from './spent-store.ts'

/** What a mandate spent, for people. */
export interface SpentView {
  readonly calls: number
  /** Of arguments; 0 where the mandate does not limit them. */
  readonly bytesOut: number
  /** Minor units by ISO 4217 code, for the currencies that it limits. */
  readonly money: Readonly<Record<string, number>>
}

export interface Budgeting extends Spent, AsyncDisposable {
  cost(chain: LiveChain, spending: Spending): Cost
  reserve(chain: LiveChain, cost: Cost, now: number): Reason | undefined
  charge(chain: LiveChain, cost: Cost): void
  /** Gives back what was never sent; `chain` is the reservation's. */
  release(chain: LiveChain, reservation: Reservation): void
  lapsed(chain: LiveChain, sinceMs: number): Reason | undefined
  /** A mandate came into the book. */
  adopt(budget: Budget): void
  /** Resolves when the slices that were asked for until now are leased. */
  leased(): Promise<void>
  views(mandates: readonly string[]): Promise<Map<string, SpentView>>
  /** Processes that began to spend and were not settled, without this one. */
  unsettled(): Promise<string[]>
}

export interface BudgetingParts {
  readonly store: SpentStore & LeaseStore
  readonly book: () => MandateBook
  /** Given where several processes share the log and the budgets. */
  readonly replicas: LeasingReplicas | undefined
  /** Entries in the activity log. */
  readonly logSize: () => number
  readonly clock: Clock
  readonly log: Log
}

/** Counts what acts take from the budgets of their mandates: alone, or in slices shared with other replicas. */
export async function openBudgeting(parts: BudgetingParts): Promise<Budgeting> {
  const { book, replicas, store } = parts
  const leases = replicas && createLeases(parts, replicas)
  await leases?.begin()
  const self = replicas?.self ?? ''
  const spent = createSpent(book, store, self, {
    takenForDead: () => leases?.takenForDead(),
    settled: () => leases?.askAgain(),
  })
  // What was reserved before others took this process for dead is counted already, as spent.
  const isOurs = (startedMs: number) => leases === undefined || leases.hasEntered(startedMs)
  return {
    cost: (chain, spending) => costOf(chain.weighed, spending),
    reserve(chain, cost, now) {
      if (leases !== undefined && chain.limited && !leases.holds)
        return reason('budget.busy', chain.links[0]!)
      const short = budgets.reserve(chain.budgets, cost, now)
      return short && reasonOf(short)
    },
    charge: (chain, cost) => budgets.charge(chain.budgets, cost),
    release(chain, { cost, startedMs }) {
      if (isOurs(startedMs)) budgets.release(chain.budgets, cost)
    },
    lapsed: (chain, sinceMs) =>
      leases === undefined || !chain.limited || leases.stillHolds(sinceMs)
        ? undefined
        : reason('budget.busy', chain.links[0]!),
    adopt: (budget) => leases?.adopt(budget),
    leased: async () => await leases?.settled(),
    recount: async (logSize, replica) => await spent.recount(logSize, replica),
    async saveSpent(position, { unlogged, unsent }) {
      const ours = ({ startedMs }: Reservation) => isOurs(startedMs)
      await spent.saveSpent(position, { unlogged: unlogged.filter(ours), unsent: unsent.filter(ours) })
    },
    unsettled: async () => (await store.entered()).filter((id) => id !== self),
    async views(mandates) {
      const rows = await store.used(mandates)
      return new Map(mandates.map((id) => [id, viewOf(id, book().get(id)?.budget, rows, self)]))
    },
    [Symbol.asyncDispose]: async () => await leases?.[Symbol.asyncDispose](),
  }
}

/** What is asked of the replicas of a node. */
type LeasingReplicas = Pick<Replicas, 'self' | 'living' | 'onChange' | 'heardMs'>

function createLeases(
  { store, book, logSize, clock, log }: BudgetingParts,
  replicas: LeasingReplicas,
): Leases {
  return new Leases({
    store,
    replicas,
    budget: (mandate) => book().get(mandate)?.budget,
    *budgets() {
      for (const { budget } of book().entries()) yield budget
    },
    clock,
    log,
    // Its beats go on from a time, so that none is one that it had before.
    enter: async () => await store.enter(replicas.self, logSize(), clock.now()),
  })
}

function viewOf(
  mandate: string,
  budget: Budget | undefined,
  rows: readonly { mandate: string; measure: string; replica: string; used: number }[],
  self: string,
): SpentView {
  const used = new Map<string, number>()
  for (const { measure, used: here } of budget === undefined ? [] : budgets.metersOf(budget))
    used.set(measure, here)
  for (const row of rows) {
    if (row.mandate !== mandate || (budget !== undefined && row.replica === self)) continue
    // What a mandate does not limit is not counted by those who still work with it.
    if (budget !== undefined && !used.has(row.measure)) continue
    used.set(row.measure, (used.get(row.measure) ?? 0) + row.used)
  }
  const { calls = 0, bytes: bytesOut = 0, ...money } = Object.fromEntries(used)
  return { calls, bytesOut, money }
}

/** What is left and of how much, in figures that need no language. */
function reasonOf({ code, mandate, measure, left, max }: Shortage): Reason {
  return reason(
    code,
    mandate,
    code === 'budget.money-unknown' ? undefined : `${measure} ${amounts(measure, left, max)}`,
  )
}

function amounts(measure: string, left: number, max: number): string {
  const isMoney = /^[A-Z]{3}$/.test(measure)
  const written = (amount: number) => (isMoney ? majorText(amount, exponentOf(measure)) : String(amount))
  return `${written(left)} / ${written(max)}`
}

/** Minor units as whole units: 1999 with the exponent 2 is 19.99. */
function majorText(minor: number, exponent: number): string {
  const digits = String(minor).padStart(exponent + 1, '0')
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}
