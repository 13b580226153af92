import type { Mandate } from '@ambit/core/mandate'
import type { Cost } from './authority.ts'
import { chargeRate, createRate, giveBackRate, rateLeft, replayRate } from './rate.ts'
import type { RateWindow } from './rate.ts'

/** One thing that a lasting mandate counts over its life. Integers. */
export interface Meter {
  readonly mandate: string
  /** `calls`, `bytes`, or the ISO 4217 code of money. */
  readonly measure: string
  /** What the mandate allows; Infinity where it says nothing. */
  readonly max: number
  /** What may be used here: all of it on a node that is alone, else what this replica leased of it. */
  ceiling: number
  /** What acts of this process took. On a node that is alone: what was ever taken. */
  used: number
  /** From here on the next slice is leased; Infinity where there is nothing to lease. */
  low: number
  /** What other replicas hold unused and what nobody has leased yet, when it was last looked at. */
  elsewhere: number
  /** The most that an act asked for in vain, since there was last enough. */
  wanted: number
  /** More was asked for, and there is no answer yet. */
  asking: boolean
  /** Asks for more in the background; returns at once. Undefined on a node that is alone. */
  lease: ((meter: Meter) => void) | undefined
}

/** What one lasting mandate has spent. Leaves have none: their limits are those of the mandate they were minted from. */
export interface Budget {
  readonly mandate: string
  readonly calls: Meter
  readonly bytes: Meter | undefined
  /** A currency that is not here is not allowed; undefined: any money is. */
  readonly money: readonly Meter[] | undefined
  readonly rate: RateWindow | undefined
}

export function createBudget({ id, limits }: Pick<Mandate, 'id' | 'limits'>): Budget {
  const { calls, bytesOut, money } = limits
  return {
    mandate: id,
    calls: createMeter(id, 'calls', calls ?? Infinity),
    bytes: bytesOut === undefined ? undefined : createMeter(id, 'bytes', bytesOut),
    money: money && Object.entries(money).map(([currency, minor]) => createMeter(id, currency, minor)),
    rate: limits.rate && createRate(limits.rate),
  }
}

function createMeter(mandate: string, measure: string, max: number): Meter {
  const rest = { used: 0, low: Infinity, elsewhere: 0, wanted: 0, asking: false, lease: undefined }
  return { mandate, measure, max, ceiling: max, ...rest }
}

/** All that a budget counts over its life. */
export function metersOf({ calls, bytes, money }: Budget): readonly Meter[] {
  return [calls, ...(bytes === undefined ? [] : [bytes]), ...(money ?? [])]
}

/** Which limit stands in the way. */
export interface Shortage {
  readonly code:
    | 'budget.calls'
    | 'budget.rate'
    | 'budget.bytes'
    | 'budget.money'
    | 'budget.money-unknown'
    | 'budget.busy'
  readonly mandate: string
  readonly measure: string
  /** What is left of it here, and what the mandate allows; as integers of the measure. */
  readonly left: number
  readonly max: number
}

/** Takes one act from every budget, or from none and says which is used up. Makes no objects unless it refuses. */
export function reserve(budgets: readonly Budget[], cost: Cost, now: number): Shortage | undefined {
  for (const budget of budgets) {
    const short = shortage(budget, cost, now)
    if (short !== undefined) return short
  }
  charge(budgets, cost)
  return undefined
}

/** Counts an act whatever the limits say. Rates count it at the newest time they heard of. */
export function charge(budgets: readonly Budget[], cost: Cost): void {
  for (const budget of budgets) {
    add(budget, cost, 1)
    if (budget.rate !== undefined) chargeRate(budget.rate, cost.calls)
  }
}

/** Counts an act that the log shows to have happened. */
export function replay(budget: Budget, cost: Cost, at: number): void {
  add(budget, cost, 1)
  if (budget.rate !== undefined) replayRate(budget.rate, cost.calls, at)
}

/** Gives an act back: of a rate the newest ones, since all count alike. */
export function release(budgets: readonly Budget[], cost: Cost): void {
  for (const budget of budgets) {
    add(budget, cost, -1)
    if (budget.rate !== undefined) giveBackRate(budget.rate, cost.calls)
  }
}

/** What an act takes from one meter. */
export function amountIn({ measure }: Pick<Meter, 'measure'>, { calls, bytesOut, money }: Cost): number {
  if (measure === 'calls') return calls
  if (measure === 'bytes') return bytesOut
  return typeof money === 'object' && money.currency === measure ? money.minor : 0
}

function shortage(budget: Budget, cost: Cost, now: number): Shortage | undefined {
  const { calls, bytes, rate } = budget
  if (calls.used + cost.calls > calls.ceiling) return lacking('budget.calls', calls, cost.calls)
  if (rate !== undefined && cost.calls > rateLeft(rate, now)) {
    // A share that others have a part in is no limit of the mandate's.
    const code = rate.share < rate.callsMax ? 'budget.busy' : 'budget.rate'
    const { callsMax: max } = rate
    return { code, mandate: budget.mandate, measure: 'rate', left: Math.max(0, rateLeft(rate, now)), max }
  }
  if (bytes !== undefined && bytes.used + cost.bytesOut > bytes.ceiling)
    return lacking('budget.bytes', bytes, cost.bytesOut)
  return budget.money === undefined || cost.money === undefined
    ? undefined
    : moneyShortage(budget, cost.money)
}

function moneyShortage(
  { mandate, money }: Budget,
  cost: Exclude<Cost['money'], undefined>,
): Shortage | undefined {
  if (cost === 'unknown') return { code: 'budget.money-unknown', mandate, measure: 'money', left: 0, max: 0 }
  for (const meter of money!) {
    if (meter.measure !== cost.currency) continue
    return meter.used + cost.minor > meter.ceiling ? lacking('budget.money', meter, cost.minor) : undefined
  }
  return { code: 'budget.money', mandate, measure: cost.currency, left: 0, max: 0 }
}

/** Used up, or only here: then more is asked for, and the caller may come again. */
function lacking(code: Shortage['code'], meter: Meter, amount: number): Shortage {
  const { mandate, measure, max } = meter
  const left = Math.max(0, meter.ceiling - meter.used)
  if (meter.lease === undefined) return { code, mandate, measure, left, max }
  const isElsewhere = amount <= left + meter.elsewhere
  if (amount <= max) {
    meter.wanted = Math.max(meter.wanted, amount)
    meter.lease(meter)
  }
  return { code: isElsewhere ? 'budget.busy' : code, mandate, measure, left: left + meter.elsewhere, max }
}

function add(budget: Budget, cost: Cost, sign: 1 | -1): void {
  move(budget.calls, sign * cost.calls)
  if (budget.bytes !== undefined) move(budget.bytes, sign * cost.bytesOut)
  if (budget.money === undefined || typeof cost.money !== 'object') return
  for (const meter of budget.money) {
    if (meter.measure === cost.money.currency) move(meter, sign * cost.money.minor)
  }
}

function move(meter: Meter, amount: number): void {
  meter.used = Math.max(0, meter.used + amount)
  if (meter.used >= meter.low) meter.lease?.(meter)
}
