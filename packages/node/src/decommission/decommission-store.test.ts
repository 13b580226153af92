import { Fault } from '@ambit/core/fault'
import { silentLog } from '@ambit/node/kernel/log'
import { createIds } from '@ambit/node/kernel/ids'
import { operator, registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import type { Store } from '../store/store.ts'
import { openDecommission } from './decommission.ts'
import type { Remains } from './decommission.ts'

const url = 'https://notes.example/mcp'

/** Things that a room keeps; it can be away. */
function keeping(what: string, count: number): Remains & { kept: number; isAway: boolean } {
  return {
    what,
    kept: count,
    isAway: false,
    async end() {
      if (this.isAway) throw new Fault('upstream.unreachable', { detail: 'it is away' })
      const ended = this.kept
      this.kept = 0
      return ended
    },
    async left() {
      return this.kept
    },
  }
}

async function room(store: Store, inUse = true) {
  const registry = await registryRoom(store)
  await registry.registry.register(operator, { url })
  const as = { record: 'notes', organization: 'main', person: 'p_operator' }
  if (inUse) {
    await registry.registry.step({ ...as, step: 'submission' })
    await registry.registry.step({ ...as, step: 'activation' })
  }
  const mandates = keeping('mandates', 3)
  const certificates = keeping('certificates', 1)
  const suspended: string[] = []
  const until = registry.clock.now() + 1000
  const decommission = await openDecommission({
    store,
    registry: registry.registry,
    recall: {
      async suspend(order) {
        suspended.push(order.record)
        const { ruling } = await registry.registry.step({ ...order, step: 'suspension' })
        return { ruling: ruling!, stopped: 0, acts: [], tookMs: 0 }
      },
    },
    rulings: registry.rulings,
    remains: [mandates, certificates],
    namedUntil: () => until,
    bus: registry.bus,
    clock: registry.clock,
    ids: createIds(registry.clock),
    log: silentLog,
  })
  return { ...registry, mandates, certificates, suspended, decommission }
}

describe.each(storeEngines)('decommissioning on $name', (engine) => {
  test('stops what is under way, retires, ends everything, and writes down that nothing is left', async () => {
    await using store = await engine.open()
    const { registry, rulings, decommission, suspended, bus, log } = await room(store)
    const { id } = registry.target('notes')!
    const told: unknown[] = []
    bus.subscribe('record.decommissioning', (message) => told.push(message))
    const report = await decommission.decommission(operator, 'notes', 'replaced')
    expect(suspended).toEqual([id])
    expect(report.done).toEqual([
      { what: 'records', count: 1 },
      { what: 'mandates', count: 3 },
      { what: 'certificates', count: 1 },
    ])
    expect(report.residue).toEqual([])
    expect(told).toMatchObject([
      { what: 'mandates', count: 3 },
      { what: 'certificates', count: 1 },
    ])
    const { ruling, ...evidence } = report
    const last = (await rulings.list(id)).at(-1)!.body
    expect(last).toMatchObject({
      id: ruling,
      kind: 'retirement',
      basis: ['decommission'],
      evidence: [digestValue(evidence)],
      note: 'decommissioned; nothing is left: replaced',
    })
    expect(log.leaves.at(-1)).toMatchObject({ kind: 'ruling', what: 'retirement', ruling })
    expect(registry.target(id)?.state).toBe('retired')
    // Somebody may still be allowed to call what has the name.
    await expect(registry.register(operator, { url })).rejects.toMatchObject({ code: 'record.name-held' })
    expect(await decommission.report('main', 'notes')).toEqual(report)
    await expect(decommission.report('north', 'notes')).rejects.toMatchObject({ code: 'input.not-found' })
  })

  test('a room that is away leaves a residue, and asking again mends it', async () => {
    await using store = await engine.open()
    const { registry, rulings, decommission, mandates, certificates } = await room(store)
    const { id } = registry.target('notes')!
    mandates.isAway = true
    const first = await decommission.decommission(operator, 'notes')
    expect(first.residue).toEqual([{ what: 'mandates', count: 3, problem: 'it is away' }])
    // The others ended all the same.
    expect(certificates.kept).toBe(0)
    expect((await rulings.list(id)).at(-1)!.body.note).toBe('decommissioned; left: mandates')
    mandates.isAway = false
    const second = await decommission.decommission(operator, 'notes')
    expect(second).toMatchObject({
      residue: [],
      done: [
        { what: 'records', count: 0 },
        { what: 'mandates', count: 3 },
        { what: 'certificates', count: 0 },
      ],
    })
    expect((await decommission.decommission(operator, id)).done.every(({ count }) => count === 0)).toBe(true)
  })

  test('a draft that nobody submitted goes without a word in the log', async () => {
    await using store = await engine.open()
    const { registry, decommission, log } = await room(store, false)
    const report = await decommission.decommission(operator, 'notes')
    expect(report.ruling).toBeUndefined()
    expect(report.done[0]).toEqual({ what: 'records', count: 1 })
    expect(log.leaves).toEqual([])
    expect(registry.target('notes')).toBeUndefined()
  })

  test('what was taken down stays taken down, and nobody else’s record is there', async () => {
    await using store = await engine.open()
    const { registry, decommission } = await room(store)
    const { id } = registry.target('notes')!
    await registry.takedowns.takeDown({ record: id, reason: 'steals', person: 'p_operator' })
    expect((await decommission.decommission(operator, 'notes')).done[0]).toEqual({
      what: 'records',
      count: 0,
    })
    expect(registry.target(id)?.state).toBe('recalled')
    expect(registry.takedowns.tombstone(id)).toBeDefined()
    const north = { ...operator, organization: 'north' }
    await expect(decommission.decommission(north, id)).rejects.toMatchObject({ code: 'input.not-found' })
  })
})
