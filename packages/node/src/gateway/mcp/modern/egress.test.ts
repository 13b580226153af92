import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
import type { Json } from '@ambit/testkit/raw-modern'
import { afterAll, expect, test } from 'vitest'
import { createAddressGuard } from '../../../net/address.ts'
import { createUpstream } from '../../../net/upstream.ts'
import type { Outbound } from '../../egress.ts'
import { createModernEgress } from './egress.ts'

interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly message: Json
}

const closing: (() => Promise<void>)[] = []
afterAll(async () => void (await Promise.all(closing.map(async (close) => await close()))))

/** Performs one act with a server that answers as told. */
async function perform(
  more: Partial<Outbound>,
  answer: (message: Seen['message'], response: ServerResponse) => void,
  args: unknown = {},
) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Seen['message']
      seen.push({ headers: request.headers, message })
      answer(message, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
  closing.push(async () => {
    await upstream.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const target = mcpTarget({ version: '2026-07-28', url, transport: 'streamable-http' }, ['echo'])
  const egress = createModernEgress({
    upstream,
    timeoutMs: 2000,
    clientInfo: { name: 'ambit', version: '1.0.0' },
  })
  const sent = {
    perform: (outbound: Outbound, sink: Parameters<typeof egress.perform>[2]) =>
      egress.perform(outbound, target.interfaces[0]!, sink),
  }
  const heard = performed(sent, outboundOf(target, 'echo', args, { stream: false, ...more }))
  const outcome = await heard.outcome
  return { seen, outcome, events: heard.events }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const whole = (message: Seen['message'], response: ServerResponse) =>
  json(response, { jsonrpc: '2.0', id: message['id'], result: { resultType: 'complete' } })

/** A client's message, as it goes on. */
function wireOf(message: object): Pick<Outbound, 'wire'> {
  return { wire: { protocol: 'mcp/2026-07-28', message, bytes: Buffer.from(JSON.stringify(message)) } }
}

test('a request in our own words says of the caller what the caller’s client declared, and names its thing', async () => {
  const { seen } = await perform(
    {
      operation: 'resources/read',
      callerCapabilities: { sampling: {}, 'io.modelcontextprotocol/logLevel': 'info' },
    },
    whole,
    { uri: 'test://a' },
  )
  expect(seen[0]?.headers).toMatchObject({ 'mcp-method': 'resources/read', 'mcp-name': 'test://a' })
  expect(seen[0]?.message).toMatchObject({ method: 'resources/read', params: { uri: 'test://a' } })
  expect(seen[0]?.message['params']._meta).toMatchObject({
    'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
    'io.modelcontextprotocol/logLevel': 'info',
    'io.modelcontextprotocol/clientInfo': { name: 'ambit' },
  })
})

test('the bytes of a client go on as they are, and so does the answer to them', async () => {
  const message = { jsonrpc: '2.0', id: 'own', method: 'tools/call', params: { name: 'echo', unknown: [1] } }
  const { seen, outcome } = await perform(wireOf(message), whole)
  expect(seen[0]?.message).toEqual(message)
  expect(outcome.value).toBeUndefined()
  expect(JSON.parse(Buffer.from(outcome.wire!).toString())).toMatchObject({ id: 'own' })
})

test.each(['input_required', 'task'])(
  'an answer of type %s is read and not passed on as bytes',
  async (resultType) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } }
    const { outcome } = await perform(wireOf(message), (asked, response) =>
      json(response, { jsonrpc: '2.0', id: asked['id'], result: { resultType, requestState: 's' } }),
    )
    expect(outcome).toEqual({ status: 'completed', value: { resultType, requestState: 's' } })
  },
)

test('progress under a token of our own is no message for the caller as it stands', async () => {
  const { events } = await perform({ stream: true }, (message, response) => {
    const { id, params } = message as { id: string; params: { _meta: { progressToken: string } } }
    const { progressToken } = params._meta
    const progress = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken, progress: 1 },
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify(progress)}\n\n`)
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n\n`)
  })
  expect(events).toMatchObject([{ type: 'progress', value: { params: { progress: 1 } } }])
  expect(events[0]).not.toHaveProperty('wire')
})
