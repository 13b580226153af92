import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import type { Clock } from '../kernel/clock.ts'
import { aCapability, aHolder, anIntake, aPath, aSink } from './path-fixture.ts'
import type { Intake } from './gateway.ts'
import type { PathStory } from './path-fixture.ts'
import { submit } from './submit.ts'
import type { TrafficLimits } from './traffic.ts'

const roomy: TrafficLimits = {
  callerActsMax: 100,
  callerPerSecond: 100,
  upstreamActsMax: 100,
  upstreamPerSecond: 100,
}
const unreachable = { code: 'upstream.unreachable', detail: 'the connection failed (ECONNREFUSED)' }
const answer = { status: 'completed', value: { ok: true } } as const

/** One upstream, so that what differs between acts is who asks. */
function aRoad(limits: Partial<TrafficLimits> = {}, clock: Clock = handClock()) {
  const path = aPath(clock, { ...roomy, ...limits })
  const capability = aCapability(1)
  const { target } = anIntake(capability)
  const intake = (holder = aHolder()): Intake => ({ ...anIntake(capability), holder, target })
  const send = (from: Intake) => {
    const sink = aSink()
    const handle = submit(path.parts, from, sink)
    return { sink, handle, upstream: path.upstream.at(-1)!, code: codeOf(sink.heard[0]) }
  }
  return { path, intake, send }
}

function codeOf(heard: unknown): string | undefined {
  return Fault.is(heard) ? heard.code : undefined
}

function refusals(path: PathStory): { code: string; rule: string }[] {
  return path.entries
    .map((entry) => JSON.parse(entry) as { kind: string; reasons: [{ code: string; rule: string }] })
    .filter(({ kind }) => kind === 'act.refused')
    .map(({ reasons }) => reasons[0])
}

test('a caller that is too fast is told when to try again, and nothing is decided, sent or kept of it', () => {
  const clock = handClock()
  const { path, intake, send } = aRoad({ callerPerSecond: 5 }, clock)
  const noisy = intake()
  const codes = Array.from({ length: 1000 }, () => send(noisy))
  expect(codes.filter(({ code }) => code === undefined)).toHaveLength(10)
  const [fault] = codes.at(-1)!.sink.heard
  expect(fault).toMatchObject({ code: 'act.rate-limited', status: 429, extra: { retryAfterMs: 200 } })
  expect(path.upstream).toHaveLength(10)
  expect(path.parts.inFlight.size).toBe(10)
  clock.advance(200)
  expect([send(noisy).code, send(noisy).code]).toEqual([undefined, 'act.rate-limited'])
})

test('a flood of refusals is one leaf a second, and all of it in the count', () => {
  const clock = handClock()
  const { path, intake, send } = aRoad({ callerPerSecond: 1 }, clock)
  const counted: string[] = []
  Object.assign(path.parts.metrics, {
    act: (decision: string, code: string) => counted.push(decision + code),
  })
  const noisy = intake()
  for (let second = 0; second < 3; second++) {
    for (let at = 0; at < 500; at++) send(noisy)
    clock.advance(1000)
  }
  const limited = { code: 'act.rate-limited', rule: 'AMBIT_CALLER_RATE_MAX' }
  expect(refusals(path)).toEqual([limited, limited, limited])
  expect(counted.filter((what) => what === 'refuseact.rate-limited').length).toBeGreaterThan(1490)
})

test('one noisy caller takes nothing from another', () => {
  const { intake, send } = aRoad({ callerPerSecond: 5, callerActsMax: 3 })
  const noisy = intake()
  const quiet = intake()
  for (let at = 0; at < 1000; at++) send(noisy)
  expect(send(noisy).code).toBe('act.busy')
  expect(send(quiet).code).toBeUndefined()
})

test('the places of a caller and of an upstream come back however an act ends', () => {
  const endings: ((road: ReturnType<typeof aRoad>, from: Intake) => void)[] = [
    ({ path, send }, from) => {
      send(from).upstream.sink.outcome(answer)
      path.sync()
    },
    ({ path, send }, from) => {
      send(from).handle.cancel('gone')
      path.sync()
    },
    ({ path, send }, from) => {
      send(from)
      path.sync(new Fault('ledger.full', { detail: 'no space' }))
    },
    ({ path, send }, from) => {
      path.decision = { class: 'refuse', reasons: [{ code: 'x', rule: 'y', what: 'z' }], obligations: [] }
      send(from)
      path.sync()
      path.decision = { class: 'allow', reasons: [], obligations: [] }
    },
    ({ path, send }, from) => {
      path.exhausted = { code: 'budget.calls', rule: 'm_1', what: 'spent' }
      send(from)
      path.sync()
      path.exhausted = undefined
    },
  ]
  for (const end of endings) {
    const road = aRoad({ callerActsMax: 1, upstreamActsMax: 1 })
    const from = road.intake()
    for (let at = 0; at < 5; at++) end(road, from)
    expect(road.send(from).code).toBeUndefined()
    expect(road.send(from).code).toBe('act.busy')
  }
})

