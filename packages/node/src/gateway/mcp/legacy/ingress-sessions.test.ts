import { startLegacyNode } from '@ambit/testkit/mcp-legacy-node'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { createIds } from '../../../kernel/ids.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import { SessionHandles } from './session-handle.ts'

let upstreamServer: TestMcpServer
let node: Awaited<ReturnType<typeof startLegacyNode>>
beforeAll(async () => {
  upstreamServer = await startMcpServer({ eras: 'legacy' })
  node = await startLegacyNode(upstreamServer)
})
afterAll(async () => {
  await node.close()
  await upstreamServer.close()
})

async function send(message: unknown, headers: Record<string, string> = {}, method = 'POST') {
  return await fetch(node.url, {
    method,
    headers: {
      authorization: 'Bearer ann',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(message) } : {}),
  })
}

async function openSession(capabilities: unknown = {}): Promise<Record<string, string>> {
  const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'x', version: '1' } }
  const response = await send({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  return { 'mcp-session-id': response.headers.get('mcp-session-id')! }
}

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

/** Seals nothing, so that many handles cost little. */
const plainKeyring = {
  seal: (_purpose: string, _holder: string, text: string) => Buffer.from(text),
  open: (_purpose: string, _holder: string, sealed: Buffer) => sealed,
} as unknown as Keyring

test('a hundred thousand sessions opened and dropped keep no more than a few', () => {
  const ids = createIds(systemClock)
  const keyring = plainKeyring
  const handles = new SessionHandles({ clock: systemClock, ids, keyring })
  const first = handles.create('ann', '2025-11-25')
  for (let at = 0; at < 100_000; at++) {
    const handle = handles.create('ann', '2025-11-25', { elicitation: {} })
    if (at % 2 === 0) handles.end(handles.open('ann', handle)!)
  }
  expect(handles.kept).toBeLessThanOrEqual(20_000)
  // What is not kept any more is read again.
  expect(handles.open('ann', first)).toMatchObject({ version: '2025-11-25' })
}, 30_000)

test.each([
  [
    'of any size',
    { elicitation: { form: { junk: 'x'.repeat(100_000) } }, experimental: { y: 'y'.repeat(100_000) } },
  ],
  ['of no form', 'yes'],
  ['of a strange form', { sampling: 7, roots: [], elicitation: null }],
])('a client that declares capabilities %s gets a session that works', async (_name, capabilities) => {
  const session = await openSession(capabilities)
  expect(session['mcp-session-id']!.length).toBeLessThan(1000)
  expect((await send(ping, session)).status).toBe(200)
})

test.each([
  ['that it is ready', { method: 'notifications/initialized' }],
  ['that its roots changed', { method: 'notifications/roots/list_changed' }],
  [
    'that a call is of no use any more, which is not under way',
    { method: 'notifications/cancelled', params: { requestId: 99 } },
  ],
  ['that a call is of no use any more, and not which', { method: 'notifications/cancelled' }],
  ['what nobody knows', { method: 'notifications/odd', params: {} }],
  [
    'progress of a question that nobody asked',
    { method: 'notifications/progress', params: { progressToken: 1 } },
  ],
  ['an answer that nobody waits for', { id: 'q', result: {} }],
  ['an error without an id', { id: null, error: { code: -32_700, message: 'what?' } }],
])('a client may say %s', async (_name, message) => {
  const acts = node.intakes.length
  const response = await send({ jsonrpc: '2.0', ...message }, await openSession())
  expect([response.status, await response.text()]).toEqual([202, ''])
  expect(node.intakes).toHaveLength(acts)
})

test.each([
  ['without a uri', 'resources/subscribe', {}, -32_602],
  ['with a uri that is no string', 'resources/unsubscribe', { uri: 5 }, -32_602],
  ['of what no server here has', 'resources/subscribe', { uri: 'a:1' }, -32_602],
  ['beyond all length', 'resources/subscribe', { uri: `a:${'x'.repeat(200_000)}` }, -32_602],
  ['with a level that is none', 'logging/setLevel', { level: 'loud' }, -32_602],
  ['that is of 2026-07-28', 'subscriptions/listen', { notifications: {} }, -32_601],
  ['that is of 2026-07-28', 'tasks/get', { taskId: 'x' }, -32_601],
])('a request %s (%s) is answered with its error', async (_name, method, params, code) => {
  const response = await send({ jsonrpc: '2.0', id: 1, method, params }, await openSession())
  expect(await response.json()).toMatchObject({ id: 1, error: { code } })
})

test('unsubscribing from what was never subscribed to is done', async () => {
  const message = { jsonrpc: '2.0', id: 1, method: 'resources/unsubscribe', params: { uri: 'a:1' } }
  expect(await (await send(message, await openSession())).json()).toMatchObject({ result: {} })
})

test('nothing of the message’s own metadata decides which server hears what: the token is the client’s, the trace goes on', async () => {
  const trace = 'cd'.repeat(16)
  const params = {
    name: 'echo',
    arguments: { text: 'a' },
    _meta: { progressToken: 'own', traceparent: `00-${trace}-${'1'.repeat(16)}-01`, 'x/secret': 's' },
  }
  await (await send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, await openSession())).text()
  const intake = node.intakes.at(-1)!
  expect(intake).toMatchObject({ trace, stream: true, arguments: { text: 'a' } })
  expect(intake.wire.forward).toBe(false)
})

test('media types are told apart without regard to capitals', async () => {
  const headers = { ...(await openSession()), accept: 'Application/JSON, Text/Event-Stream' }
  expect((await send(ping, { ...headers, 'content-type': 'Application/JSON' })).status).toBe(200)
})

test('a stream taken up by an id of nobody’s is a stream of what comes from now on', async () => {
  const session = await openSession()
  for (const last of ['0'.repeat(32) + '.5', 'x', '.'.repeat(9000)]) {
    const stop = new AbortController()
    const response = await fetch(node.url, {
      headers: {
        authorization: 'Bearer ann',
        accept: 'text/event-stream',
        'last-event-id': last,
        ...session,
      },
      signal: stop.signal,
    })
    expect(response.status).toBe(200)
    stop.abort()
  }
})

test('a session that was ended answers nothing more', async () => {
  const session = await openSession()
  expect((await send(undefined, session, 'DELETE')).status).toBe(204)
  for (const method of ['POST', 'GET', 'DELETE']) expect((await send(ping, session, method)).status).toBe(404)
})
