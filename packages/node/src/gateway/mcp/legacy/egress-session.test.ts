import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
import { startEverything } from '@ambit/testkit/mcp-everything'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { afterAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'
import { createAddressGuard } from '../../../net/address.ts'
import { createUpstream } from '../../../net/upstream.ts'
import type { Target } from '../../../registry/target.ts'
import { createLegacyEgress } from './egress-session.ts'
import type { LegacyEgressOptions } from './egress-session.ts'

const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
afterAll(async () => await upstream.close())

const tools = ['echo', 'add', 'slow', 'big', 'fail', 'image', 'nothing', 'trigger-long-running-operation']

function legacyTarget(url: string): Target {
  return mcpTarget({ version: '2025-11-25', url, transport: 'streamable-http' }, tools)
}

function egressWith(limits: LegacyEgressOptions['limits'] = {}) {
  return createLegacyEgress({ upstream, clock: systemClock, log: silentLog, limits })
}

test('calls through one session for each holder and target', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const target = legacyTarget(server.url)
  const answers = await Promise.all(
    [1, 2, 3].map(
      async (at) => await performed(egress, outboundOf(target, 'echo', { text: `t${at}` })).outcome,
    ),
  )
  expect(answers.map((answer) => answer.value)).toEqual(
    [1, 2, 3].map((at) => ({ content: [{ type: 'text', text: `t${at}` }] })),
  )
  expect(answers.every((answer) => answer.status === 'completed' && answer.error === undefined)).toBe(true)
  expect(server.sessions).toBe(1)
  await performed(egress, outboundOf(target, 'add', { a: 1, b: 2 }, { holder: 'did:key:other' })).outcome
  expect(server.sessions).toBe(2)
  await egress.close()
  expect(server.sessions).toBe(0)
  await server.close()
})

test("passes a tool's own error as its answer, and a protocol's error as a failure", async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const target = legacyTarget(server.url)
  const failed = await performed(egress, outboundOf(target, 'fail', {})).outcome
  expect(failed).toMatchObject({ status: 'completed', value: { isError: true } })
  expect(failed.error).toBeUndefined()
  const unknown = await performed(egress, outboundOf(target, 'nothing', {})).outcome
  expect(unknown).toMatchObject({
    status: 'failed',
    error: { code: '-32602' },
    value: { error: { code: -32602 } },
  })
  await egress.close()
  await server.close()
})

test('passes progress on only when the caller wants it', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const target = legacyTarget(server.url)
  const told = performed(egress, outboundOf(target, 'slow', { steps: 3, ms: 1 }))
  expect(await told.outcome).toMatchObject({ status: 'completed' })
  expect(told.events).toEqual(
    [1, 2, 3].map((step) => ({
      type: 'progress',
      value: { progress: step, total: 3, message: `step ${step}` },
    })),
  )
  const quiet = performed(egress, outboundOf(target, 'slow', { steps: 3, ms: 1 }, { stream: false }))
  await quiet.outcome
  expect(quiet.events).toEqual([])
  await egress.close()
  await server.close()
})

test('a cancellation reaches the tool', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const call = performed(egress, outboundOf(legacyTarget(server.url), 'slow', { steps: 1000 }))
  await call.begun
  call.performance.cancel('no longer wanted')
  expect(await call.outcome).toEqual({
    status: 'cancelled',
    error: { code: 'act.cancelled', detail: 'no longer wanted' },
  })
  await vi.waitFor(() => expect(server.calls[0]?.cancelled).toBe(true))
  expect(call.outcomes).toBe(1)
  await egress.close()
  await server.close()
})

test('an act cancelled before its session stands is never sent', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const target = legacyTarget(server.url)
  const call = performed(egress, outboundOf(target, 'echo', { text: 'no' }))
  call.performance.cancel('too late')
  expect((await call.outcome).status).toBe('cancelled')
  await performed(egress, outboundOf(target, 'echo', { text: 'yes' })).outcome
  expect(server.calls.map((each) => each.arguments)).toEqual([{ text: 'yes' }])
  await egress.close()
  await server.close()
})

test('a lost session is opened anew and every call is executed once', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith()
  const target = legacyTarget(server.url)
  await performed(egress, outboundOf(target, 'echo', { text: 'before' })).outcome
  server.forgetSessions()
  const answers = await Promise.all(
    [1, 2, 3].map(
      async (at) => await performed(egress, outboundOf(target, 'echo', { text: `after ${at}` })).outcome,
    ),
  )
  expect(answers.map((answer) => answer.status)).toEqual(['completed', 'completed', 'completed'])
  expect(server.calls.map((call) => (call.arguments as { text: string }).text).sort()).toEqual([
    'after 1',
    'after 2',
    'after 3',
    'before',
  ])
  expect(server.sessions).toBe(1)
  await egress.close()
  await server.close()
})

test('heals when the official example server was started again', async () => {
  const first = await startEverything()
  const egress = egressWith()
  const target = legacyTarget(first.url)
  const echo = async () => await performed(egress, outboundOf(target, 'echo', { message: 'hello' })).outcome
  expect(await echo()).toMatchObject({ status: 'completed', value: { content: [{ text: 'Echo: hello' }] } })
  await first.stop()
  expect(await echo()).toMatchObject({ status: 'failed', error: { code: 'upstream.unreachable' } })
  const second = await startEverything(first.port)
  expect(await echo()).toMatchObject({ status: 'completed' })
  const long = performed(
    egress,
    outboundOf(target, 'trigger-long-running-operation', { duration: 1, steps: 2 }),
  )
  expect((await long.outcome).status).toBe('completed')
  expect(long.events.length).toBeGreaterThan(0)
  await egress.close()
  await second.stop()
}, 40_000)

test('closes sessions that nobody uses', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith({ idleMs: 50 })
  await performed(egress, outboundOf(legacyTarget(server.url), 'echo', { text: 'a' })).outcome
  expect(server.sessions).toBe(1)
  await vi.waitFor(() => expect(server.sessions).toBe(0))
  await egress.close()
  await server.close()
})

test('opens no more sessions than it may', async () => {
  const server = await startMcpServer({ eras: 'legacy' })
  const egress = egressWith({ sessionsMax: 1 })
  const target = legacyTarget(server.url)
  const held = performed(egress, outboundOf(target, 'slow', { steps: 1000 }, { holder: 'did:key:a' }))
  await held.begun
  const refused = performed(egress, outboundOf(target, 'echo', { text: 'a' }, { holder: 'did:key:b' }))
  expect(await refused.outcome).toMatchObject({ status: 'failed', error: { code: 'act.busy' } })
  held.performance.cancel('enough')
  const served = performed(egress, outboundOf(target, 'echo', { text: 'a' }, { holder: 'did:key:b' }))
  expect((await served.outcome).status).toBe('completed')
  await egress.close()
  await server.close()
})
