import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { oneCall } from './cost.ts'
import { createLeaseStore } from './lease-store.ts'
import type { LeaseStore } from './lease-store.ts'
import { openMandateStore } from './mandate-store.ts'
import { WorldReplica } from './spending-fixture.ts'
import type { WorldMandate } from './spending-fixture.ts'
import { createSpentStore } from './spent-store.ts'
import type { SpentStore } from './spent-store.ts'

async function storeOn(rows: Store): Promise<SpentStore & LeaseStore> {
  await openMandateStore(rows)
  return { ...createSpentStore(rows), ...createLeaseStore(rows) }
}

const wish = (max: number, need: number, measure = 'calls') => ({ mandate: 'm', measure, max, need })

describe.each(storeEngines)('leases on $name', (engine) => {
  test('a slice is a fair part of what is free, at least what is needed, and all together never more than there is', async () => {
    await using rows = await engine.open()
    const store = await storeOn(rows)
    for (const id of ['a', 'b', 'c']) await store.enter(id, 0, 1)
    expect(await store.lease('a', 2, [wish(100, 1)])).toEqual([{ granted: 50, elsewhere: 50 }])
    expect(await store.lease('b', 2, [wish(100, 1)])).toEqual([{ granted: 25, elsewhere: 75 }])
    expect(await store.lease('b', 2, [wish(100, 20)])).toEqual([{ granted: 45, elsewhere: 55 }])
    expect(await store.lease('a', 1, [wish(100, 1)])).toEqual([{ granted: 55, elsewhere: 45 }])
    // Nothing is free: what the others hold unused is asked of them.
    expect(await store.lease('c', 3, [wish(100, 10)])).toEqual([{ granted: 0, elsewhere: 100 }])
    expect(await store.wanted('a')).toEqual([{ replica: 'c', mandate: 'm', measure: 'calls', wanted: 34 }])
    expect(await store.giveBack('a', [{ mandate: 'm', measure: 'calls', granted: 45 }])).toBe(true)
    expect(await store.lease('c', 3, [wish(100, 10)])).toEqual([{ granted: 10, elsewhere: 90 }])
    expect(await store.wanted('a')).toEqual([])
  })

  test('many that lease at once never get more than there is', async () => {
    await using rows = await engine.open()
    const store = await storeOn(rows)
    const ids = Array.from({ length: 8 }, (_, at) => `n_${at}`)
    for (const id of ids) await store.enter(id, 0, 1)
    const granted = new Map<string, number>()
    await Promise.all(
      ids.flatMap((id) =>
        Array.from({ length: 6 }, async () => {
          const [calls, money] = (await store.lease(id, 2, [wish(37, 3), wish(1000, 50, 'EUR')]))!
          granted.set(`${id} calls`, Math.max(granted.get(`${id} calls`) ?? 0, calls!.granted))
          granted.set(`${id} EUR`, Math.max(granted.get(`${id} EUR`) ?? 0, money!.granted))
        }),
      ),
    )
    const sum = (measure: string) => ids.reduce((all, id) => all + (granted.get(`${id} ${measure}`) ?? 0), 0)
    expect([sum('calls'), sum('EUR')]).toEqual([37, 1000])
  })

  test('what an ended process left is settled once, and not while it lives', async () => {
    await using rows = await engine.open()
    const store = await storeOn(rows)
    await store.enter('a', 5, 1)
    await store.lease('a', 1, [wish(10, 1)])
    const used = [{ mandate: 'm', measure: 'calls', used: 3 }]
    await store.save('a', { logSize: 6, measures: used, rates: [], unsent: '[]' })
    const { beat } = (await store.load('a'))!
    expect(await store.touch('a')).toBe(true)
    await store.settle('a', beat, used)
    expect(await store.entered()).toEqual(['a'])
    await store.settle('a', beat + 1, used)
    await store.settle('a', beat + 1, used)
    expect(await store.entered()).toEqual([])
    // It finds out with whatever it asks next, and keeps nothing.
    expect(await store.touch('a')).toBe(false)
    expect(await store.save('a', { logSize: 9, measures: used, rates: [], unsent: '[]' })).toBe(false)
    expect(await store.lease('a', 1, [wish(10, 1)])).toBeUndefined()
    expect(await store.giveBack('a', [])).toBe(false)
    await store.enter('b', 9, 1)
    expect(await store.lease('b', 1, [wish(10, 1)])).toEqual([{ granted: 7, elsewhere: 0 }])
    expect(await store.used(['m'])).toContainEqual({ mandate: 'm', measure: 'calls', replica: '', used: 3 })
  })
})

