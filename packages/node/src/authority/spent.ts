import type { IntentLeaf, OutcomeLeaf } from '@ambit/core/leaf'
import { costSchema } from '@ambit/core/leaf'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { z } from 'zod'
import type { Cost, HeldChain } from './authority.ts'
import { amountIn, metersOf, release, replay } from './budgets.ts'
import type { Budget, Meter } from './budgets.ts'
import { costIn } from './cost.ts'
import type { MandateBook } from './mandate-book.ts'
import { addRest, giveBackRate, replayRate, restRate } from './rate.ts'
import type { KeptRest, MeasureRow, SpentRest, SpentStore } from './spent-store.ts'

/** An act that took something from the budgets. */
export interface Reservation {
  readonly act: string
  readonly chain: HeldChain
  readonly cost: Cost
  /** When it was reserved, in ms, and by the monotonic clock. */
  readonly at: number
  readonly startedMs: number
}

/** What the acts under way took, as far as the log does not say so yet. */
export interface Reservations {
  /** Their intents may not be in the log. */
  readonly unlogged: readonly Reservation[]
  /** Their intents are, and they may still turn out never to have been sent. */
  readonly unsent: readonly Reservation[]
}

/**
 * What was spent, kept exact across a crash. A snapshot is what the log tells up to a position: intents, without those
 * whose outcome says that nothing was sent. From there on the log itself is counted again.
 */
export interface Spent {
  /**
   * Begins to count what was spent according to a log of that size: of everybody on a node that is alone, or of one
   * process that ended, where several share the log.
   */
  recount(logSize: number, replica?: string): Promise<Recount>
  /** Keeps what was spent according to the log up to a position; reads memory before it waits for anything. */
  saveSpent(position: number, reservations: Reservations): Promise<void>
}

/** Fed with the leaves from its position on, in their order. */
export interface Recount {
  readonly position: number
  intent(leaf: Pick<IntentLeaf, 'act' | 'at' | 'links' | 'cost'>): void
  outcome(leaf: Pick<OutcomeLeaf, 'act' | 'sent'>): void
  /** Takes over what was counted. */
  settle(): Promise<void>
}

/** What the log told of one act. */
interface Told {
  readonly act: string
  readonly links: readonly string[]
  readonly cost: Cost
  readonly at: number
}

const restSchema = z.array(z.tuple([z.int(), z.int()]))
const unsentSchema = z.array(
  z.strictObject({
    act: z.string(),
    links: z.array(z.string()),
    cost: costSchema.optional(),
    at: z.number(),
  }),
)

/** Who must know what becomes of the budgets of replicas. */
export interface SpentListener {
  /** Others took this process for dead. */
  takenForDead(): void
  /** What an ended process left is free. */
  settled(): void
}

/** `replica`: id of this process where several share the log and the budgets, else empty. */
export function createSpent(
  bookOf: () => MandateBook,
  store: SpentStore,
  replica: string,
  hear: SpentListener,
): Spent {
  const saved = new WeakSet<Meter>()
  return {
    async recount(logSize, of = '') {
      const book = bookOf()
      const rest = await store.load(of)
      if (of === '') {
        // What has a row is written again even when it comes to nothing: else the row would come back.
        for (const meter of metersIn(book, rest ?? empty).keys()) saved.add(meter)
        // A log that is shorter than what was counted is another one: it is counted from its beginning.
        return recountBook(book, rest !== undefined && rest.logSize <= logSize ? rest : empty)
      }
      const recount = recountReplica(book, store, of, rest ?? { ...empty, logSize, beat: 0 })
      return {
        ...recount,
        async settle() {
          await recount.settle()
          hear.settled()
        },
      }
    },
    async saveSpent(position, reservations) {
      const rest = snapshot(bookOf(), position, reservations, saved)
      if (!(await store.save(replica, rest))) hear.takenForDead()
    },
  }
}

const empty: SpentRest = { logSize: 0, measures: [], rates: [], unsent: '[]' }

/** The meters that were kept, with what was used of them. */
function metersIn(book: MandateBook, { measures }: SpentRest): Map<Meter, number> {
  const found = new Map<Meter, number>()
  for (const { mandate, measure, used } of measures) {
    const budget = book.get(mandate)?.budget
    const meter = budget && metersOf(budget).find((each) => each.measure === measure)
    if (meter !== undefined) found.set(meter, used)
  }
  return found
}

/** The budgets of the book are what is counted. */
function recountBook(book: MandateBook, rest: SpentRest): Recount {
  for (const { budget } of book.entries()) for (const meter of metersOf(budget)) meter.used = 0
  for (const [meter, used] of metersIn(book, rest)) meter.used = used
  takeRates(book, rest)
  const budgetsOf = (links: readonly string[]): Budget[] => links.flatMap((id) => book.get(id)?.budget ?? [])
  return recounting(rest, {
    take: ({ links, cost, at }) => {
      for (const budget of budgetsOf(links)) replay(budget, cost, at)
    },
    giveBack: ({ links, cost }) => release(budgetsOf(links), cost),
    settle: async () => undefined,
  })
}

