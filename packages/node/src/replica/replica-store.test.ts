import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { openReplicas } from './replica.ts'
import type { OpenReplicas } from './replica.ts'

const beatMs = 3000

async function open(store: Store, place: string, clock: HandClock): Promise<OpenReplicas> {
  return await openReplicas({ store, place, clock, ids: createIds(clock), log: silentLog })
}

/** One beat, carried through: its next one is planned only once it was answered. */
async function beat(clock: HandClock, times = 1): Promise<void> {
  for (let at = 0; at < times; at++) {
    clock.advance(beatMs)
    await until('the beat is over', () => clock.timers > 0)
  }
}

describe.each(storeEngines)('replicas on $name', (engine) => {
  test('one that is alone lives, and everything else has ended', async () => {
    await using store = await engine.open()
    await using one = await open(store, 'a', handClock())
    expect(one.living()).toEqual([one.self])
    expect(await one.gone([one.self, 'n_other'])).toEqual(['n_other'])
    expect(one.dead()).toEqual([])
  })
})

const postgres = storeEngines.filter(({ name }) => name === 'postgres')
describe.each(postgres)('several replicas on $name', (engine) => {
  test('hear of one another, and one that is silent is dead after five looks and not before', async () => {
    await using store = await engine.open()
    const [first, second] = [handClock(), handClock()]
    await using one = await open(store, 'a', first)
    const two = await open(store, 'b', second)
    expect(two.living()).toEqual([one.self, two.self].toSorted())
    const changes: (readonly string[])[] = []
    one.onChange((living) => changes.push(living))
    await beat(first)
    expect(one.living()).toEqual([one.self, two.self].toSorted())
    await beat(first, 4)
    expect(one.dead()).toEqual([])
    await beat(second)
    await beat(first, 5)
    expect(one.dead()).toEqual([])
    await beat(first)
    expect(one.dead()).toEqual([two.self])
    expect(one.living()).toEqual([one.self])
    expect(await one.gone([one.self, two.self, 'n_never'])).toEqual([two.self, 'n_never'])
    expect(changes).toEqual([[one.self, two.self].toSorted(), [one.self]])
    // It wakes up again: its row is there, so it lives.
    await beat(second)
    await beat(first)
    expect(one.living()).toEqual([one.self, two.self].toSorted())
    await two[Symbol.asyncDispose]()
    await beat(first)
    expect(one.dead()).toEqual([two.self])
  })

  test('an earlier one at the same place has ended at once', async () => {
    await using store = await engine.open()
    const before = await open(store, 'a', handClock())
    await using after = await open(store, 'a', handClock())
    expect(after.living()).toEqual([after.self])
    expect(after.dead()).toEqual([before.self])
  })

  test('the work of a dead one is taken by exactly one, and again when that one dies', async () => {
    await using store = await engine.open()
    const dead = await open(store, 'x', handClock())
    await dead[Symbol.asyncDispose]()
    const clock = handClock()
    await using one = await open(store, 'a', clock)
    const two = await open(store, 'b', handClock())
    expect((await Promise.all([one.take(dead.self), two.take(dead.self)])).filter(Boolean)).toHaveLength(1)
    const [winner, loser] = (await one.take(dead.self)) ? [one, two] : [two, one]
    expect(await winner.take(dead.self)).toBe(true)
    expect(await loser.take(dead.self)).toBe(false)
    await winner.bury(dead.self)
    expect(winner.dead()).toEqual([])
    expect(await loser.gone([dead.self])).toEqual([dead.self])
    await two[Symbol.asyncDispose]()
  })

  test('one that was taken for dead enters itself again', async () => {
    await using store = await engine.open()
    const clock = handClock()
    await using one = await open(store, 'a', clock)
    await using other = await open(store, 'b', handClock())
    await other.bury(one.self)
    await beat(clock)
    expect(await other.gone([one.self])).toEqual([])
    expect(one.living()).toContain(one.self)
  })
})
