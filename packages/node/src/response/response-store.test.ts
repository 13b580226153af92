import { operator, registryRoom } from '@ambit/testkit/registry'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import { openResponse } from './response.ts'
import type { StopInFlight } from './response.ts'

const as = { record: 'notes', organization: 'main', person: 'p_operator' } as const

describe.each(storeEngines)('the response on $name', (engine) => {
  async function openRoom(store: Parameters<typeof registryRoom>[0], acts: readonly string[] = ['a1', 'a2']) {
    const room = await registryRoom(store)
    await room.registry.register(operator, { url: 'https://notes.example/mcp' })
    await room.registry.step({ ...as, step: 'submission' })
    await room.registry.step({ ...as, step: 'activation' })
    const activity = memoryLog()
    const asked: { state: string | undefined; epoch: number; subject: Parameters<StopInFlight>[0] }[] = []
    const response = openResponse({
      registry: room.registry,
      async stop(subject) {
        asked.push({ state: room.registry.target('notes')?.state, epoch: room.rulings.epoch, subject })
        return { stopped: acts.length, acts }
      },
      log: activity,
      clock: room.clock,
      gateway: 'node.example/activity',
    })
    return { ...room, activity, asked, response }
  }

  test('a recall rules first, then stops, then records how far it reached', async () => {
    await using store = await engine.open()
    const { registry, rulings, response, asked, activity, log } = await openRoom(store)
    const { digest, id } = registry.target('notes')!
    const before = rulings.epoch
    const recalled = await response.recall({ ...as, note: 'leaks' })
    expect(recalled).toMatchObject({ stopped: 2, acts: ['a1', 'a2'] })
    expect(asked).toEqual([
      {
        state: 'recalled',
        epoch: before + 1,
        subject: { digests: [digest], record: id, reason: 'record.recalled' },
      },
    ])
    expect(recalled.ruling.body).toMatchObject({ kind: 'recall', note: 'leaks', person: 'p_operator' })
    expect(log.leaves.at(-1)).toMatchObject({ kind: 'ruling', what: 'recall' })
    expect(activity.leaves).toMatchObject([
      {
        kind: 'ruling',
        what: 'recall',
        digest: digestValue(recalled.ruling),
        reached: {
          gateway: 'node.example/activity',
          stopped: 2,
          acts: ['a1', 'a2'],
          list: digestValue(['a1', 'a2']),
        },
      },
    ])
  })

  test('a suspension stops what is in flight too, and a reinstatement ends it', async () => {
    await using store = await engine.open()
    const { registry, response, asked } = await openRoom(store)
    await response.suspend(as)
    expect(asked).toMatchObject([{ state: 'suspended', subject: { reason: 'record.suspended' } }])
    await response.reinstate(as)
    expect(registry.target('notes')?.state).toBe('active')
    expect(asked).toHaveLength(1)
  })

  test('a recall that is not possible stops nothing', async () => {
    await using store = await engine.open()
    const { response, asked, activity } = await openRoom(store)
    await response.recall(as)
    await expect(response.recall(as)).rejects.toMatchObject({ code: 'record.state' })
    expect(asked).toHaveLength(1)
    expect(activity.leaves).toHaveLength(1)
  })

  test('the leaf stays within what an entry may hold, whatever was stopped', async () => {
    await using store = await engine.open()
    const acts = Array.from({ length: 5000 }, (_, at) => `act-${at}-${'x'.repeat(80)}`)
    const { response, activity } = await openRoom(store, acts)
    expect((await response.recall(as)).acts).toHaveLength(5000)
    const [leaf] = activity.leaves
    expect(leaf).toMatchObject({ reached: { stopped: 5000, list: digestValue(acts) } })
    if (leaf?.kind !== 'ruling') throw new Error('not a ruling')
    expect(leaf.reached?.acts.length).toBeGreaterThan(0)
    expect(leaf.reached?.acts.length).toBeLessThanOrEqual(64)
  })
})
