import { storeEngines } from '@ambit/testkit/stores'
import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import { expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { heartBudget, NotNow } from './heart.ts'
import type { Pulse } from './pulse.ts'
import { everyMs, targetOf, world } from './liveness-fixture.ts'
import type { World } from './liveness-fixture.ts'

const sqlite = storeEngines[0]!

function many(store: Store, count: number, hostOf: (at: number) => string): World {
  const node = world(store)
  for (let at = 0; at < count; at++) {
    const [each] = targetOf(`r${at}`).interfaces
    const url = `https://${hostOf(at)}/${at}`
    node.targets.set(`r${at}`, targetOf(`r${at}`, { interfaces: [{ ...each!, url }] }))
  }
  return node
}

test('the first round is spread over its time, and each is asked once in it', async () => {
  await using store = await sqlite.open()
  const node = many(store, 600, (at) => `h${at}.example`)
  await using liveness = await node.open()
  await liveness.start(everyMs)
  await node.pass(everyMs / 2)
  expect(node.asked.length).toBeGreaterThan(200)
  expect(node.asked.length).toBeLessThan(400)
  await node.pass(everyMs / 2)
  expect(new Set(node.asked).size).toBe(600)
})

test('no more are under way than the budget says, nor at one host, and none is forgotten', async () => {
  await using store = await sqlite.open()
  const node = many(store, 60, (at) => (at < 30 ? 'one.example' : `h${at}.example`))
  node.hold = true
  await using liveness = await node.open({ budget: { underWayMax: 20, perHostMax: 3 } })
  await liveness.start(1000)
  await node.pass(5000)
  expect(node.asked.length).toBe(20)
  expect(node.asked.filter((host) => host === 'one.example').length).toBeLessThanOrEqual(3)
  node.hold = false
  node.release()
  await node.pass(20_000)
  expect(new Set(node.asked).size).toBe(31)
  for (let at = 0; at < 60; at++) expect(liveness.stateOf(`r${at}`)).toBe('alive')
})

test('so many begin in a second, and what was not used is no wave later', async () => {
  await using store = await sqlite.open()
  const node = many(store, 400, (at) => `h${at}.example`)
  await using liveness = await node.open({ budget: { perSecondMax: 10 } })
  await liveness.start(1000)
  await node.pass(10_000)
  expect(node.asked.length).toBeLessThanOrEqual(110)
  expect(node.asked.length).toBeGreaterThanOrEqual(90)
})

test('a process that comes late to its ticks asks one at a time', async () => {
  await using store = await sqlite.open()
  const node = many(store, 400, (at) => `h${at}.example`)
  let lagMs = 0
  const clock = { ...node.clock, monotonicMs: () => node.clock.monotonicMs() + lagMs }
  await using liveness = await node.open({ clock })
  await liveness.start(1000)
  for (let tick = 0; tick < 12; tick++) {
    lagMs += heartBudget.lateMs + 50
    await node.pass(250)
  }
  expect(node.asked.length).toBeLessThanOrEqual(12)
  expect(node.asked.length).toBeGreaterThan(0)
})

test('programs are not started for a heartbeat, and count while they run', async () => {
  await using store = await sqlite.open()
  const node = world(store)
  const program = { program: 'server', args: [], env: [] }
  const stdio = {
    protocol: 'mcp',
    version: '1',
    url: 'stdio:',
    transport: 'stdio',
    command: program,
    security: [],
  } satisfies Interface
  node.targets.set('a', targetOf('a', { interfaces: [stdio] }))
  let running = false
  await using liveness = await node.open({ runs: () => running })
  await liveness.start(everyMs)
  await node.pass(everyMs * 2)
  expect([node.asked, node.described, liveness.stateOf('a')]).toEqual([[], [], 'unknown'])
  running = true
  await node.pass(everyMs * 1.2)
  expect([node.asked, liveness.stateOf('a')]).toEqual([[], 'alive'])
})

test('a host that many records name is asked so often in a second and no more, and all come to their turn', async () => {
  await using store = await sqlite.open()
  const node = many(store, 300, (at) => (at < 200 ? 'victim.example' : `h${at}.example`))
  await using liveness = await node.open({ budget: { perHostPerSecondMax: 5, perHostMax: 50 } })
  await liveness.start(2000)
  await node.pass(2500)
  const atVictim = () => node.asked.filter((host) => host === 'victim.example').length
  expect(atVictim()).toBeLessThanOrEqual(18)
  // Nobody else waits for it.
  expect(new Set(node.asked).size).toBe(101)
  await node.pass(10_000)
  expect(atVictim()).toBeLessThanOrEqual(68)
  await node.pass(90_000)
  for (let at = 0; at < 300; at++) expect(liveness.stateOf(`r${at}`)).toBe('alive')
})

test('an address that was asked often enough by another name says nothing of a record', async () => {
  await using store = await sqlite.open()
  const node = many(store, 1, () => 'one.example')
  let asked = 0
  const pulse: Pulse = {
    protocol: 'mcp',
    covers: () => true,
    async beat() {
      asked += 1
      if (asked > 3) return { mark: 'm' }
      const cause = new NotNow(500)
      throw new Fault('upstream.unreachable', { detail: 'the connection failed', cause })
    },
  }
  await using liveness = await node.open({ pulses: [pulse] })
  await liveness.start(1000)
  await node.pass(1500)
  expect(asked).toBeGreaterThan(0)
  expect(liveness.stateOf('r0')).toBe('unknown')
  await node.pass(8000)
  expect(liveness.stateOf('r0')).toBe('alive')
})