test('an upstream takes so many acts of all callers, and the rest are refused by its name', () => {
  const { path, intake, send } = aRoad({ upstreamActsMax: 2 })
  expect([send(intake()).code, send(intake()).code]).toEqual([undefined, undefined])
  expect(send(intake()).code).toBe('act.busy')
  expect(refusals(path)).toEqual([{ code: 'act.busy', rule: 'AMBIT_UPSTREAM_ACTS_MAX' }])
  const slow = aRoad({ upstreamPerSecond: 1 })
  const codes = Array.from({ length: 3 }, () => slow.send(slow.intake()).code)
  expect(codes).toEqual([undefined, undefined, 'act.rate-limited'])
})

function fail(road: ReturnType<typeof aRoad>, error: { code: string; detail: string }, times: number): void {
  for (let at = 0; at < times; at++) {
    road.send(road.intake()).upstream.sink.outcome({ status: 'failed', error })
    road.path.sync()
  }
}

test('an upstream that fails again and again is given a rest, tried once, and used again when it answers', () => {
  const clock = handClock()
  const road = aRoad({}, clock)
  const { path, intake, send } = road
  fail(road, unreachable, 5)
  clock.advance(1)
  const refused = send(intake())
  expect(refused.sink.heard[0]).toMatchObject({ code: 'upstream.unreachable', where: 'weather' })
  expect((refused.sink.heard[0] as Fault).detail).toMatch(
    /5 times in a row .*ECONNREFUSED.* tried again in 1 s/,
  )
  expect(path.upstream).toHaveLength(5)
  expect(refusals(path)).toEqual([{ code: 'upstream.unreachable', rule: 'breaker' }])
  expect(path.parts.traffic.troubled()).toMatchObject([{ record: 'weather', state: 'open', failures: 5 }])
  clock.advance(1000)
  const trial = send(intake())
  expect([trial.code, send(intake()).code]).toEqual([undefined, 'upstream.unreachable'])
  trial.upstream.sink.outcome(answer)
  path.sync()
  expect(path.parts.traffic.troubled()).toEqual([])
  expect(send(intake()).code).toBeUndefined()
})

test('what the upstream itself says is wrong never counts against it, nor what the caller takes back', () => {
  const road = aRoad()
  for (const code of ['-32602', 'TASK_STATE_FAILED', 'upstream.invalid', 'upstream.too-large', 'act.busy'])
    fail(road, { code, detail: 'x' }, 30)
  for (let at = 0; at < 30; at++) road.send(road.intake()).handle.cancel('gone')
  road.path.sync()
  expect(road.path.parts.traffic.troubled()).toEqual([])
})

test('an upstream that nobody tries any more is not listed for ever', () => {
  const clock = handClock()
  const road = aRoad({}, clock)
  fail(road, unreachable, 5)
  clock.advance(3_600_000)
  expect(road.path.parts.traffic.troubled()).toHaveLength(1)
  clock.advance(1)
  expect(road.path.parts.traffic.troubled()).toEqual([])
})

test('a try that is answered by a stream has succeeded with its first event', () => {
  const clock = handClock()
  const road = aRoad({}, clock)
  fail(road, unreachable, 5)
  clock.advance(1001)
  road.send(road.intake()).upstream.sink.event({ type: 'progress', value: 1 })
  expect(road.path.parts.traffic.troubled()).toEqual([])
  expect(road.send(road.intake()).code).toBeUndefined()
})

test('only a read that an operator accepted, and that can be undone, may be sent once more', () => {
  const read = aCapability(0)
  const write = { ...read, profile: { ...read.profile, effect: 'write' as const } }
  const repeatable = [read, aCapability(1), write, { ...read, accepted: false }].map((capability) => {
    const path = aPath()
    submit(path.parts, anIntake(capability), aSink())
    path.sync()
    return path.upstream[0]!.outbound.repeatable
  })
  expect(repeatable).toEqual([true, false, false, false])
})

test('a program under supervision has no breaker here: it fails for each holder apart', () => {
  const road = aRoad()
  const from = road.intake()
  const command = { program: 'x', args: [], env: [] }
  const [offered] = from.target.interfaces
  const target = { ...from.target, interfaces: [{ ...offered!, command }] }
  for (let at = 0; at < 30; at++) {
    road.send({ ...from, target }).upstream.sink.outcome({ status: 'failed', error: unreachable })
    road.path.sync()
  }
  expect(road.path.upstream).toHaveLength(30)
})
