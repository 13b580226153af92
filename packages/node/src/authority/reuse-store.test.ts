import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { dayMs, minuteMs, request, world } from './authority-fixture.ts'
import { grant, narrow, revoke } from './grants.ts'
import { narrowOnce } from './reuse.ts'

const allow = [{ target: 'mail', capability: 'read_one' }]

describe.each(storeEngines)('a child that is asked for again on $name', (engine) => {
  test('is the one there is, as long as it lasts and while it is in force', async () => {
    await using store = await engine.open()
    const { clock, person, open, agents, leaves } = await world(store, handClock(), memoryLog())
    await using authority = await open()
    const { mandates } = authority
    agents.set('kept', { id: 'aic_kept', keys: [] })
    agents.set('keyed', { id: 'aic_keyed', keys: [memorySigner().key] })
    const root = await grant(mandates, request(person, clock))
    const once = async (change: object = {}) =>
      await narrowOnce(mandates, root, { person, expiresAt: clock.now() + 60 * minuteMs, allow, ...change })
    for (const change of [{}, { agent: 'kept' }, { agent: 'keyed' }, { allow: undefined }]) {
      const first = await once(change)
      const before = leaves.leaves.length
      for (let n = 0; n < 5; n++) {
        clock.advance(minuteMs)
        expect(await once(change), JSON.stringify(change)).toEqual({ child: first.child, reused: true })
      }
      expect([first.reused, leaves.leaves.length]).toEqual([false, before])
    }
    expect(root.children.size).toBe(4)
    // One that has less than half the time left is replaced; so is one that was revoked.
    const first = await once()
    clock.advance(31 * minuteMs)
    const second = await once()
    expect([second.reused, second.child.body.id]).not.toContain(first.child.body.id)
    expect(second.reused).toBe(false)
    await revoke(mandates, second.child.body.id, person, undefined)
    expect((await once()).child.body.id).not.toBe(second.child.body.id)
  })

  test('is another one for whoever else, for anything else, with limits of its own, or that lasts longer', async () => {
    await using store = await engine.open()
    const { clock, person, open, agents } = await world(store, handClock(), memoryLog())
    await using authority = await open()
    const { mandates } = authority
    agents.set('kept', { id: 'aic_kept', keys: [] })
    const root = await grant(mandates, request(person, clock))
    const expiresAt = clock.now() + 60 * minuteMs
    // The person's own, for a day, and one that was handed on in an act.
    await narrow(mandates, root, { person, expiresAt: clock.now() + dayMs, allow })
    const handed = await narrow(mandates, root, { person, expiresAt, allow, id: `m_${'a'.repeat(32)}_d` })
    const all = [
      {},
      { agent: 'kept' },
      { allow: [{ target: 'mail', capability: 'read_two' }] },
      { allow: [{ ...allow[0]!, decision: 'ask' as const }] },
      { task: 'read today' },
      { purpose: 'another' },
      { limits: { calls: 3 } },
      { limits: { calls: 3 } },
    ]
    const made = new Set<string>()
    for (const change of all) {
      const { child, reused } = await narrowOnce(mandates, root, { person, expiresAt, allow, ...change })
      expect(reused, JSON.stringify(change)).toBe(false)
      made.add(child.body.id)
    }
    expect([made.size, made.has(handed.body.id)]).toEqual([all.length, false])
  })
})
