import { busPair } from '@ambit/testkit/bus-pair'
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
import { createRuleStore } from './rule-store.ts'
import { createRules } from './rules.ts'
import type { Stop } from './stop-book.ts'
import { createStopStore } from './stop-store.ts'
import { createStops } from './stops.ts'
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

  test('what is set while all is read anew stays, and what is taken away meanwhile does not come back', async () => {
    await using store = await engine.open()
    const { rules } = await replica(store)
    const [clock, bus] = [handClock(), createLocalBus(silentLog)]
    const kept = { stops: createStopStore(store), rules: createRuleStore(store) }
    /** Runs once, between reading what is in force and taking it over. */
    let meanwhile: (() => Promise<unknown>) | undefined
    const late = async <T>(read: Promise<T>): Promise<T> => {
      const found = await read
      const run = meanwhile
      meanwhile = undefined
      await run?.()
      return found
    }
    const stops = createStops({
      store: { ...kept.stops, active: async () => await late(kept.stops.active()) },
      bus,
      clock,
    })
    const own = createRules({
      store: { ...kept.rules, active: async (now) => await late(kept.rules.active(now)) },
      leaves: memoryLog(),
      ids: createIds(clock),
      bus,
      clock,
    })
    meanwhile = async () => await stops.begin(stop)
    await stops.load()
    let rule = await rules.set(ann, { ...terms, capability: 'other' })
    await rules.remove(ann, rule.id)
    meanwhile = async () => (rule = await own.set(ann, terms))
    await own.load()
    expect([stops.book.get('st_1'), own.book.get(rule.id)]).toEqual([stop, rule])
    own.book.remove(rule.id)
    stops.book.remove('st_1')
    meanwhile = async () => await stops.end(stop, 'p_ann')
    await stops.load()
    meanwhile = async () => await own.remove(ann, rule.id)
    await own.load()
    expect([stops.book.size, own.book.size]).toEqual([0, 0])
  })

  test('what is lifted while a replica reads that it was set does not stay', async () => {
    await using store = await engine.open()
    const { stops, rules } = await replica(store)
    const [here, there] = busPair()
    const rule = await rules.set(ann, terms)
    await stops.begin(stop)
    const gate = Promise.withResolvers<void>()
    const once = <T>(read: () => Promise<T>) => {
      let first = true
      return async (): Promise<T> => {
        const found = await read()
        if (first) await gate.promise
        first = false
        return found
      }
    }
    const clock = handClock()
    const ownStops = createStops({
      store: { ...stops.store, find: once(async () => await stops.store.find('st_1')) },
      bus: there,
      clock,
    })
    const ownRules = createRules({
      store: { ...rules.store, find: once(async () => await rules.store.find(rule.id, clock.now())) },
      leaves: memoryLog(),
      ids: createIds(clock),
      bus: there,
      clock,
    })
    let heard = 0
    ownStops.heard(() => heard++)
    here.publish('stop.changed', { id: 'st_1', step: 'stopped' })
    here.publish('rule.changed', { id: rule.id, step: 'set' })
    await stops.store.find('st_1')
    await stops.end(stop, 'p_ann')
    await rules.remove(ann, rule.id)
    here.publish('stop.changed', { id: 'st_1', step: 'lifted' })
    here.publish('rule.changed', { id: rule.id, step: 'removed' })
    gate.resolve()
    await expect.poll(() => heard).toBe(1)
    await expect.poll(() => [ownStops.book.size, ownRules.book.size]).toEqual([0, 0])
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
