import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { ann, approvalWorld, origin, payment } from './approval-fixture.ts'
import { approvePlan } from './plan.ts'
import type { Suspended } from './suspended.ts'

const step = (to: string): Suspended => ({ ...payment, arguments: { ...payment.arguments, to } })

describe.each(storeEngines)('what an agent hears of what it asked for on $name', (engine) => {
  test('of a list: which calls wait, may be made, were made or struck out; and nobody else hears of it', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob'), step('eve'), step('bob')], 'the rent')
    const states = async () =>
      (await approvals.planStatus(id, payment.holder))?.steps.map(({ state }) => state)
    expect(await states()).toEqual(['waiting', 'waiting', 'waiting'])
    expect(await approvals.planStatus(id, 'did:key:zOther')).toBeUndefined()
    expect(await approvals.planStatus('pl_none', payment.holder)).toBeUndefined()
    const { digest } = (await approvals.parts.plans.find(id))!
    const [, second] = await approvals.parts.store.stepsOf(id)
    await approvePlan(approvals.parts, ann, id, { digest, struck: [second!.id], origin })
    expect(await states()).toEqual(['ready', 'denied', 'ready'])
    const taken = (await approvals.step(step('bob')))!
    await approvals.claim(taken)
    expect(await states()).toEqual(['performing', 'denied', 'ready'])
    await approvals.finish(taken, { status: 'completed', answer: '{}' })
    const now = await approvals.planStatus(id, payment.holder)
    expect(now).toMatchObject({ state: 'approved', steps: [{ state: 'done' }, {}, { state: 'ready' }] })
    expect(now?.steps[0]).toMatchObject({ target: payment.targetSlug, capability: payment.capability })
  })

  test('of a list that nobody decided about, and of what was not used in time', async () => {
    await using store = await engine.open()
    const { approvals, clock } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob')], 'x')
    clock.advance(600_001)
    expect(await approvals.planStatus(id, payment.holder)).toMatchObject({
      state: 'expired',
      steps: [{ state: 'expired' }],
    })
  })

  test('of an act, by its id: whoever asked for exactly that, and nobody for another', async () => {
    await using store = await engine.open()
    const { approvals, give } = await approvalWorld(store)
    const asked = step('bob')
    const { id } = await approvals.ask(asked)
    expect(await approvals.asked(id, asked)).toMatchObject({ id, state: 'pending' })
    for (const other of [
      step('eve'),
      { ...asked, holder: 'did:key:zOther' },
      { ...asked, capability: 'another' },
      { ...asked, targetSlug: 'another' },
    ])
      expect(await approvals.asked(id, other)).toBeUndefined()
    expect(await approvals.asked('ap_none', asked)).toBeUndefined()
    await give(id)
    await approvals.claim(id)
    await approvals.finish(id, { status: 'completed', answer: '"paid"' })
    // A new version of the record, or another leaf of the mandate, is no other act by then.
    const later = {
      ...asked,
      definition: `sha256:${'9'.repeat(64)}`,
      target: `sha256:${'8'.repeat(64)}`,
    } as const
    expect(await approvals.asked(id, later)).toMatchObject({ state: 'done', outcome: { answer: '"paid"' } })
    expect(await approvals.find(asked)).toBeUndefined()
  })
})
