import { Fault } from '@ambit/core/fault'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { everyMs, targetOf, world } from './liveness-fixture.ts'

const hourMs = 3_600_000

describe.each(storeEngines)('liveness on $name', (engine) => {
  test('a server that dies sinks and is told of once; it rises when it answers', async () => {
    await using store = await engine.open()
    const node = world(store)
    for (const id of ['a', 'b']) node.targets.set(id, targetOf(id))
    await using liveness = await node.open()
    await liveness.start(everyMs)
    await node.pass(everyMs * 1.2)
    expect([liveness.stateOf('a'), liveness.stateOf('b')]).toEqual(['alive', 'alive'])
    expect(liveness.rank('a')).toBe(1)
    node.down.add('a.example')
    await node.pass(everyMs * 2)
    expect(liveness.stateOf('a')).toBe('dead')
    expect(liveness.rank('a')).toBeLessThan(0.1)
    expect(liveness.rank('b')).toBe(1)
    await node.pass(everyMs * 3)
    expect(node.told).toEqual([
      { record: 'a', slug: 'slug-a', organization: 'main', state: 'dead', since: expect.any(Number) },
    ])
    expect([...liveness.troubles('main')]).toMatchObject([{ record: 'a', state: 'dead' }])
    expect([...liveness.troubles('other')]).toEqual([])
    const view = await liveness.of('a')
    expect(view).toMatchObject({ state: 'dead', interfaces: [{ state: 'dead', problem: 'no connection' }] })
    expect(view?.interfaces[0]?.availability24h).toBeLessThan(0.5)
    node.down.clear()
    await node.pass(everyMs * 5)
    expect(liveness.stateOf('a')).toBe('alive')
    expect(node.told.map(({ state }) => state)).toEqual(['dead', 'alive'])
    expect(liveness.rank('a')).toBeGreaterThan(0.5)
    expect(liveness.rank('a')).toBeLessThan(liveness.rank('b'))
  })

  test('what is known outlives the process, and is told of no second time', async () => {
    await using store = await engine.open()
    const node = world(store)
    node.targets.set('a', targetOf('a'))
    node.down.add('a.example')
    const first = await node.open()
    await first.start(everyMs)
    await node.pass(everyMs * 2)
    expect(first.stateOf('a')).toBe('dead')
    const before = await first.of('a')
    await first[Symbol.asyncDispose]()
    node.told.length = 0
    await using second = await node.open()
    // Before it is asked again, and also where nobody asks.
    expect((await second.of('a'))?.interfaces).toEqual(before?.interfaces)
    await second.start(everyMs)
    expect(second.stateOf('a')).toBe('dead')
    expect(await second.of('a')).toEqual(before)
    await node.pass(everyMs * 2)
    expect(node.told).toEqual([])
  })

  test('one that serves something else is told of once, sinks, and rises when it was accepted', async () => {
    await using store = await engine.open()
    const node = world(store)
    node.targets.set('a', targetOf('a'))
    await using liveness = await node.open()
    await liveness.start(everyMs)
    await node.pass(everyMs * 1.2)
    await node.change('a', targetOf('a', {}, true))
    expect(liveness.stateOf('a')).toBe('differs')
    expect(liveness.rank('a')).toBeLessThan(0.5)
    expect((await liveness.of('a'))?.differs).toEqual(['work'])
    await node.pass(everyMs)
    await node.change('a', targetOf('a'))
    expect(liveness.stateOf('a')).toBe('alive')
    expect(node.told.map(({ state }) => state)).toEqual(['differs', 'alive'])
  })

  test('records are read whole once an hour, and soon when a heartbeat shows another mark', async () => {
    await using store = await engine.open()
    const node = world(store)
    node.targets.set('a', targetOf('a'))
    // By chance in the middle: whole half an hour after the start, and then each hour.
    const clock = { ...node.clock, random: (bytes: number) => Buffer.alloc(bytes, 128) }
    await using liveness = await node.open({ clock })
    await liveness.start(everyMs)
    await node.pass(hourMs * 1.3)
    expect(node.described).toHaveLength(1)
    expect(node.asked.length).toBeGreaterThanOrEqual(13)
    node.mark = 'second'
    await node.pass(everyMs * 1.2)
    expect(node.described).toHaveLength(2)
    // Whoever changes with each heartbeat is not read whole each time.
    node.mark = 'third'
    await node.pass(everyMs * 1.2)
    expect(node.described).toHaveLength(2)
  })

  test('the dead are suspended only where the organisation wished it, after the days it said', async () => {
    await using store = await engine.open()
    const node = world(store)
    node.targets.set('a', targetOf('a'))
    node.targets.set('b', targetOf('b', { organization: 'other' }))
    for (const host of ['a.example', 'b.example']) node.down.add(host)
    await using liveness = await node.open()
    await liveness.start(everyMs)
    await liveness.wish('main', { suspendAfterDays: 1, by: 'p_owner' })
    await node.pass(everyMs * 2)
    node.clock.advance(23 * hourMs)
    await node.settle()
    expect(node.suspended).toEqual([])
    for (const ms of [hourMs, 120_000]) {
      node.clock.advance(ms)
      await node.settle()
    }
    expect(node.suspended).toEqual([
      { record: 'a', organization: 'main', person: 'p_owner', note: expect.stringContaining('1 day') },
    ])
    await node.change('a', targetOf('a', { state: 'suspended' }))
    const asked = node.asked.filter((host) => host === 'a.example').length
    await node.pass(everyMs * 2)
    expect(node.asked.filter((host) => host === 'a.example').length).toBe(asked)
    expect(node.suspended).toHaveLength(1)
    await using again = await node.open()
    expect(again.wishOf('main')?.suspendAfterDays).toBe(1)
  })

  test('a dead record that was handed over is its new keeper’s affair, and one that cannot be suspended nobody else’s', async () => {
    await using store = await engine.open()
    const node = world(store)
    for (const id of ['a', 'b', 'c']) {
      node.targets.set(id, targetOf(id))
      node.down.add(`${id}.example`)
    }
    const tried: string[] = []
    await using liveness = await node.open({
      async suspend(order) {
        tried.push(`${order.organization} ${order.record}`)
        if (order.record === 'b') throw new Fault('record.taken-down', { detail: 'it was taken down' })
        node.targets.set(order.record, targetOf(order.record, { state: 'suspended' }))
      },
    })
    await liveness.start(everyMs)
    await node.pass(everyMs * 2)
    await node.change('a', targetOf('a', { organization: 'other' }))
    expect([...liveness.troubles('main')].map(({ slug }) => slug).toSorted()).toEqual(['slug-b', 'slug-c'])
    expect([...liveness.troubles('other')].map(({ slug }) => slug)).toEqual(['slug-a'])
    await liveness.wish('main', { suspendAfterDays: 1, by: 'p_owner' })
    for (const ms of [24 * hourMs, 120_000]) {
      node.clock.advance(ms)
      await node.settle()
    }
    expect(tried).toContain('main b')
    expect(tried).toContain('main c')
    expect(tried.some((each) => each.endsWith(' a'))).toBe(false)
  })
})
