import type { Leaf } from '@ambit/core/leaf'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * A node that only observes performs what it would have asked or refused, and its record says so; what a person or an
 * authority ended stays ended.
 */

let observing: TestNode
let enforcing: TestNode
let desk: TestMcpServer

beforeAll(async () => {
  desk = await startMcpServer()
  observing = await startTestNode({ env: { AMBIT_OBSERVE: 'on' } })
  enforcing = await startTestNode()
  for (const node of [observing, enforcing]) await bringOnline(node.ambit, { url: desk.url }, 'desk')
})

afterAll(async () => {
  await Promise.all([observing[Symbol.asyncDispose](), enforcing[Symbol.asyncDispose]()])
  await desk.close()
})

interface Result {
  readonly resultType: string
  readonly isError?: boolean
  readonly content?: readonly { text: string }[]
}

async function call(node: TestNode, { token }: TestAccess, name: string, args: unknown): Promise<string> {
  const answer = await rawCall(node.port, { token, name, args, capabilities: { elicitation: { url: {} } } })
  const { resultType, content } = answer.json()['result'] as Result
  return `${resultType}: ${content?.[0]?.text ?? ''}`
}

const performed = (text: string) =>
  desk.calls.filter((each) => (each.arguments as { text?: string }).text === text).length

async function intents(node: TestNode): Promise<Extract<Leaf, { kind: 'act.intent' }>[]> {
  return (await readLog(node.url, 'activity')).flatMap((leaf) => (leaf.kind === 'act.intent' ? [leaf] : []))
}

const only = async (node: TestNode, capability: string, more: Parameters<typeof allow>[2] = {}) =>
  await allow(node.ambit, [{ target: 'desk', capability, decision: 'ask' }], more)

test('the same call is asked about or refused on a node that enforces, and performed and recorded here', async () => {
  for (const node of [observing, enforcing]) {
    const asks = await only(node, 'echo')
    const lacks = await only(node, 'add')
    const asked = await call(node, asks, 'echo', { text: `asked ${node.port}` })
    const refused = await call(node, lacks, 'echo', { text: `lacks ${node.port}` })
    if (node === enforcing) {
      expect(asked).toContain('input_required')
      expect(refused).not.toContain('lacks')
    } else {
      expect(asked).toContain('asked')
      expect(refused).toContain('lacks')
    }
    expect(performed(`asked ${node.port}`)).toBe(node === observing ? 1 : 0)
    expect(performed(`lacks ${node.port}`)).toBe(node === observing ? 1 : 0)
  }
  const observed = await until('both intents are published', async () => {
    const found = (await intents(observing)).filter((leaf) => leaf.observed !== undefined)
    return found.length === 2 && found
  })
  expect(observed.map((leaf) => leaf.observed?.map(({ code }) => code))).toEqual([
    ['user.ask'],
    ['mandate.no-entry'],
  ])
  expect(await intents(enforcing)).toEqual([])
})

test('an act that would have been allowed is recorded like any other', async () => {
  const access = await allow(observing.ambit, [
    { target: 'desk', capability: 'echo', decision: 'autonomous' },
  ])
  const before = (await intents(observing)).length
  expect(await call(observing, access, 'echo', { text: 'plain' })).toContain('plain')
  const last = await until('its intent is published', async () => (await intents(observing))[before])
  expect(last.observed).toBeUndefined()
})

test('budgets are counted and stand in nobody’s way', async () => {
  const access = await allow(
    observing.ambit,
    [{ target: 'desk', capability: 'echo', decision: 'autonomous' }],
    { limits: { calls: 1 } },
  )
  for (const text of ['first', 'second', 'third'])
    expect(await call(observing, access, 'echo', { text })).toContain(text)
  expect((await observing.ambit.mandates.get(access.mandate)).spent.calls).toBe(3)
  const last = await until(
    'the third is published',
    async () => (await intents(observing)).filter((leaf) => leaf.links.includes(access.mandate))[2],
  )
  expect(last.observed).toMatchObject([{ code: 'budget.calls' }])
})

test('stops, recalls, revocations and unknown callers are refused all the same', async () => {
  const access = await only(observing, 'echo')
  const { stop } = await observing.ambit.stops.set({ what: 'mandate', subject: access.mandate })
  expect(await call(observing, access, 'echo', { text: 'stopped' })).toContain('user.stopped')
  await observing.ambit.stops.lift(stop.id)
  await observing.ambit.records.recall('desk', { note: 'leaks' })
  expect(await call(observing, access, 'echo', { text: 'recalled' })).toContain('record.recalled')
  // What the mandate lacks does not hide what is enforced.
  const lacks = await only(observing, 'add')
  expect(await call(observing, lacks, 'echo', { text: 'recalled' })).toContain('record.recalled')
  await observing.ambit.records.reinstate('desk', 'mended')
  expect(await call(observing, access, 'echo', { text: 'reinstated' })).toContain('reinstated')
  await observing.ambit.mandates.revoke(access.mandate)
  expect((await rawCall(observing.port, { token: access.token, args: { text: 'revoked' } })).text).toContain(
    'revoked',
  )
  expect((await rawCall(observing.port, { token: 'nobody', args: { text: 'unknown' } })).status).toBe(401)
  for (const text of ['stopped', 'recalled', 'revoked', 'unknown']) expect(performed(text)).toBe(0)
})

test('the node says loudly that it enforces nothing, and counts what it let through', async () => {
  const { enforcing: holds, warnings } = await observing.ambit.status()
  expect(holds).toBe(false)
  expect(warnings[0]).toContain('AMBIT_OBSERVE')
  const metrics = await (await fetch(`http://127.0.0.1:${observing.metricsPort}/metrics`)).text()
  expect(metrics).toMatch(/^ambit_observing 1$/m)
  expect(metrics).toMatch(/^ambit_acts_observed_total\{decision="ask"\} [1-9]/m)
  expect(metrics).toMatch(/^ambit_acts_observed_total\{decision="refuse"\} [1-9]/m)
  const ready = await fetch(`http://127.0.0.1:${observing.metricsPort}/health/ready`)
  expect(await ready.json()).toMatchObject({ status: 'ready', warnings: [warnings[0]] })
  expect(await enforcing.ambit.status()).toMatchObject({ enforcing: true, warnings: [] })
  const other = await fetch(`http://127.0.0.1:${enforcing.metricsPort}/health/ready`)
  expect(await other.json()).toEqual({ status: 'ready' })
})
