import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { reasons, startLegacyNode } from '@ambit/testkit/mcp-legacy-node'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { createKeyring } from '../../../kernel/keyring.ts'

let upstreamServer: TestMcpServer
let node: Awaited<ReturnType<typeof startLegacyNode>>
beforeEach(async () => {
  upstreamServer = await startMcpServer({ eras: 'legacy' })
  node = await startLegacyNode(upstreamServer)
})
afterEach(async () => {
  await node.close()
  await upstreamServer.close()
})

/** One request written by hand. */
async function send(message: unknown, headers: Record<string, string> = {}, method = 'POST', url = node.url) {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: 'Bearer ann',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    ...(method === 'POST' ? { body: typeof message === 'string' ? message : JSON.stringify(message) } : {}),
  })
  return response
}

async function openSession(version = '2025-11-25'): Promise<Record<string, string>> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' } }
  const response = await send({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  return { 'mcp-session-id': response.headers.get('mcp-session-id')!, 'mcp-protocol-version': version }
}

const clients = ['latest', 'first'] as const

test.each(clients)('serves the %s official client: list, call, tool error, ping', async (kind) => {
  const client = await connectMcpClient(node.url, { token: 'ann', kind })
  expect(client.version).toBe('2025-11-25')
  expect((await client.tools()).map((tool) => tool.name)).toContain('echo')
  expect(await client.call('add', { a: 2, b: 3 })).toMatchObject({ structuredContent: { sum: 5 } })
  expect(await client.call('fail')).toMatchObject({ isError: true })
  expect(await client.call('image')).toMatchObject({ content: [{ type: 'image', mimeType: 'image/png' }] })
  await client.ping()
  await client.endSession()
  await client.close()
})

test.each(clients)('passes progress to the %s official client', async (kind) => {
  const client = await connectMcpClient(node.url, { token: 'ann', kind })
  const seen: number[] = []
  const onprogress = ({ progress }: { progress: number }) => seen.push(progress)
  await client.call('slow', { steps: 3, ms: 1 }, { onprogress })
  expect(seen).toEqual([1, 2, 3])
  await client.close()
})

test.each(clients)('a cancellation of the %s official client reaches the upstream', async (kind) => {
  const client = await connectMcpClient(node.url, { token: 'ann', kind })
  const stop = new AbortController()
  const call = client.call('slow', { steps: 1000 }, { signal: stop.signal, onprogress: () => stop.abort() })
  await expect(call).rejects.toThrow()
  await vi.waitFor(() => expect(upstreamServer.calls[0]?.cancelled).toBe(true))
  expect(await client.call('echo', { text: 'on' })).toMatchObject({ content: [{ text: 'on' }] })
  await client.close()
})

test('a caller that goes away stops its act', async () => {
  const session = await openSession()
  const stop = new AbortController()
  const call = fetch(node.url, {
    method: 'POST',
    signal: stop.signal,
    headers: { authorization: 'Bearer ann', 'content-type': 'application/json', ...session },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'slow', arguments: { steps: 1000 } },
    }),
  })
  await vi.waitFor(() => expect(upstreamServer.calls).toHaveLength(1))
  stop.abort()
  await expect(call).rejects.toThrow()
  await vi.waitFor(() => expect(upstreamServer.calls[0]?.cancelled).toBe(true))
})

test.each(clients)('tells the %s official client that the tools changed', async (kind) => {
  let told = 0
  const client = await connectMcpClient(node.url, { token: 'ann', kind, onListChanged: () => (told += 1) })
  await vi.waitFor(() => {
    node.change()
    expect(told).toBeGreaterThan(0)
  })
  await client.close()
})

test.each(clients)('a refusal is an answer with its reason for the %s official client', async (kind) => {
  const client = await connectMcpClient(node.url, { token: 'ann', kind })
  const result = await client.call('refuse')
  expect(result).toMatchObject({ isError: true, _meta: { 'ambit/refusal': { reasons } } })
  expect(JSON.stringify(result['content'])).toMatch(/does not allow it.*mandate\.no-entry.*m_1.*Ask Ann/)
  await client.close()
})

test.each(clients)(
  'what a person must decide is an error with the address for the %s official client',
  async (kind) => {
    const client = await connectMcpClient(node.url, { token: 'ann', kind, opensAddresses: true })
    const url = 'http://localhost:7100/approvals/p_1'
    await expect(client.call('ask')).rejects.toMatchObject({
      code: -32042,
      message: expect.stringContaining(url) as string,
      data: { elicitations: [{ mode: 'url', elicitationId: 'p_1', url }] },
    })
    await client.close()
  },
)

test('a client that opens no addresses is told in words what a person must decide, and where', async () => {
  const client = await connectMcpClient(node.url, { token: 'ann' })
  const answer = await client.call('ask')
  expect(answer).toMatchObject({ isError: true })
  expect(JSON.stringify(answer['content'])).toContain('http://localhost:7100/approvals/p_1')
  await client.close()
})

test('a failure of the node says its code and what to do', async () => {
  const client = await connectMcpClient(node.url, { token: 'ann' })
  await expect(client.call('full')).rejects.toMatchObject({
    code: -32603,
    data: { code: 'ledger.full', detail: 'no space is left', remedy: expect.any(String) as string },
  })
  await client.close()
})

