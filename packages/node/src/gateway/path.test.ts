import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import type { Question } from '../authority/authority.ts'
import { aCapability, anIntake, aPath, aSink } from './path-fixture.ts'
import { submit } from './submit.ts'

const refusal = {
  class: 'refuse',
  reasons: [{ code: 'record.recalled', rule: 'r_1', what: 'recalled' }],
  obligations: [],
} as const
const answer = { status: 'completed', value: { ok: true } } as const

test('what can be undone is sent while its intent syncs, and answered only when it is durable', () => {
  const path = aPath()
  const sink = aSink()
  submit(path.parts, anIntake(aCapability(1)), sink)
  expect(path.story).toEqual(['act.intent', 'send'])
  path.upstream[0]!.sink.outcome(answer)
  expect(sink.heard).toEqual([])
  path.sync()
  expect(sink.heard).toMatchObject([{ type: 'outcome', status: 'completed' }])
  expect(path.story).toEqual(['act.intent', 'send', 'durable', 'act.outcome'])
  expect(path.parts.inFlight.size).toBe(0)
})

test('what cannot be undone is not sent before its intent is durable', () => {
  for (const reversibility of [2, 3] as const) {
    const path = aPath()
    submit(path.parts, anIntake(aCapability(reversibility)), aSink())
    expect(path.story).toEqual(['act.intent'])
    path.sync()
    expect(path.story).toEqual(['act.intent', 'durable', 'send'])
  }
})

test('a profile that nobody accepted counts as irreversible', () => {
  const path = aPath()
  submit(path.parts, anIntake({ ...aCapability(0), accepted: false }), aSink())
  expect(path.story).toEqual(['act.intent'])
})

test('a ruling between intent and sending stops an irreversible act, and gives its budget back', () => {
  const path = aPath()
  const sink = aSink()
  submit(path.parts, anIntake(aCapability(3)), sink)
  path.decision = refusal
  path.epoch = 2
  path.sync()
  expect(path.upstream).toEqual([])
  expect(sink.heard).toEqual([refusal])
  expect(JSON.parse(path.entries[1]!)).toMatchObject({
    kind: 'act.outcome',
    status: 'cancelled',
    error: 'record.recalled',
    sent: false,
  })
  // A crash now would find the intent in the log and not that nothing was sent: the snapshot names it.
  expect(path.released).toBe(0)
  expect(path.parts.inFlight.reservations().unsent).toHaveLength(1)
  path.sync()
  expect(path.released).toBe(1)
  expect(path.parts.inFlight.reservations()).toEqual({ unlogged: [], unsent: [] })
})

/** Of a holder whose mandate limits what may be done in its life. */
function boundedIntake() {
  const intake = anIntake(aCapability(0))
  const { holder } = intake
  return { ...intake, holder: { ...holder, chain: { ...holder.chain, bounded: true } } }
}

test('under a limited mandate nothing is sent before its intent is durable, so that no crash forgets it', () => {
  const path = aPath()
  submit(path.parts, boundedIntake(), aSink())
  expect(path.story).toEqual(['act.intent'])
  const [reserved] = path.parts.inFlight.reservations().unlogged
  expect(reserved).toMatchObject({ cost: { calls: 1 } })
  path.sync()
  expect(path.story).toEqual(['act.intent', 'durable', 'send'])
  expect(path.parts.inFlight.reservations().unlogged).toEqual([])
})

test('what others count as ended is not sent any more', () => {
  const path = aPath()
  const sink = aSink()
  submit(path.parts, boundedIntake(), sink)
  path.lapsed = { code: 'budget.busy', rule: 'm_root', what: 'elsewhere' }
  path.sync()
  expect(sink.heard).toMatchObject([{ class: 'refuse', reasons: [{ code: 'budget.busy' }] }])
  expect(path.upstream).toEqual([])
})

test('an act that was sent keeps what it took, however it ends', () => {
  const path = aPath()
  submit(path.parts, anIntake(aCapability(3)), aSink())
  path.sync()
  path.upstream[0]!.sink.outcome({ status: 'failed', error: { code: 'upstream.timeout', detail: 'x' } })
  path.sync()
  expect(path.released).toBe(0)
  expect(JSON.parse(path.entries[1]!)).not.toHaveProperty('sent')
})

test('an act stopped before it was sent gives back what it took once that is in the log', () => {
  const path = aPath()
  const sink = aSink()
  submit(path.parts, anIntake(aCapability(3)), sink).cancel('gone')
  path.sync()
  expect(sink.heard).toMatchObject([{ status: 'cancelled' }])
  expect(path.released).toBe(0)
  path.sync()
  expect(path.released).toBe(1)
})

