import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { Broker } from './broker-fixture.ts'
import type { BusMessage, Origin } from './bus.ts'
import { sealEnvelope } from './envelope.ts'
import { openSharedBus } from './shared.ts'
import type { SharedBus } from './shared.ts'

const key = Buffer.alloc(32, 7)
const stream = 'test'

interface Replica extends AsyncDisposable {
  readonly bus: SharedBus
  readonly clock: HandClock
  readonly heard: [string, BusMessage, Origin][]
  heals: number
}

/** What the replicas of one store have in common. */
interface World {
  readonly broker: Broker
  revision: number
}

function world(): World {
  return { broker: new Broker(), revision: 0 }
}

/** Lets everything run that is due now. */
async function settle(...replicas: readonly Replica[]): Promise<void> {
  for (let at = 0; at < 10; at++) {
    for (const { clock } of replicas) clock.advance(0)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
}

async function pass(ms: number, ...replicas: readonly Replica[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    for (const { clock } of replicas) clock.advance(250)
    await settle(...replicas)
  }
}

async function join(of: World, self: string, withBroker = true): Promise<Replica> {
  const clock = handClock()
  let known = of.revision
  const revision = {
    raise: () => void (known = ++of.revision),
    changed: async () => of.revision !== known,
    remember: async () => void (known = of.revision),
  }
  const dial = withBroker ? of.broker.dial : undefined
  const bus = openSharedBus({ self, stream, key, revision, dial, clock, log: silentLog })
  const replica: Replica = {
    bus,
    clock,
    heard: [],
    heals: 0,
    [Symbol.asyncDispose]: async () => await bus[Symbol.asyncDispose](),
  }
  bus.subscribe('mandate.*', (message, subject, from) => replica.heard.push([subject, message, from]))
  bus.onGap(async () => void replica.heals++)
  await settle(replica)
  return replica
}

test('what is published is delivered here in the same turn, and to others once', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  expect(one.heard).toEqual([['mandate.revoked', { ids: ['m_1'] }, 'here']])
  await settle(one, two)
  expect(one.heard).toHaveLength(1)
  expect(two.heard).toEqual([['mandate.revoked', { ids: ['m_1'] }, 'elsewhere']])
  two.bus.tell('mandate.granted', { id: 'm_2' })
  await settle(one, two)
  expect(two.heard.at(-1)).toEqual(['mandate.granted', { id: 'm_2' }, 'here'])
  expect(one.heard).toHaveLength(1)
})

test('a replica heals once when it joins, and not again while nothing is missed', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  expect([one.heals, two.heals]).toEqual([1, 1])
  for (let at = 0; at < 5; at++) one.bus.publish('mandate.granted', { id: `m_${at}` })
  await pass(60_000, one, two)
  expect([one.heals, two.heals]).toEqual([1, 1])
  expect(two.heard).toHaveLength(5)
})

test('a message that is missing in the stream heals', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  all.broker.swallow = 1
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await settle(one, two)
  expect([two.heard, two.heals]).toEqual([[], 1])
  // Nobody publishes again; the next «I am here» shows it.
  await pass(3500, one, two)
  expect(two.heals).toBe(2)
})

test('a stream that was made anew heals, and delivers on', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  await pass(3500, one, two)
  all.broker.recreate()
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await settle(one, two)
  expect(two.heard).toHaveLength(1)
  expect(two.heals).toBe(2)
})

test('a broker that is away is said, keeps nothing, and heals on both sides when it is back', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  expect(one.bus.connected).toBe(true)
  all.broker.down()
  await settle(one, two)
  expect(one.bus.connected).toBe(false)
  const before = all.broker.payloads.length
  for (let at = 0; at < 1000; at++) one.bus.publish('mandate.revoked', { ids: [`m_${at}`] })
  expect(one.heard).toHaveLength(1000)
  all.broker.up()
  await pass(6000, one, two)
  expect(one.bus.connected).toBe(true)
  expect(two.heard).toEqual([])
  expect(two.heals).toBeGreaterThan(1)
  expect(all.broker.payloads.length - before).toBeLessThan(10)
})

test('only the one that was cut off missed something: the others are told to look', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  all.broker.fail = 1
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await settle(one, two)
  expect([two.heard, two.heals]).toEqual([[], 1])
  await pass(1000, one, two)
  expect(two.heals).toBe(2)
})

test('while nobody can be heard, and without a broker, the store is looked at within ten seconds', async () => {
  const all = world()
  await using one = await join(all, 'n_1', false)
  await using two = await join(all, 'n_2', false)
  expect(one.bus.connected).toBe(true)
  await pass(30_000, one, two)
  expect([one.heals, two.heals]).toEqual([0, 0])
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await pass(9000, one, two)
  expect([one.heals, two.heals]).toEqual([0, 0])
  await pass(1000, one, two)
  expect([one.heals, two.heals]).toEqual([0, 1])
})

test('a line on which a replica does not hear itself is given up', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  all.broker.swallow = 4
  await pass(13_000, one)
  expect(all.broker.lines).toBe(1)
  expect(one.heals).toBeGreaterThan(1)
  expect(one.bus.connected).toBe(true)
})

test('what no replica of this node sealed is dropped, and so is what was said before', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  await using two = await join(all, 'n_2')
  const forged = {
    from: 'n_1',
    number: 9,
    seen: 0,
    said: { subject: 'mandate.revoked', message: { ids: [] } },
  }
  all.broker.put(Buffer.from(JSON.stringify(forged)))
  all.broker.put(Buffer.alloc(0))
  all.broker.put(Buffer.alloc(100_000))
  all.broker.put(sealEnvelope(Buffer.alloc(32, 8), stream, forged))
  all.broker.put(sealEnvelope(key, 'another stream', forged))
  all.broker.put(sealEnvelope(key, stream, { ...forged, said: 'malformed' } as never))
  await settle(one, two)
  expect(two.heard).toEqual([])
  expect(two.heals).toBe(1)
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await settle(one, two)
  expect(two.heard).toHaveLength(1)
  all.broker.put(all.broker.payloads.at(-1)!)
  await settle(one, two)
  expect(two.heard).toHaveLength(1)
})

test('a message of long ago is not believed by a replica that never heard its speaker', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  one.bus.publish('mandate.revoked', { ids: ['m_1'] })
  await settle(one)
  const old = all.broker.payloads.at(-1)!
  for (let at = 0; at < 1100; at++) all.broker.put(Buffer.of(1))
  await using two = await join(all, 'n_2')
  all.broker.put(Buffer.of(1))
  all.broker.put(old)
  await settle(one, two)
  expect(two.heard).toEqual([])
})

test('what a replica that died had not said is looked for', async () => {
  const all = world()
  await using one = await join(all, 'n_1')
  one.bus.replicaEnded()
  await settle(one)
  expect(one.heals).toBe(2)
})
