import { createLocalBus } from '@ambit/node/bus/local'
import { silentLog } from '@ambit/node/kernel/log'
import { deriveAddress, readPrefix } from '@ambit/core/id/address'
import { issueAic } from '@ambit/core/id/aic'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Target, TargetHead } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import { openAddressStore } from './address-store.ts'
import { openAddresses } from './address.ts'

const salt = Uint8Array.of(1, 2)

function codeOf(at: number): string {
  const entity = at.toString(36).toUpperCase()
  return issueAic({ registrar: '1', provider: 'P', ontology: 'T', entity: `X${entity}` }, salt)
}

function prefixOf(text: string) {
  const reading = readPrefix(text)
  if (!reading.ok) throw new Error(reading.why)
  return reading.prefix
}

/** A registry of states alone. */
function room(store: Store, text = '2001:db8:a9e::/64', own: readonly string[] = []) {
  const states = new Map<string, Target['state']>()
  const bus = createLocalBus(silentLog)
  const targetOf = (id: string) => {
    const state = states.get(id)
    return state && ({ id, state } as Target & TargetHead)
  }
  const prefix = prefixOf(text)
  const registry = {
    target: targetOf,
    heads: () => [...states.keys()].map((id) => targetOf(id)!),
  }
  return {
    prefix,
    states,
    bus,
    open: async () =>
      await openAddresses({ store, registry, bus, clock: handClock(), log: silentLog, prefix, own }),
    set: (id: string, state: Target['state']) => {
      states.set(id, state)
      bus.publish('ruling.activation', { record: id })
    },
  }
}

describe.each(storeEngines)('addresses on $name', (engine) => {
  test('are given when a record comes into force, and are what anybody derives', async () => {
    await using store = await engine.open()
    const { open, set, states, prefix } = room(store)
    const [before, later, draft] = [codeOf(1), codeOf(2), codeOf(3)]
    states.set(before, 'active')
    using addresses = await open()
    set(draft, 'draft')
    set(later, 'active')
    await addresses.settled()
    for (const code of [before, later]) {
      const { address } = await deriveAddress(prefix, code)
      expect(addresses.of(code)).toBe(address)
      expect(addresses.at(address)).toEqual({ record: code })
    }
    expect(addresses.of(draft)).toBeUndefined()
    expect(addresses.at((await deriveAddress(prefix, draft)).address)).toEqual({ record: undefined })
    for (const other of ['::1', '127.0.0.1', '2001:db8:a9f::1', undefined])
      expect(addresses.at(other)).toBeUndefined()
  })

  test('stay the agent’s after its end and after a restart, and are nobody else’s', async () => {
    await using store = await engine.open()
    const { open, set, states } = room(store)
    const code = codeOf(4)
    states.set(code, 'active')
    const first = await open()
    const address = first.of(code)!
    first[Symbol.dispose]()
    set(code, 'retired')
    using again = await open()
    expect(again.of(code)).toBe(address)
    expect(again.at(address)).toEqual({ record: code })
  })

  test('a collision takes the next counter, whoever comes first and however often it is opened', async () => {
    await using store = await engine.open()
    const { open, states, prefix } = room(store)
    const [first, second] = [codeOf(5), codeOf(6)]
    const wanted = (await deriveAddress(prefix, second)).address
    const rows = await openAddressStore(store)
    // As if the other one's digest had given it.
    await rows.add([{ prefix: prefix.text, address: wanted, record: first, counter: 0, given: 1 }])
    for (const code of [first, second]) states.set(code, 'active')
    for (let times = 0; times < 2; times++) {
      using addresses = await open()
      const next = await deriveAddress(prefix, second, (address) => address === wanted)
      expect([addresses.of(first), addresses.of(second)]).toEqual([wanted, next.address])
      expect(next.counter).toBe(1)
    }
  })

  test('two replicas that give at once come to the same', async () => {
    await using store = await engine.open()
    const [one, other] = [room(store), room(store)]
    const codes = Array.from({ length: 250 }, (_, at) => codeOf(100 + at))
    for (const { states } of [one, other]) for (const code of codes) states.set(code, 'active')
    const [here, there] = await Promise.all([one.open(), other.open()])
    expect(codes.map((code) => here.of(code))).toEqual(codes.map((code) => there.of(code)))
    expect(new Set(codes.map((code) => here.of(code))).size).toBe(codes.length)
    expect(here.of(codes[0]!)).toBeDefined()
    here[Symbol.dispose]()
    there[Symbol.dispose]()
  })

  test('another replica was first with the very address: the one who comes second moves on', async () => {
    await using store = await engine.open()
    const { open, set, prefix } = room(store)
    const [taker, code] = [codeOf(7), codeOf(8)]
    using addresses = await open()
    const { address } = await deriveAddress(prefix, code)
    await (
      await openAddressStore(store)
    ).add([{ prefix: prefix.text, address, record: taker, counter: 0, given: 1 }])
    set(code, 'active')
    await expect.poll(() => addresses.of(code)).toBeDefined()
    expect(addresses.of(code)).toBe((await deriveAddress(prefix, code, (each) => each === address)).address)
    expect(addresses.at(address)).toEqual({ record: taker })
  })

  test('what the node itself is reached at is no agent’s', async () => {
    await using store = await engine.open()
    const code = codeOf(9)
    const own = (await deriveAddress(prefixOf('2001:db8:a9e::/64'), code)).address
    const { open, states } = room(store, '2001:db8:a9e::/64', [own, '2001:DB8:A9E:0::1', 'node.example'])
    states.set(code, 'active')
    using addresses = await open()
    expect(addresses.of(code)).not.toBe(own)
    expect([own, '2001:db8:a9e::1'].map((address) => addresses.at(address))).toEqual([undefined, undefined])
  })

  test('another prefix has addresses of its own', async () => {
    await using store = await engine.open()
    const code = codeOf(10)
    const [one, other] = [room(store), room(store, 'fd3a:91c4:7::/48')]
    for (const { states } of [one, other]) states.set(code, 'active')
    using before = await one.open()
    using after = await other.open()
    expect(before.of(code)).toMatch(/^2001:db8:a9e:/)
    expect(after.of(code)).toMatch(/^fd3a:91c4:7:/)
    expect(after.at(before.of(code))).toBeUndefined()
  })
})
