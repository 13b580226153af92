import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import type { Pending, Suspended } from '../approval/approval.ts'
import { check } from './check.ts'
import type { Checked } from './gateway.ts'
import { aCapability, anIntake, aPath } from './path-fixture.ts'

const refusal: Decision = {
  class: 'refuse',
  reasons: [{ code: 'record.recalled', rule: 'r_1', what: 'recalled' }],
  obligations: [],
}
const asking: Decision = {
  class: 'ask',
  reasons: [{ code: 'user.ask', rule: 'catalogue', what: 'asked' }],
  obligations: [],
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

const intake = (reversibility: 0 | 1 | 2 | 3 = 3) => ({
  ...anIntake(aCapability(reversibility)),
  operation: 'GET /x',
})

test('whatever it is, nothing is sent, and it is answered once its intent is durable', async () => {
  for (const reversibility of [0, 3] as const) {
    const path = aPath()
    let checked: Checked | undefined
    const done = check(path.parts, intake(reversibility)).then((answer) => (checked = answer))
    await turn()
    expect(path.story).toEqual(['act.intent'])
    expect(checked).toBeUndefined()
    expect(path.parts.inFlight.size).toBe(1)
    path.sync()
    await done
    expect(checked).toMatchObject({ class: 'allow' })
    expect(path.story).toEqual(['act.intent', 'durable', 'act.outcome'])
    expect(JSON.parse(path.entries[1]!)).toMatchObject({ status: 'not-observed' })
    expect(path.entries[1]).not.toContain('"sent"')
    expect(path.upstream).toEqual([])
    expect(path.parts.inFlight.size).toBe(0)
    path.sync()
    // The budget stays taken: it may well have been done.
    expect(path.released).toBe(0)
  }
})

test('a refusal is recorded before it is told', async () => {
  const path = aPath()
  path.decision = refusal
  const checked = check(path.parts, intake())
  expect(path.story).toEqual(['act.refused'])
  path.sync()
  expect(await checked).toMatchObject({ class: 'refuse', decision: refusal })
  expect(path.parts.inFlight.size).toBe(0)
})

test('an exhausted budget refuses', async () => {
  const path = aPath()
  path.exhausted = { code: 'budget.calls', rule: 'm_root', what: 'used up' }
  const checked = check(path.parts, intake())
  path.sync()
  expect(await checked).toMatchObject({ class: 'refuse', decision: { reasons: [{ code: 'budget.calls' }] } })
})

test('a ruling, or a stop, while the intent syncs refuses and gives the budget back', async () => {
  for (const means of ['ruling', 'stop'] as const) {
    const path = aPath()
    const checked = check(path.parts, intake())
    if (means === 'ruling') {
      path.decision = refusal
      path.epoch = 2
    } else path.parts.inFlight.stop(() => true, 'user.stopped', 'a person stopped it')
    path.sync()
    const code = means === 'ruling' ? 'record.recalled' : 'user.stopped'
    expect(await checked).toMatchObject({ class: 'refuse', decision: { reasons: [{ code }] } })
    expect(JSON.parse(path.entries[1]!)).toMatchObject({ status: 'cancelled', sent: false })
    path.sync()
    expect(path.released).toBe(1)
  }
})

test('a log that takes nothing, a node that stops or is full: no answer at all', async () => {
  const full = aPath()
  const failed = check(full.parts, intake())
  full.sync(new Fault('ledger.full', { detail: 'full' }))
  await expect(failed).rejects.toMatchObject({ code: 'ledger.full' })
  expect(full.released).toBe(1)
  const stopping = aPath()
  await stopping.parts.inFlight.drain(() => () => undefined)
  await expect(check(stopping.parts, intake())).rejects.toMatchObject({ code: 'node.draining' })
  expect(stopping.story).toEqual([])
  expect(full.parts.inFlight.size + stopping.parts.inFlight.size).toBe(0)
})

test('a window becomes a question, and an approved one passes although it is asked', async () => {
  const path = aPath()
  path.decision = { class: 'allow', reasons: [], obligations: ['tell-user'], holdMs: 5000 }
  const asked: Suspended[] = []
  const ended: unknown[] = []
  let approved: Pending | undefined
  const parts = {
    ...path.parts,
    approvals: {
      ...path.parts.approvals,
      ask: async (suspended: Suspended) => {
        asked.push(suspended)
        return await path.parts.approvals.ask(suspended)
      },
      find: async () => approved,
      claim: async (_id: string, where?: string) => (where === 'elsewhere' ? asked[0] : undefined),
      finish: async (_id: string, outcome: unknown) => void ended.push(outcome),
    },
  }
  expect(await check(parts, intake())).toMatchObject({
    class: 'ask',
    decision: { reasons: [{ code: 'check.window' }], obligations: [] },
  })
  expect(asked).toMatchObject([{ check: 'GET /x' }])
  expect(parts.inFlight.size).toBe(0)
  approved = { ...(await path.parts.approvals.ask(asked[0]!)), state: 'approved' }
  path.decision = asking
  const checked = check(parts, intake())
  await turn()
  path.sync()
  expect(await checked).toMatchObject({ class: 'allow', act: asked[0]!.act })
  expect(JSON.parse(path.entries[0]!)).toMatchObject({
    kind: 'act.intent',
    approval: 'ap_1',
    act: asked[0]!.act,
  })
  expect(ended).toEqual([{ status: 'not-observed' }])
  expect(parts.inFlight.size).toBe(0)
})

test('an approved one that has become stricter is void', async () => {
  const path = aPath()
  const voided: unknown[] = []
  const suspended = { ...({} as Suspended), act: 'a'.repeat(32) }
  const parts = {
    ...path.parts,
    approvals: {
      ...path.parts.approvals,
      step: async () => 'ap_1',
      claim: async () => {
        path.decision = refusal
        return suspended
      },
      void: async (_id: string, reasons: unknown) => void voided.push(reasons),
    },
  }
  path.decision = asking
  const checked = check(parts, intake())
  await turn()
  path.sync()
  expect(await checked).toMatchObject({ class: 'refuse', act: suspended.act })
  expect(voided).toEqual([refusal.reasons])
})
