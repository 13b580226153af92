import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Bus } from '../bus/bus.ts'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { openMandateStore } from './mandate-store.ts'
import type { Stop } from './stop-book.ts'
import { openTightening } from './tightening.ts'

const ann: Caller = { person: 'p_ann', organization: 'main', roles: ['owner'], by: 'session' }
const bob: Caller = { person: 'p_bob', organization: 'main', roles: ['operator'], by: 'session' }
const terms = { scope: 'mine', target: 'shop', capability: '*', decision: 'ask' } as const
const stop: Stop = {
  id: 'st_1',
  organization: 'main',
  what: 'agent',
  subject: '1.2.156.1',
  name: 'p_ann',
  by: 'p_ann',
  at: 7,
  note: null,
}

/** A bus that loses everything, and says so when told. */
function deafBus(): Bus & { missed(): Promise<void> } {
  const heals = new Set<() => Promise<void>>()
  return {
    ...createLocalBus(silentLog),
    publish: () => undefined,
    onGap(heal) {
      heals.add(heal)
      return () => heals.delete(heal)
    },
    async missed() {
      for (const heal of heals) await heal()
    },
  }
}

describe.each(storeEngines)('rules and stops on $name', (engine) => {
  async function replica(store: Store, bus: Bus = createLocalBus(silentLog)) {
    const clock = handClock()
    await openMandateStore(store)
    const leaves = memoryLog()
    const parts = { store, leaves, bus, clock, ids: createIds(clock), log: silentLog }
    return { ...(await openTightening(parts)), leaves, clock }
  }

  test('a rule is kept, loaded again, listed for whom it concerns, and removed once', async () => {
    await using store = await engine.open()
    const { rules, leaves } = await replica(store)
    const own = await rules.set(ann, { ...terms, arguments: { to: { eq: 'bob' } }, note: 'careful' })
    const all = await rules.set(ann, { ...terms, scope: 'organization' })
    await expect(rules.set(bob, { ...terms, scope: 'organization' })).rejects.toMatchObject({
      code: 'rule.not-yours',
    })
    const again = await replica(store)
    expect([...again.rules.book.entries()].map(({ id }) => id).toSorted()).toEqual(
      [own.id, all.id].toSorted(),
    )
    expect(again.rules.book.get(own.id)).toEqual(own)
    const listed = async (person?: string) =>
      (await rules.store.list({ organization: 'main', limit: 10, ...(person && { person }) }, 0)).map(
        ({ id }) => id,
      )
    expect(await listed()).toEqual([own.id, all.id].toSorted().toReversed())
    expect(await listed('p_bob')).toEqual([all.id])
    await expect(rules.remove({ ...ann, by: 'token' }, own.id)).rejects.toMatchObject({
      code: 'auth.session-only',
    })
    await expect(rules.remove({ ...ann, organization: 'other' }, own.id)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await rules.remove(ann, own.id)
    await expect(rules.remove(ann, own.id)).rejects.toMatchObject({ code: 'input.not-found' })
    expect(await listed()).toEqual([all.id])
    expect(leaves.leaves).toMatchObject([
      { kind: 'rule', rule: own.id, step: 'set' },
      { kind: 'rule', rule: all.id, step: 'set' },
      { kind: 'rule', rule: own.id, step: 'removed' },
    ])
  })

  test('a rule that is over is neither loaded nor listed', async () => {
    await using store = await engine.open()
    const { rules, clock } = await replica(store)
    const expires = new Date(clock.now() + 1000).toISOString()
    await rules.set(ann, { ...terms, expires })
    clock.advance(1000)
    expect(await rules.store.active(clock.now())).toEqual([])
    expect(await rules.store.list({ organization: 'main', limit: 10 }, clock.now())).toEqual([])
  })

  test('a log that fails sets no rule and removes none', async () => {
    await using store = await engine.open()
    const { rules, leaves } = await replica(store)
    const kept = await rules.set(ann, terms)
    leaves.write = async () => await Promise.reject(new Error('the disk is full'))
    await expect(rules.set(ann, terms)).rejects.toThrow('full')
    await expect(rules.remove(ann, kept.id)).rejects.toThrow('full')
    expect([...rules.book.entries()]).toEqual([kept])
    expect(await rules.store.active(0)).toEqual([kept])
  })

  test('other replicas hear of rules and stops, and carry stops out', async () => {
    await using store = await engine.open()
    const bus = createLocalBus(silentLog)
    const [here, there] = [await replica(store, bus), await replica(store, bus)]
    const heard: string[] = []
    there.stops.heard(({ id }) => heard.push(id))
    const rule = await here.rules.set(ann, terms)
    await here.stops.begin(stop)
    here.stops.announce(stop)
    await expect.poll(() => [there.rules.book.size, there.stops.book.size]).toEqual([1, 1])
    expect(heard).toEqual(['st_1'])
    await here.rules.remove(ann, rule.id)
    await here.stops.end(stop, 'p_ann')
    await expect.poll(() => [there.rules.book.size, there.stops.book.size]).toEqual([0, 0])
  })

  test('what a replica missed it finds in the store', async () => {
    await using store = await engine.open()
    const bus = deafBus()
    const [here, there] = [await replica(store), await replica(store, bus)]
    const heard: string[] = []
    there.stops.heard(({ id }) => heard.push(id))
    const rule = await here.rules.set(ann, terms)
    await here.stops.begin(stop)
    expect([there.rules.book.size, there.stops.book.size]).toEqual([0, 0])
    await bus.missed()
    expect([there.rules.book.size, there.stops.book.size]).toEqual([1, 1])
    expect(heard).toEqual(['st_1'])
    await here.rules.remove(ann, rule.id)
    await here.stops.end(stop, 'p_ann')
    await bus.missed()
    expect([there.rules.book.size, there.stops.book.size]).toEqual([0, 0])
  })

  test('a stop is kept until it is lifted, once', async () => {
    await using store = await engine.open()
    const { stops } = await replica(store)
    expect(await stops.begin(stop)).toEqual(stop)
    // The same again is the one there is.
    expect(await stops.begin({ ...stop, id: 'st_2' })).toEqual(stop)
    const again = await replica(store)
    expect([...again.stops.book.entries()]).toEqual([stop])
    expect(await stops.store.unlogged()).toEqual([stop])
    await stops.store.logged('st_1', 3)
    expect(await stops.store.unlogged()).toEqual([])
    await stops.end(stop, 'p_ann')
    await expect(stops.end(stop, 'p_ann')).rejects.toMatchObject({ code: 'stop.lifted' })
    expect(await stops.store.active()).toEqual([])
    expect(await stops.store.list({ organization: 'main', limit: 9 })).toMatchObject([
      { id: 'st_1', liftedBy: 'p_ann' },
    ])
    expect(await stops.store.list({ organization: 'main', person: 'p_bob', limit: 9 })).toEqual([])
    expect(await stops.store.list({ organization: 'other', limit: 9 })).toEqual([])
  })
})