const limits = { calls: 120, money: { EUR: 1000 } }
const mandates: WorldMandate[] = [
  { id: 'root', parent: undefined, limits },
  { id: 'left', parent: 'root', limits: {} },
  { id: 'right', parent: 'root', limits: { money: { EUR: 700 } } },
]
const payment = { ...oneCall, money: { currency: 'EUR', minor: 10 } }

const postgres = storeEngines.filter(({ name }) => name === 'postgres')
describe.each(postgres)('two leasing replicas on $name', (engine) => {
  test('spend exactly what a mandate allows, whoever is asked; and one takes over what the other left', async () => {
    await using rows = await engine.open()
    const store = await storeOn(rows)
    const clock = handClock()
    const timers = [handClock(), handClock()]
    const replicas = timers.map(
      (newClock, at) =>
        new WorldReplica(`n_${at}`, {
          store,
          clock,
          newClock: () => newClock,
          mandates,
          logSize: () => 0,
          living: () => ['n_0', 'n_1'],
        }),
    )
    for (const replica of replicas) await replica.begin()
    await Promise.all(replicas.map(async (replica) => await replica.budgeting.leased()))
    const codes = new Set<string>()
    let passed = 0
    async function spend(replica: WorldReplica, branch: string, most: number): Promise<void> {
      for (let at = 0; at < most; at++) {
        const code = replica.reserve(`${replica.id} ${at}`, ['root', branch], payment)
        if (code === undefined) passed++
        else codes.add(code)
      }
      for (const act of replica.acts) act.state = 'sent'
      // What it spent is known to others from here on.
      await replica.snapshot(0)
      replica.advance(1000)
      await replica.budgeting.leased()
    }
    for (let round = 0; round < 40 && passed < 100; round++) {
      clock.advance(1000)
      await Promise.all([spend(replicas[0]!, 'left', 15), spend(replicas[1]!, 'right', 5)])
    }
    expect(passed).toBe(100)
    for (const branch of ['left', 'right']) {
      clock.advance(1000)
      await Promise.all(replicas.map(async (replica) => await spend(replica, branch, 3)))
    }
    expect(passed).toBe(100)
    expect([...codes].every((code) => code === 'budget.busy' || code === 'budget.money')).toBe(true)
    expect(replicas[0]!.reserve('one more', ['root', 'left'], payment)).toBe('budget.money')
    // The first ends without a word: what it had leased and not spent, the other has from then on.
    const [, second] = replicas as [WorldReplica, WorldReplica]
    await (await second.budgeting.recount(0, 'n_0')).settle()
    expect(await store.entered()).toEqual(['n_1'])
    expect((await second.budgeting.views(['root'])).get('root')).toMatchObject({
      money: { EUR: 1000 },
      calls: 100,
    })
    let more = 0
    for (let round = 0; round < 6; round++) {
      clock.advance(1000)
      second.advance(1000)
      await second.budgeting.leased()
      while (second.reserve(`more ${more}`, ['root', 'left'], oneCall) === undefined) more++
    }
    expect(more).toBe(20)
    await Promise.all(replicas.map(async (replica) => await replica.budgeting[Symbol.asyncDispose]()))
  })
})
