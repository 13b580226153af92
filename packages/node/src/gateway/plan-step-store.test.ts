import type { Decision } from '@ambit/core/decision'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { ann, approvalWorld, origin } from '../approval/approval-fixture.ts'
import type { Suspended } from '../approval/approval.ts'
import { approvePlan } from '../approval/plan.ts'
import { Course } from './course.ts'
import type { Intake } from './gateway.ts'
import { aCapability, aPath, aSink, aTarget, anIntake } from './path-fixture.ts'
import { submit } from './submit.ts'
import { suspendedOf } from './suspend.ts'

const asks: Decision = {
  class: 'ask',
  reasons: [{ code: 'user.ask', rule: 'm_root', what: 'asked first' }],
  obligations: [],
}
const owner = { ...ann, person: 'p_1' }

describe.each(storeEngines)('a step of an approved plan on $name', (engine) => {
  async function world(store: Awaited<ReturnType<typeof engine.open>>) {
    const capability = aCapability(3)
    const intake = anIntake(capability)
    const path = aPath()
    const { approvals, fill } = await approvalWorld(store)
    path.decision = asks
    const target = aTarget(capability)
    const targets = { target: () => target, targetOfDigest: () => target }
    const parts = { ...path.parts, approvals, targets }
    const suspended: Suspended = suspendedOf(new Course(parts, intake, aSink()), asks)
    return { path, parts, approvals, intake, suspended, fill }
  }
  /** Submits, and gives what the caller heard once the upstream, if it was reached, has answered. */
  async function call(of: Awaited<ReturnType<typeof world>>, intake: Intake) {
    const sink = aSink()
    const sent = of.path.upstream.length
    const handle = submit(of.parts, intake, sink)
    await expect
      .poll(() => {
        of.path.sync()
        return sink.heard.length > 0 || of.path.upstream.length > sent
      })
      .toBe(true)
    return { sink, handle, upstream: of.path.upstream[sent] }
  }

  test('is performed for whoever makes exactly that call, once, and any other is asked about', async () => {
    await using store = await engine.open()
    const of = await world(store)
    const { id } = await of.approvals.plan([of.suspended], 'look up the weather')
    // Before a person agreed, the call is a question of its own.
    expect((await call(of, of.intake)).sink.heard).toMatchObject([{ state: 'pending' }])
    const { digest } = (await of.approvals.parts.plans.find(id))!
    await approvePlan(of.approvals.parts, owner, id, { digest, struck: [], origin })
    const [step] = await of.approvals.parts.store.stepsOf(id)
    const other = { ...of.intake, arguments: { city: 'Beijing' }, argumentsText: '{"city":"Beijing"}' }
    expect((await call(of, other)).sink.heard).toMatchObject([{ state: 'pending' }])
    expect(of.path.upstream).toEqual([])
    const { sink, upstream } = await call(of, of.intake)
    expect(upstream?.outbound.arguments).toEqual({ city: 'Hangzhou' })
    upstream!.sink.outcome({ status: 'completed', value: 'sunny' })
    await expect.poll(() => sink.heard).toMatchObject([{ status: 'completed', value: 'sunny' }])
    expect(of.path.entries.some((entry) => entry.includes(`"approval":"${step!.id}"`))).toBe(true)
    // It was heard, so that the same call again is a new question.
    expect((await call(of, of.intake)).sink.heard).toMatchObject([{ state: 'pending' }])
    expect(of.path.upstream.length).toBe(1)
  })

  test('ends with the caller that goes away', async () => {
    await using store = await engine.open()
    const of = await world(store)
    const { id } = await of.approvals.plan([of.suspended], 'x')
    const { digest } = (await of.approvals.parts.plans.find(id))!
    await approvePlan(of.approvals.parts, owner, id, { digest, struck: [], origin })
    const { handle, upstream, sink } = await call(of, of.intake)
    handle.cancel('gone')
    expect(upstream?.cancelled).toBeDefined()
    await expect.poll(() => sink.heard).toMatchObject([{ status: 'cancelled' }])
  })

  test('is judged again: refused now, and void', async () => {
    await using store = await engine.open()
    const of = await world(store)
    const { id } = await of.approvals.plan([of.suspended], 'x')
    const { digest } = (await of.approvals.parts.plans.find(id))!
    await approvePlan(of.approvals.parts, owner, id, { digest, struck: [], origin })
    let decided = 0
    const strict: Decision = { ...asks, obligations: ['second-person'] }
    const authority = { ...of.parts.authority, decide: () => (decided++ === 0 ? asks : strict) }
    const { sink } = await call({ ...of, parts: { ...of.parts, authority } }, of.intake)
    expect(sink.heard).toMatchObject([{ class: 'refuse' }])
    const [step] = await of.approvals.parts.store.stepsOf(id)
    await expect.poll(async () => (await of.approvals.parts.store.find(step!.id))?.state).toBe('void')
    expect(of.path.upstream).toEqual([])
  })
})
