import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import type { RawAgent } from '@ambit/testkit/a2a-raw'
import { afterAll, beforeAll, expect, test } from 'vitest'

const required = 'https://example.com/extensions/seal/v1'
const other = 'https://example.com/extensions/other/v1'
const spoken = {
  message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }], vendor: { a: [1] } },
}

/** Two agents that say which extensions they used: one needs one, one needs none. Both know a tenant. */
let strict: RawAgent
let open: RawAgent
let former: RawAgent
let node: A2aNode
beforeAll(async () => {
  const extensions = [{ uri: other }, { uri: required, required: true }]
  strict = await startRawAgent(answer, { capabilities: { streaming: true, extensions } })
  open = await startRawAgent(answer, {
    supportedInterfaces: [
      { url: '/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: 'blue' },
    ],
  })
  former = await startRawAgent(answer, {
    supportedInterfaces: undefined,
    url: '/rpc',
    protocolVersion: '0.3.0',
  })
  node = await startA2aNode({ agents: { strict: strict.url, open: open.url, former: former.url } })
})
afterAll(async () => {
  for (const each of [node, strict, open, former]) await each[Symbol.asyncDispose]()
})

const answer: Parameters<typeof startRawAgent>[0] = ({ id, text, headers }, response) => {
  const isFormer = headers['a2a-version'] === '0.3'
  const result = isFormer ? { kind: 'message', messageId: 'm', role: 'agent', parts: [] } : spoken
  const body = JSON.stringify({ jsonrpc: '2.0', id, result })
  response.setHeader(isFormer ? 'x-a2a-extensions' : 'a2a-extensions', other)
  if (text.includes('tream')) response.setHeader('content-type', 'text/event-stream').end(`data: ${body}\n\n`)
  else response.setHeader('content-type', 'application/json').end(body)
}

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi', vendor: 1 }], vendor: true }

async function send(
  slug: string,
  headers: Record<string, string>,
  method = 'SendMessage',
  space = 0,
): Promise<{ headers: Headers; text: string }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message } }, null, space)
  const base = { authorization: 'Bearer ada', 'content-type': 'application/json', 'a2a-version': '1.0' }
  const response = await fetch(node.agentUrl(slug), {
    method: 'POST',
    body,
    headers: { ...base, ...headers },
  })
  return { headers: response.headers, text: await response.text() }
}

test('an extension that the card requires and the caller does not declare is asked for before the act leaves', async () => {
  const before = node.gateway.intakes.length
  for (const headers of [{}, { 'a2a-extensions': other }]) {
    const { text } = await send('strict', headers)
    expect(JSON.parse(text)).toMatchObject({
      error: { code: -32008, message: expect.stringContaining(required) as string },
    })
  }
  expect([node.gateway.intakes.length, strict.requests.length]).toEqual([before, 0])
  const { text } = await send('strict', { 'a2a-extensions': `${other}, ${required}` })
  expect(JSON.parse(text)).toMatchObject({ result: spoken })
})

test.each([0, 1])(
  'declared extensions reach the agent, and activated ones the caller, with a body spaced by %i',
  async (space) => {
    const { headers, text } = await send('strict', { 'a2a-extensions': required }, 'SendMessage', space)
    expect(strict.requests.at(-1)?.headers['a2a-extensions']).toBe(required)
    expect(headers.get('a2a-extensions')).toBe(other)
    expect(JSON.parse(text)).toMatchObject({ result: spoken })
  },
)

test('activated extensions stand in the head of a stream', async () => {
  const { headers, text } = await send('strict', { 'a2a-extensions': required }, 'SendStreamingMessage')
  expect([headers.get('content-type'), headers.get('a2a-extensions')]).toEqual(['text/event-stream', other])
  expect(text).toContain('"vendor"')
})

test('each version has its own name for the header', async () => {
  const params = { message: { ...message, kind: 'message', role: 'user', parts: [] } }
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'message/send',
    params: { ...params, message: { ...params.message, parts: [{ kind: 'text', text: 'x' }] } },
  })
  const init = {
    method: 'POST',
    body,
    headers: {
      authorization: 'Bearer ada',
      'content-type': 'application/json',
      'x-a2a-extensions': required,
    },
  }
  const toModern = await fetch(node.agentUrl('strict'), init)
  expect(toModern.headers.get('x-a2a-extensions')).toBe(other)
  expect(strict.requests.at(-1)?.headers['a2a-extensions']).toBe(required)
  const { headers } = await send('former', { 'a2a-extensions': required })
  expect(headers.get('a2a-extensions')).toBe(other)
  expect(former.requests.at(-1)?.headers['x-a2a-extensions']).toBe(required)
})

test("the card's extensions are listed through", async () => {
  const response = await fetch(`${node.agentUrl('strict')}/.well-known/agent-card.json`, {
    headers: { 'a2a-version': '1.0' },
  })
  expect(await response.json()).toMatchObject({
    capabilities: { extensions: [{ uri: other }, { uri: required, required: true }] },
  })
})

test("the tenant of the agent's own interface is said in every request, whatever the caller wrote there", async () => {
  await send('open', {})
  const told = JSON.parse(open.requests.at(-1)!.text) as { params: Record<string, unknown> }
  expect(told.params).toEqual({ message, tenant: 'blue' })
  expect(open.requests.at(-1)?.path).toBe('/rpc')
})