/**
 * Counts beside the book, whose budgets are those of this process, into what all ended processes have spent. Its rates
 * are charged to this process: whoever settles it may then use its share.
 */
function recountReplica(book: MandateBook, store: SpentStore, replica: string, rest: KeptRest): Recount {
  const sums = new Map<string, Map<string, number>>()
  function add(mandate: string, measure: string, amount: number): void {
    let of = sums.get(mandate)
    if (of === undefined) sums.set(mandate, (of = new Map<string, number>()))
    of.set(measure, Math.max(0, (of.get(measure) ?? 0) + amount))
  }
  function count({ links, cost: { calls, bytesOut, money } }: Told, sign: 1 | -1): void {
    for (const id of lastingLinks(links)) {
      add(id, 'calls', sign * calls)
      if (bytesOut > 0) add(id, 'bytes', sign * bytesOut)
      if (typeof money === 'object') add(id, money.currency, sign * money.minor)
    }
  }
  for (const { mandate, measure, used } of rest.measures) add(mandate, measure, used)
  takeRates(book, rest)
  return recounting(rest, {
    take(told) {
      count(told, 1)
      eachRate(book, told.links, (rate) => replayRate(rate, told.cost.calls, told.at))
    },
    giveBack(told) {
      count(told, -1)
      eachRate(book, told.links, (rate) => giveBackRate(rate, told.cost.calls))
    },
    async settle() {
      const measures: MeasureRow[] = []
      for (const [mandate, of] of sums)
        for (const [measure, used] of of) if (used > 0) measures.push({ mandate, measure, used })
      await store.settle(replica, rest.beat, measures)
    },
  })
}

interface Counter {
  take(told: Told): void
  giveBack(told: Told): void
  settle(): Promise<void>
}

/** An act that never was sent is taken back: it is among those told since, or among those that the snapshot names. */
function recounting(rest: SpentRest, counter: Counter): Recount {
  const open = new Map<string, Told>()
  for (const { act, links, cost, at } of unsentSchema.parse(JSON.parse(rest.unsent)))
    open.set(act, { act, links, cost: costIn({ cost }), at })
  return {
    position: rest.logSize,
    intent(leaf) {
      const told = { act: leaf.act, links: leaf.links, cost: costIn(leaf), at: Date.parse(leaf.at) }
      open.set(leaf.act, told)
      counter.take(told)
    },
    outcome({ act, sent }) {
      const told = open.get(act)
      open.delete(act)
      if (told !== undefined && sent === false) counter.giveBack(told)
    },
    settle: async () => await counter.settle(),
  }
}

function takeRates(book: MandateBook, rest: SpentRest): void {
  for (const row of rest.rates)
    eachRate(book, [row.mandate], (rate) => addRest(rate, restSchema.parse(JSON.parse(row.rest))))
}

function eachRate(
  book: MandateBook,
  mandates: readonly string[],
  each: (rate: NonNullable<Budget['rate']>) => void,
): void {
  for (const id of mandates) {
    const rate = book.get(id)?.budget.rate
    if (rate !== undefined) each(rate)
  }
}

function snapshot(
  book: MandateBook,
  logSize: number,
  { unlogged, unsent }: Reservations,
  saved: WeakSet<Meter>,
): SpentRest {
  const pending = new Map<Meter, number>()
  for (const { chain, cost } of unlogged) {
    for (const id of chain.links) {
      const budget = book.get(id)?.budget
      if (budget === undefined) continue
      for (const meter of metersOf(budget))
        pending.set(meter, (pending.get(meter) ?? 0) + amountIn(meter, cost))
    }
  }
  const measures: MeasureRow[] = []
  const rates: { mandate: string; rest: string }[] = []
  for (const { budget } of book.entries()) {
    for (const meter of metersOf(budget)) {
      if (meter.used === 0 && !saved.has(meter)) continue
      saved.add(meter)
      const used = Math.max(0, meter.used - (pending.get(meter) ?? 0))
      measures.push({ mandate: budget.mandate, measure: meter.measure, used })
    }
    // Acts whose intent is on its way count twice here after a crash, until their period is over.
    if (budget.rate !== undefined && budget.calls.used > 0)
      rates.push({ mandate: budget.mandate, rest: JSON.stringify(restRate(budget.rate)) })
  }
  return { logSize, measures, rates, unsent: JSON.stringify(unsent.map(toldOf)) }
}

function toldOf({ act, chain, cost, at }: Reservation): z.input<typeof unsentSchema>[number] {
  const { calls, bytesOut, money } = cost
  return {
    act,
    links: [...chain.links],
    cost: { calls, bytesOut, ...(typeof money === 'object' ? { money } : {}) },
    at,
  }
}