test('an act whose credentials come while its intent syncs is sent once', async () => {
  const path = aPath()
  const security = [{ header: 'x-key', secret: 'key' }]
  const intake = anIntake(aCapability(0))
  const target = { ...intake.target, interfaces: [{ ...intake.target.interfaces[0]!, security }] }
  const vault: typeof path.parts.vault = { peek: () => undefined, get: async () => 'v' }
  submit({ ...path.parts, vault }, { ...intake, target }, aSink())
  path.sync()
  await new Promise((resolve) => setImmediate(resolve))
  expect(path.upstream).toHaveLength(1)
})

test('a node that only observes counts what no budget allows, and says so', () => {
  const path = aPath()
  path.exhausted = { code: 'budget.calls', rule: 'm_root', what: 'used up' }
  submit({ ...path.parts, observe: true }, anIntake(), aSink())
  expect(path.charged).toBe(1)
  expect(path.story).toEqual(['act.intent', 'send'])
  expect(JSON.parse(path.entries[0]!)).toMatchObject({ observed: [{ code: 'budget.calls', rule: 'm_root' }] })
})

test('a snapshot stands for no more of the log than was acknowledged', () => {
  const path = aPath()
  const { inFlight } = path.parts
  inFlight.acknowledge(6)
  expect(inFlight.position(9)).toBe(9)
  submit(path.parts, anIntake(), aSink())
  expect(inFlight.position(9)).toBe(7)
  path.sync()
  expect(inFlight.position(9)).toBe(9)
  path.upstream[0]!.sink.outcome(answer)
  expect(inFlight.position(9)).toBeLessThan(9)
  path.sync()
  expect(inFlight.position(9)).toBe(9)
})

test('without a ruling in between the same act is sent', () => {
  const path = aPath()
  submit(path.parts, anIntake(aCapability(3)), aSink())
  path.decision = refusal
  path.sync()
  expect(path.upstream.length).toBe(1)
})

test('a full ledger refuses new acts and stops those whose intent it could not take', () => {
  for (const reversibility of [0, 3] as const) {
    const path = aPath()
    const sink = aSink()
    submit(path.parts, anIntake(aCapability(reversibility)), sink)
    path.sync(new Fault('ledger.full', { detail: 'no space' }))
    expect(sink.heard).toMatchObject([{ code: 'ledger.full' }])
    expect(path.parts.inFlight.size).toBe(0)
    expect(path.upstream.map((call) => call.cancelled)).toEqual(reversibility === 0 ? ['ledger.full'] : [])
  }
})

test('a refusal is told once it is in the log, and sends nothing', () => {
  const path = aPath()
  path.decision = refusal
  const sink = aSink()
  submit(path.parts, anIntake(), sink)
  expect(sink.heard).toEqual([])
  path.sync()
  expect(sink.heard).toEqual([refusal])
  expect(path.story).toEqual(['act.refused', 'durable'])
})

test('what a message includes is decided as well, and the strictest decision counts', async () => {
  const classes = { allow: 'send', ask: 'ap_1', refuse: 'act.refused' } as const
  for (const [mine, included, wanted] of [
    ['allow', 'allow', 'allow'],
    ['allow', 'ask', 'ask'],
    ['ask', 'refuse', 'refuse'],
    ['refuse', 'allow', 'refuse'],
  ] as const) {
    const path = aPath()
    const sink = aSink()
    const asked: unknown[] = []
    const authority = {
      ...path.parts.authority,
      decide: ({ capability, arguments: given }: Question): Decision => {
        asked.push(given)
        return { class: capability.id === 'second' ? included : mine, reasons: [], obligations: [] }
      },
    }
    const capability = { ...aCapability(0), id: 'second' }
    const intake = { ...anIntake(), includes: [{ capability, arguments: { url: 'u' } }] }
    submit({ ...path.parts, authority }, intake, sink)
    await new Promise((resolve) => setImmediate(resolve))
    path.sync()
    expect(asked).toEqual([intake.arguments, { url: 'u' }])
    expect(JSON.stringify([path.story, sink.heard])).toContain(classes[wanted])
    expect(path.story.includes('send')).toBe(wanted === 'allow')
  }
})

test('a used up budget is a refusal with its reason', () => {
  const path = aPath()
  path.exhausted = { code: 'mandate.calls', rule: 'm_root', what: 'used up' }
  const sink = aSink()
  submit(path.parts, anIntake(), sink)
  path.sync()
  expect(sink.heard).toMatchObject([{ class: 'refuse', reasons: [{ code: 'mandate.calls' }] }])
  expect(path.upstream).toEqual([])
})

test('asking suspends: nothing is sent and nothing stays under way', async () => {
  const path = aPath()
  path.decision = { class: 'ask', reasons: [], obligations: [] }
  const sink = aSink()
  submit(path.parts, anIntake(), sink)
  await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(sink.heard).toMatchObject([{ id: 'ap_1', state: 'pending' }])
  expect(path.story).toEqual([])
  expect(path.parts.inFlight.size).toBe(0)
})

