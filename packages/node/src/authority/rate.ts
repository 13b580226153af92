/** Parts of a period in which acts are counted: one is forgotten at most a sixtieth of the period late. */
const slotsPerPeriod = 60
/** The slots that a period can touch: one more, since it begins within one. */
const slotsMax = slotsPerPeriod + 1

/**
 * Acts within the last period, in slots. In no stretch of `periodMs`, wherever it begins, are there more than `share`:
 * a slot is let go only when all of it is older than a period. Memory and work are constant.
 */
export interface RateWindow {
  readonly callsMax: number
  readonly periodMs: number
  /** What of `callsMax` this replica may use: all of it on a node that is alone. */
  share: number
  readonly counts: Uint32Array
  /** Number of the newest slot: time divided by the length of a slot. */
  newest: number
  total: number
}

/** A rate window at rest: the slot number and the count of each slot that is not empty. */
export type RateRest = readonly (readonly [slot: number, count: number])[]

export function createRate({
  calls,
  periodMs,
}: {
  readonly calls: number
  readonly periodMs: number
}): RateWindow {
  return {
    callsMax: calls,
    periodMs,
    share: calls,
    counts: new Uint32Array(slotsMax),
    newest: 0,
    total: 0,
  }
}

/** Acts that may still come at this time; below 0 after a share shrank. A clock that goes back forgets nothing. */
export function rateLeft(rate: RateWindow, now: number): number {
  return rate.share - recent(rate, now)
}

/** Counts acts in the newest slot, which is this one unless the clock went back: an act always counts. */
export function chargeRate(rate: RateWindow, calls: number): void {
  rate.counts[rate.newest % slotsMax]! += calls
  rate.total += calls
}

/** Counts acts of a time; those older than the window no longer count. */
export function replayRate(rate: RateWindow, calls: number, at: number): void {
  addSlot(rate, Math.floor(at / slotMs(rate)), calls)
}

/** Gives acts back: the newest ones. */
export function giveBackRate(rate: RateWindow, calls: number): void {
  let left = Math.min(calls, rate.total)
  for (let slot = rate.newest; left > 0 && slot > rate.newest - slotsMax; slot--) {
    const at = ((slot % slotsMax) + slotsMax) % slotsMax
    const taken = Math.min(left, rate.counts[at]!)
    rate.counts[at]! -= taken
    rate.total -= taken
    left -= taken
  }
}

export function restRate(rate: RateWindow): RateRest {
  const rest: [number, number][] = []
  for (let slot = Math.max(0, rate.newest - slotsMax + 1); slot <= rate.newest; slot++) {
    const count = rate.counts[slot % slotsMax]!
    if (count > 0) rest.push([slot, count])
  }
  return rest
}

/** Takes up what was at rest, beside what is counted already. */
export function addRest(rate: RateWindow, rest: RateRest): void {
  for (const [slot, count] of rest) addSlot(rate, slot, count)
}

function addSlot(rate: RateWindow, slot: number, count: number): void {
  advance(rate, slot)
  if (slot <= rate.newest - slotsMax) return
  rate.counts[slot % slotsMax]! += count
  rate.total += count
}

function recent(rate: RateWindow, now: number): number {
  advance(rate, Math.floor(now / slotMs(rate)))
  return rate.total
}

/** Forgets what is over at a slot. */
function advance(rate: RateWindow, slot: number): void {
  if (slot <= rate.newest) return
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
}

function slotMs(rate: RateWindow): number {
  return Math.ceil(rate.periodMs / slotsPerPeriod)
}
