import { signatureHolds } from '@ambit/core/signature'
import type { Signed } from '@ambit/core/signature'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { ann, approvalWorld, bob, origin, payment } from './approval-fixture.ts'
import { approvePlan, denyPlan } from './plan.ts'
import { planRoutes } from './plan-routes.ts'
import type { Suspended } from './suspended.ts'

const step = (to: string): Suspended => ({ ...payment, arguments: { ...payment.arguments, to } })
const code = (wanted: string) => ({ code: wanted })

describe.each(storeEngines)('plans on $name', (engine) => {
  test('are read as one list, approved with one signature, and used call by call, once each', async () => {
    await using store = await engine.open()
    const { approvals, steps } = await approvalWorld(store)
    const { parts } = approvals
    const { id } = await approvals.plan([step('bob'), step('eve'), step('bob')], 'pay the\u202e rent')
    const [, get] = planRoutes(parts)
    const reply = await get!.handle({ caller: ann, params: { id } } as never)
    const view = get!.reply.parse('body' in reply ? reply.body : undefined) as {
      digest: string
      words: string
      steps: readonly { id: string; state: string; mode: string }[]
      sinks: readonly { text: string; steps: readonly string[] }[]
    }
    expect(view.words).toBe('pay the⟨U+202E⟩ rent')
    expect(view.steps.map(({ state, mode }) => `${state} ${mode}`)).toEqual(Array(3).fill('planned step'))
    expect(
      view.sinks.filter(({ text }) => text !== '""').map((sink) => [sink.text, sink.steps.length]),
    ).toEqual([
      ['"bob"', 2],
      ['"eve"', 1],
    ])
    expect(await approvals.step(step('bob'))).toBeUndefined()
    const [first, second] = view.steps
    const consent = { digest: view.digest, struck: [second!.id], origin }
    await expect(approvePlan(parts, { ...ann, by: 'token' }, id, consent)).rejects.toMatchObject(
      code('approval.session'),
    )
    await expect(approvePlan(parts, { ...ann, person: 'p_eve' }, id, consent)).rejects.toMatchObject(
      code('approval.not-yours'),
    )
    await expect(approvePlan(parts, ann, id, { ...consent, digest: 'sha256:0' })).rejects.toMatchObject(
      code('approval.changed'),
    )
    await expect(approvePlan(parts, ann, id, { ...consent, struck: ['ap_1'] })).rejects.toMatchObject(
      code('input.invalid'),
    )
    expect(await approvals.claim(first!.id)).toBeUndefined()
    const row = await approvePlan(parts, ann, id, consent)
    const signed = JSON.parse(row.signature!) as Signed<unknown>
    expect(signed.body).toMatchObject({ type: 'plan', list: view.digest, struck: [second!.id] })
    expect(await signatureHolds(signed)).toBe(true)
    await expect(approvePlan(parts, bob, id, consent)).rejects.toMatchObject(code('approval.decided'))
    expect(await approvals.step(step('eve'))).toBeUndefined()
    expect(await approvals.step(step('mallory'))).toBeUndefined()
    expect(await approvals.step({ ...step('bob'), holder: 'did:key:z9' })).toBeUndefined()
    for (const _ of [1, 2]) {
      const taken = (await approvals.step(step('bob')))!
      const claims = await Promise.all(Array.from({ length: 10 }, async () => await approvals.claim(taken)))
      expect(claims.filter((claim) => claim !== undefined).length).toBe(1)
    }
    expect(await approvals.step(step('bob'))).toBeUndefined()
    expect(steps().toSorted()).toEqual(['approved', 'approved', 'asked', 'denied', 'used', 'used'])
  })

  test('steps that are not used expire, and so does a list that nobody decides about', async () => {
    await using store = await engine.open()
    const { approvals, clock } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob')], 'x')
    const other = await approvals.plan([step('eve')], 'y')
    const { digest } = (await approvals.parts.plans.find(id))!
    await approvePlan(approvals.parts, ann, id, { digest, struck: [], origin })
    clock.advance(600_000)
    expect(await approvals.step(step('bob'))).toBeUndefined()
    await approvals.sweep()
    expect((await approvals.parts.plans.find(other.id))?.state).toBe('expired')
    const late = { digest: (await approvals.parts.plans.find(other.id))!.digest, struck: [], origin }
    await expect(approvePlan(approvals.parts, ann, other.id, late)).rejects.toMatchObject(
      code('approval.expired'),
    )
    expect((await approvals.parts.store.stepsOf(id)).map(({ state }) => state)).toEqual(['expired'])
  })

  test('a refused list refuses each step', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob'), step('eve')], 'x')
    await denyPlan(approvals.parts, bob, id)
    expect((await approvals.parts.store.stepsOf(id)).map(({ state }) => state)).toEqual(['denied', 'denied'])
    await expect(denyPlan(approvals.parts, bob, id)).rejects.toMatchObject(code('approval.decided'))
  })

  test('what is approved again after the log was full is what was signed, and not more of the list', async () => {
    await using store = await engine.open()
    const { approvals, fill } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob'), step('eve')], 'x')
    const { digest } = (await approvals.parts.plans.find(id))!
    const [first, second] = await approvals.parts.store.stepsOf(id)
    fill(true)
    const signed = { digest, struck: [second!.id], origin }
    await expect(approvePlan(approvals.parts, ann, id, signed)).rejects.toThrow('full')
    fill(false)
    await approvePlan(approvals.parts, ann, id, { ...signed, struck: [] })
    expect(await approvals.step(step('bob'))).toBe(first!.id)
    expect(await approvals.step(step('eve'))).toBeUndefined()
    expect((await approvals.parts.store.find(second!.id))?.state).toBe('denied')
  })

  test('where the log is full in the middle, approving again completes it', async () => {
    await using store = await engine.open()
    const { approvals, fill } = await approvalWorld(store)
    const { id } = await approvals.plan([step('bob')], 'x')
    const { digest } = (await approvals.parts.plans.find(id))!
    fill(true)
    await expect(approvePlan(approvals.parts, ann, id, { digest, struck: [], origin })).rejects.toThrow(
      'full',
    )
    expect(await approvals.step(step('bob'))).toBeUndefined()
    fill(false)
    await approvePlan(approvals.parts, ann, id, { digest, struck: [], origin })
    expect(await approvals.step(step('bob'))).toBeDefined()
  })

  test.each([
    ['nothing', []],
    ['too much', Array.from({ length: 51 }, (_, at) => step(`p${at}`))],
    ['acts of two agents', [step('a'), { ...step('b'), holder: 'did:key:z9' }]],
    ['acts of two people', [step('a'), { ...step('b'), subject: 'p_bob' }]],
    ['what two people decide', [{ ...step('a'), obligations: ['second-person'] as const }]],
    ['what only the person may do', [{ ...step('a'), draft: true as const }]],
  ])('there is none of %s', async (_, list) => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    await expect(approvals.plan(list, 'x')).rejects.toMatchObject(code('approval.plan'))
  })

  test('an agent has five that wait at most, and a step that needs a passkey needs one for the list', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const { id } = await approvals.plan([{ ...step('bob'), obligations: ['step-up'] }], 'x')
    for (let at = 0; at < 4; at++) await approvals.plan([step(`p${at}`)], 'x')
    await expect(approvals.plan([step('z')], 'x')).rejects.toMatchObject(code('approval.too-many'))
    const { digest } = (await approvals.parts.plans.find(id))!
    await expect(approvePlan(approvals.parts, ann, id, { digest, struck: [], origin })).rejects.toMatchObject(
      code('approval.step-up'),
    )
  })
})