test('a stop in flight reaches the target, its children, and the caller with the reason', () => {
  const path = aPath()
  const sink = aSink()
  const parent = submit(path.parts, anIntake(), sink)
  const child = aSink()
  submit(
    path.parts,
    { ...anIntake(), parent: parent.id, holder: { ...anIntake().holder, key: 'other' } },
    child,
  )
  path.sync()
  const stopped = path.parts.inFlight.stop(
    (act) => act.id === parent.id,
    'record.recalled',
    'recalled while under way',
  )
  expect(stopped.length).toBe(2)
  expect(path.upstream.map((call) => call.cancelled)).toEqual([
    'recalled while under way',
    'recalled while under way',
  ])
  for (const heard of [sink.heard, child.heard]) {
    expect(heard).toMatchObject([{ status: 'cancelled', error: { code: 'record.recalled' } }])
  }
})

test('a caller that goes away cancels at the target', () => {
  const path = aPath()
  const handle = submit(path.parts, anIntake(), aSink())
  handle.cancel('gone')
  expect(path.upstream[0]!.cancelled).toBe('gone')
})

test('events before the intent is durable ask the target to wait, and reading goes on afterwards', () => {
  const path = aPath()
  submit(path.parts, anIntake(), aSink())
  const call = path.upstream[0]!
  expect(call.sink.event({ type: 'progress', value: 1 })).toBe(false)
  path.sync()
  expect(call.resumed).toBe(1)
  expect(call.sink.event({ type: 'progress', value: 2 })).toBe(true)
})

test('a node that drains takes no new acts', async () => {
  const path = aPath()
  await path.parts.inFlight.drain(() => () => undefined)
  const sink = aSink()
  submit(path.parts, anIntake(), sink)
  expect(sink.heard).toMatchObject([{ code: 'node.draining' }])
})

test('one act that cannot be cancelled does not keep the next from being stopped', () => {
  const path = aPath()
  const sinks = [aSink(), aSink()]
  for (const sink of sinks) submit(path.parts, anIntake(), sink)
  path.sync()
  Object.defineProperty(path.upstream[0]!, 'cancelled', {
    set() {
      throw new Error('broken adapter')
    },
  })
  expect(path.parts.inFlight.stop(() => true, 'record.recalled', 'recalled').length).toBe(2)
  for (const sink of sinks)
    expect(sink.heard).toMatchObject([{ status: 'cancelled', error: { code: 'record.recalled' } }])
  expect(path.parts.inFlight.size).toBe(0)
})

test('an act that is stopped while its question is being kept is answered, unless its caller took it back', async () => {
  for (const code of ['user.stopped', 'act.cancelled']) {
    const path = aPath()
    path.decision = { class: 'ask', reasons: [], obligations: [] }
    const sink = aSink()
    const kept = Promise.withResolvers<undefined>()
    const approvals = { ...path.parts.approvals, find: async () => await kept.promise }
    submit({ ...path.parts, approvals }, anIntake(), sink)
    path.parts.inFlight.stop(() => true, code, 'stopped')
    kept.resolve(undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect(sink.heard).toMatchObject(
      code === 'act.cancelled' ? [] : [{ status: 'cancelled', error: { code: 'user.stopped' } }],
    )
    expect(path.parts.inFlight.size).toBe(0)
  }
})

test('a rule that is newer than a standing approval asks all the same', async () => {
  for (const [rule, asked] of [
    ['ru_1', false],
    ['ru_3', true],
  ] as const) {
    const path = aPath()
    const reasons = [{ code: 'rule.ask', rule, what: 'a rule asks' }]
    path.decision = { class: 'ask', reasons, obligations: [] }
    const sink = aSink()
    const approvals = { ...path.parts.approvals, standing: () => 'sa_2' }
    submit({ ...path.parts, approvals }, anIntake(), sink)
    await new Promise((resolve) => setImmediate(resolve))
    expect(path.story.includes('send')).toBe(!asked)
    expect(sink.heard).toMatchObject(asked ? [{ state: 'pending' }] : [])
  }
})

test('what only the person may do is refused with the draft that they can perform, or without one', async () => {
  for (const draft of ['ap_7', undefined]) {
    const path = aPath()
    path.decision = {
      class: 'refuse',
      reasons: [{ code: 'user.only', rule: 'm_1', what: 'only they' }],
      obligations: [],
    }
    const sink = aSink()
    const approvals = {
      ...path.parts.approvals,
      async draft() {
        if (draft === undefined) throw new Fault('approval.too-many', { detail: 'twenty wait' })
        return { ...(await path.parts.approvals.ask({ act: 'a' } as never)), id: draft }
      },
    }
    submit({ ...path.parts, approvals }, anIntake(), sink)
    await new Promise((resolve) => setImmediate(resolve))
    path.sync()
    const [refused] = sink.heard as Decision[]
    expect(refused).toMatchObject({ class: 'refuse', reasons: [{ code: 'user.only', rule: 'm_1' }] })
    expect(refused?.reasons[0]?.evidence).toBe(draft)
    expect(path.upstream).toEqual([])
  }
})
