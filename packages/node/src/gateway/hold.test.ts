import type { Outcome } from '@ambit/core/act'
import type { Decision, Reason } from '@ambit/core/decision'
import { handClock } from '@ambit/testkit/clock'
import { describe, expect, test } from 'vitest'
import type { Pending, Suspended } from '../approval/approval.ts'
import { createLocalBus } from '../bus/local.ts'
import { silentLog } from '../kernel/log.ts'
import { HoldWaits } from './hold-waits.ts'
import { aCapability, anIntake, aPath, aSink } from './path-fixture.ts'
import { submit } from './submit.ts'

const decision: Decision = { class: 'allow', reasons: [], obligations: ['tell-user'], holdMs: 5000 }

/** One act in an outbox that does what the test says. */
function world(given: Partial<Decision> = {}) {
  const clock = handClock()
  const bus = createLocalBus(silentLog)
  const path = aPath(clock)
  path.decision = { ...decision, ...given }
  const held: { suspended: Suspended; holdMs: number }[] = []
  const withdrawn: string[] = []
  const voided: string[] = []
  let pending: Pending | undefined
  const parts = {
    ...path.parts,
    holdWaits: new HoldWaits(bus, clock, 10_000),
    approvals: {
      ...path.parts.approvals,
      hold: async (suspended: Suspended, holdMs: number) => {
        held.push({ suspended, holdMs })
        pending = {
          id: 'ap_1',
          act: suspended.act,
          state: 'held' as const,
          holder: suspended.holder,
          subject: suspended.subject,
          organization: suspended.organization,
          expiresAt: clock.now() + holdMs * 2,
          dueAt: clock.now() + holdMs,
        }
        return pending
      },
      get: async () => pending,
      leave: async (id: string) => void withdrawn.push(id),
      void: async (id: string, [reason]: readonly Reason[], waiting?: 'waiting') =>
        void voided.push(`${id} ${reason?.code} ${waiting}`),
    },
  }
  const sink = aSink()
  const start = () => submit(parts, anIntake(aCapability(1)), sink)
  return {
    path,
    clock,
    sink,
    held,
    withdrawn,
    voided,
    parts,
    start,
    end: (state: Pending['state'], outcome?: Pending['outcome']) => {
      pending = { ...pending!, state, ...(outcome === undefined ? {} : { outcome }) }
      bus.publish(`approval.${state}`, { id: 'ap_1' })
    },
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('an act with a window', () => {
  test('is not sent but held, and its outcome is the answer of whoever waits', async () => {
    const { path, sink, held, start, end, parts } = world()
    start()
    await turn()
    expect(path.upstream).toEqual([])
    expect(held).toMatchObject([{ holdMs: 5000, suspended: { capability: 'get_weather' } }])
    expect(parts.inFlight.size).toBe(0)
    expect(sink.heard).toEqual([])
    end('done', { status: 'completed', answer: '{"ok":true}' })
    await turn()
    expect(sink.heard).toMatchObject([{ type: 'outcome', status: 'completed', value: { ok: true } }])
  })

  test('without a window goes out at once', async () => {
    const { path, held, start } = world({ holdMs: 0 })
    start()
    await turn()
    expect(path.upstream.length).toBe(1)
    expect(held).toEqual([])
  })

  test('of a longer window than anyone waits is answered as held, at once', async () => {
    const { sink, start } = world({ holdMs: 30_000 })
    start()
    await turn()
    expect(sink.heard).toMatchObject([{ state: 'held', id: 'ap_1' }])
  })

  test('says how it stands when the wait is over, and nothing after', async () => {
    const { sink, start, end, clock } = world({ holdMs: 9000 })
    start()
    await turn()
    clock.advance(10_000)
    await turn()
    expect(sink.heard).toMatchObject([{ state: 'held' }])
    end('done', { status: 'completed' })
    await turn()
    expect(sink.heard.length).toBe(1)
  })

  test('that is vetoed is a refusal with the word for it', async () => {
    const { sink, start, end } = world()
    start()
    await turn()
    end('denied')
    await turn()
    expect(sink.heard).toMatchObject([{ class: 'refuse', reasons: [{ code: 'approval.denied' }] }])
  })

  test('whose caller goes away is taken back', async () => {
    const { sink, start, withdrawn } = world()
    const act = start()
    await turn()
    act.cancel('the caller closed the request')
    await turn()
    expect(withdrawn).toEqual(['ap_1'])
    expect((sink.heard[0] as Outcome).status).toBe('cancelled')
  })

  test('is taken back too when the caller went away before it was held', async () => {
    const { start, withdrawn } = world()
    start().cancel('gone')
    await turn()
    expect(withdrawn).toEqual(['ap_1'])
  })

  test('that is stopped on its way into the outbox is ended there, for all that wait for it', async () => {
    const { sink, start, withdrawn, voided, parts } = world()
    start()
    expect(parts.inFlight.stop(() => true, 'user.stopped', 'stopped by Ann')).toHaveLength(1)
    await turn()
    expect([withdrawn, voided]).toEqual([[], ['ap_1 user.stopped waiting']])
    expect(sink.heard).toMatchObject([{ status: 'cancelled', error: { code: 'user.stopped' } }])
    expect(parts.inFlight.size).toBe(0)
  })

  test('does not keep a node from stopping', async () => {
    const { sink, start, parts } = world()
    start()
    await turn()
    parts.holdWaits.close()
    await turn()
    expect(sink.heard).toMatchObject([{ state: 'held' }])
  })

  test('lets a thousand wait, and answers the next at once', async () => {
    const { parts, sink, start } = world()
    for (let n = 0; n < 1000; n++) parts.holdWaits.wait(`ap_other_${n}`, () => undefined)
    start()
    await turn()
    expect(sink.heard).toMatchObject([{ state: 'held' }])
  })
})
