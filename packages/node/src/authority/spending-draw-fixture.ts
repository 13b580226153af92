import type { WorldMandate } from './spending-fixture.ts'

/** A number from 0 to below that. */
export type Chance = (below: number) => number

/** A root, two children, a grandchild of each, and one below that: chains of up to four links that share what is above. */
export function mandatesBy(chance: Chance): WorldMandate[] {
  const limits = (): WorldMandate['limits'] => ({
    ...(chance(2) === 0 ? {} : { calls: 2 + chance(8) }),
    ...(chance(2) === 0 ? {} : { bytesOut: 6 + chance(40) }),
    ...(chance(3) === 0 ? {} : { money: { EUR: 5 + chance(30), JPY: 3 + chance(6) } }),
  })
  return [
    { id: 'root', parent: undefined, limits: { calls: 4 + chance(8), ...limits() } },
    { id: 'left', parent: 'root', limits: limits() },
    { id: 'right', parent: 'root', limits: limits() },
    { id: 'below', parent: 'left', limits: limits() },
    { id: 'lowest', parent: 'below', limits: {} },
  ]
}

/** Mulberry32: chance that is the same on each run. */
export function chanceOf(start: number): Chance {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** What a mandate limits, by measure. */
export function measuresOf({ calls, bytesOut, money = {} }: WorldMandate['limits']): [string, number][] {
  return [
    ...(calls === undefined ? [] : [['calls', calls] as [string, number]]),
    ...(bytesOut === undefined ? [] : [['bytes', bytesOut] as [string, number]]),
    ...Object.entries(money),
  ]
}