test("passes an upstream's JSON-RPC error on with its code", async () => {
  const session = await openSession()
  const response = await send(
    { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: { name: 'add', arguments: { a: 'no' } } },
    session,
  )
  const answer = (await response.json()) as { id: string }
  expect(answer.id).toBe('x')
  expect(JSON.stringify(answer)).toMatch(/-32602|isError/)
})

test('a session belongs to its holder, is known to every replica, and can be ended', async () => {
  const session = await openSession()
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
  expect((await send(ping, session)).status).toBe(200)
  expect((await send(ping, { ...session, authorization: 'Bearer bob' })).status).toBe(404)
  const replica = await startLegacyNode(upstreamServer)
  expect((await send(ping, session, 'POST', replica.url)).status).toBe(200)
  await replica.close()
  const stranger = await startLegacyNode(upstreamServer, createKeyring(Buffer.alloc(32, 2), systemClock))
  expect((await send(ping, session, 'POST', stranger.url)).status).toBe(404)
  await stranger.close()
  expect((await send(undefined, session, 'DELETE')).status).toBe(204)
  expect((await send(ping, session)).status).toBe(404)
  expect((await send(ping, { 'mcp-session-id': 'forged' })).status).toBe(404)
})

test('negotiates each version of the older eras and holds the client to it', async () => {
  for (const version of ['2025-11-25', '2025-06-18', '2025-03-26']) {
    const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' } }
    const answer = await (await send({ jsonrpc: '2.0', id: 0, method: 'initialize', params })).json()
    expect(answer).toMatchObject({
      result: { protocolVersion: version, capabilities: { tools: { listChanged: true } } },
    })
    const session = await openSession(version)
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'echo', arguments: { text: 'a' } },
    }
    expect((await send(call, session)).status).toBe(200)
    expect(node.intakes.at(-1)).toMatchObject({ protocolIn: `mcp/${version}`, stream: false })
  }
  const old = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
  const answer = await (await send({ jsonrpc: '2.0', id: 0, method: 'initialize', params: old })).json()
  expect(answer).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
})

test('answers as events only a client that takes nothing else, or when something comes before the answer', async () => {
  const session = await openSession()
  const call = {
    jsonrpc: '2.0',
    id: 5,
    method: 'tools/call',
    params: { name: 'slow', arguments: { steps: 1, ms: 1 } },
  }
  const type = async (headers: Record<string, string>, message: unknown) => {
    const response = await send(message, { ...session, ...headers })
    await response.text()
    return response.headers.get('content-type')
  }
  expect(await type({}, call)).toBe('application/json')
  expect(await type({ accept: 'text/event-stream' }, call)).toBe('text/event-stream')
  const withToken = { ...call, params: { ...call.params, _meta: { progressToken: 'p' } } }
  expect(await type({}, withToken)).toBe('text/event-stream')
  expect(await type({ accept: 'application/json' }, withToken)).toBe('application/json')
})

test('takes the trace of the caller', async () => {
  const session = await openSession()
  const trace = 'ab'.repeat(16)
  const params = {
    name: 'echo',
    arguments: { text: 'a' },
    _meta: { traceparent: `00-${trace}-${'1'.repeat(16)}-01` },
  }
  await send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, session)
  expect(node.intakes.at(-1)?.trace).toBe(trace)
})

const call = (params: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
const wrong: Readonly<
  Record<
    string,
    readonly [
      status: number,
      code: number,
      message: unknown,
      headers?: Record<string, string>,
      method?: string,
    ]
  >
> = {
  'a body that is not JSON': [400, -32700, '{'],
  'a batch': [400, -32600, [{ jsonrpc: '2.0', id: 1, method: 'ping' }]],
  'a message without a form': [400, -32600, { jsonrpc: '2.0', id: 1 }],
  'an unknown method': [200, -32601, { jsonrpc: '2.0', id: 1, method: 'resources/list' }],
  'a cursor': [200, -32602, { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: 'x' } }],
  'a call without a name': [200, -32602, call({})],
  'a call with arguments that are no object': [200, -32602, call({ name: 'echo', arguments: [] })],
  'a call of an unknown tool': [200, -32602, call({ name: 'nothing' })],
  'a version nobody speaks': [400, -32600, call({}), { 'mcp-protocol-version': '1999-01-01' }],
  'another content type': [415, -32600, call({}), { 'content-type': 'text/plain' }],
  'a client that takes neither form': [406, -32600, call({}), { accept: 'text/html' }],
  'a GET that takes no events': [406, -32600, undefined, { accept: 'application/json' }, 'GET'],
  'another HTTP method': [405, -32600, undefined, {}, 'PUT'],
  'a token nobody knows': [401, -32603, call({}), { authorization: 'Bearer nobody' }],
}

test.each(Object.entries(wrong))(
  'answers %s with an error that says so',
  async (_name, [status, code, message, headers, method]) => {
    const response = await send(message, { ...(await openSession()), ...headers }, method)
    expect(response.status).toBe(status)
    const { error } = (await response.json()) as { error: { code: number; message: string } }
    expect(error.code).toBe(code)
    expect(error.message.length).toBeGreaterThan(10)
  },
)

test('two calls with one id in one session are told apart by refusing the second', async () => {
  const session = await openSession()
  const slow = call({ name: 'slow', arguments: { steps: 1000 } })
  const first = send(slow, session)
  await vi.waitFor(() => expect(upstreamServer.calls).toHaveLength(1))
  expect((await send(slow, session)).status).toBe(400)
  expect(
    (await send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, session))
      .status,
  ).toBe(202)
  expect((await first).status).toBe(202)
})
