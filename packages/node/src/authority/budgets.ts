import type { Mandate } from '@ambit/core/mandate'

/** Parts of a period in which acts are counted: one is forgotten at most a sixtieth of the period late. */
const slotsPerPeriod = 60
/** The slots that a period can touch: one more, since it begins within one. */
const slotsMax = slotsPerPeriod + 1

/**
 * Acts within the last period, in slots. In no stretch of `periodMs`, wherever it begins, are there more than `calls`:
 * a slot is let go only when all of it is older than a period. Memory and work are constant.
 */
export interface RateWindow {
  readonly callsMax: number
  readonly periodMs: number
  readonly counts: Uint32Array
  /** Number of the newest slot: time divided by the length of a slot. */
  newest: number
  total: number
}

/** What one lasting mandate has spent. Leaves have none: their limits are those of the mandate they were minted from. */
export interface Budget {
  readonly mandate: string
  readonly callsMax: number
  calls: number
  readonly rate: RateWindow | undefined
}

/** A rate window at rest: the slot number and the count of each slot that is not empty. */
export type RateRest = readonly (readonly [slot: number, count: number])[]

export function createBudget({ id, limits }: Pick<Mandate, 'id' | 'limits'>): Budget {
  const rate = limits.rate && {
    callsMax: limits.rate.calls,
    periodMs: limits.rate.periodMs,
    counts: new Uint32Array(slotsMax),
    newest: 0,
    total: 0,
  }
  return { mandate: id, callsMax: limits.calls ?? Infinity, calls: 0, rate }
}

export type Shortage = { readonly code: 'budget.calls' | 'budget.rate'; readonly mandate: string }

/** Takes one act from every budget, or from none and says which is used up. */
export function reserve(budgets: readonly Budget[], now: number): Shortage | undefined {
  for (const budget of budgets) {
    if (budget.calls >= budget.callsMax) return { code: 'budget.calls', mandate: budget.mandate }
    if (budget.rate !== undefined && recent(budget.rate, now) >= budget.rate.callsMax) {
      return { code: 'budget.rate', mandate: budget.mandate }
    }
  }
  for (const budget of budgets) {
    budget.calls++
    if (budget.rate === undefined) continue
    // The newest slot, which is this one unless the clock went back: an act always counts.
    budget.rate.counts[budget.rate.newest % slotsMax]!++
    budget.rate.total++
  }
  return undefined
}

/** Counts an act whatever the limits say: one that the log shows to have happened. */
export function replay(budget: Budget, at: number): void {
  budget.calls++
  const { rate } = budget
  if (rate === undefined) return
  const slot = Math.floor(at / slotMs(rate))
  recent(rate, at)
  // An act older than the window no longer counts.
  if (slot <= rate.newest - slotsMax) return
  rate.counts[slot % slotsMax]!++
  rate.total++
}

/** Gives an act back: the newest one, since all count alike. */
export function release(budgets: readonly Budget[]): void {
  for (const budget of budgets) {
    if (budget.calls > 0) budget.calls--
    const { rate } = budget
    if (rate === undefined || rate.total === 0) continue
    for (let slot = rate.newest; slot > rate.newest - slotsMax; slot--) {
      const at = ((slot % slotsMax) + slotsMax) % slotsMax
      if (rate.counts[at] === 0) continue
      rate.counts[at]!--
      rate.total--
      break
    }
  }
}

/** Acts that count at this time; forgets those that are over. A clock that goes back forgets nothing. */
function recent(rate: RateWindow, now: number): number {
  const slot = Math.floor(now / slotMs(rate))
  if (slot <= rate.newest) return rate.total
  if (slot - rate.newest >= slotsMax) {
    rate.counts.fill(0)
    rate.total = 0
  } else {
    for (let next = rate.newest + 1; next <= slot; next++) {
      rate.total -= rate.counts[next % slotsMax]!
      rate.counts[next % slotsMax] = 0
    }
  }
  rate.newest = slot
  return rate.total
}

function slotMs(rate: RateWindow): number {
  return Math.ceil(rate.periodMs / slotsPerPeriod)
}

export function restRate(rate: RateWindow): RateRest {
  const rest: [number, number][] = []
  for (let slot = Math.max(0, rate.newest - slotsMax + 1); slot <= rate.newest; slot++) {
    const count = rate.counts[slot % slotsMax]!
    if (count > 0) rest.push([slot, count])
  }
  return rest
}

export function restoreRate(rate: RateWindow, rest: RateRest): void {
  rate.counts.fill(0)
  rate.total = 0
  rate.newest = Math.max(0, ...rest.map(([slot]) => slot))
  for (const [slot, count] of rest) {
    if (slot <= rate.newest - slotsMax) continue
    rate.counts[slot % slotsMax] = count
    rate.total += count
  }
}
