import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
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

function legacyTarget(url: string): Target {
  return mcpTarget({ version: '2025-11-25', url, transport: 'streamable-http' }, ['echo'])
}

function egressWith(limits: LegacyEgressOptions['limits'] = {}) {
  return createLegacyEgress({ upstream, clock: systemClock, log: silentLog, limits })
}

const greeting = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: {} }

type Rpc = { id?: number; method: string; params?: { _meta?: Record<string, unknown> } }

/** A server that begins a session properly and answers `tools/call` as the listener does. */
async function hostileServer(
  call: (message: Rpc, response: ServerResponse, request: IncomingMessage) => void,
  other: RequestListener = (_request, response) => response.writeHead(405).end(),
) {
  const seen: Rpc[] = []
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      other(request, response)
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Rpc
      seen.push(message)
      if (message.method === 'tools/call') call(message, response, request)
      else if (message.id === undefined || message.method === undefined) response.writeHead(202).end()
      else json(response, { id: message.id, result: greeting })
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function json(response: ServerResponse, message: Record<string, unknown>): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', ...message }))
}

function events(response: ServerResponse): ServerResponse {
  return response.setHeader('content-type', 'text/event-stream')
}

const event = (message: Record<string, unknown>) =>
  `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`

const hostile: Readonly<
  Record<string, readonly [code: string, call: (message: Rpc, response: ServerResponse) => void]>
> = {
  'an answer that is not JSON': [
    'upstream.invalid',
    (_message, response) => response.setHeader('content-type', 'application/json').end('<html>'),
  ],
  'an answer with another id': [
    'upstream.invalid',
    (message, response) => json(response, { id: message.id! + 1, result: {} }),
  ],
  'a result that is no object': [
    'upstream.invalid',
    (message, response) => json(response, { id: message.id, result: 'yes' }),
  ],
  'an empty answer': ['upstream.invalid', (_message, response) => response.writeHead(202).end()],
  'an error page': ['upstream.invalid', (_message, response) => response.writeHead(500).end('<html>')],
  'a stream that ends without an answer': [
    'upstream.invalid',
    (_message, response) => events(response).end(': nothing\n\n'),
  ],
  'an event that is not JSON': [
    'upstream.invalid',
    (_message, response) => void events(response).write('data: {\n\n'),
  ],
  'an answer for another call in its stream': [
    'upstream.invalid',
    (message, response) => events(response).end(event({ id: message.id! + 1, result: {} })),
  ],
  silence: ['upstream.timeout', () => undefined],
  'a stream of comments without end': [
    'upstream.timeout',
    (_message, response) => {
      events(response)
      const timer = setInterval(() => response.write(': still here\n\n'), 20)
      response.on('close', () => clearInterval(timer))
    },
  ],
  'a cut connection': ['upstream.unreachable', (_message, response) => response.destroy()],
  'an answer without end': [
    'upstream.too-large',
    (_message, response) => pour(response.setHeader('content-type', 'application/json'), 'x'),
  ],
  'a line without end in its stream': [
    'upstream.too-large',
    (_message, response) => pour(events(response), 'data: x'),
  ],
}

function pour(response: ServerResponse, letter: string): void {
  const piece = letter.repeat(1024 * 1024)
  const more = () => {
    let taken = true
    while (taken && !response.destroyed) taken = response.write(piece)
  }
  response.on('drain', more)
  more()
}

test.each(Object.entries(hostile))('survives %s', async (_name, [code, call]) => {
  const server = await hostileServer(call)
  const egress = egressWith({ answerTimeoutMs: code === 'upstream.timeout' ? 200 : 5000 })
  const act = performed(egress, outboundOf(legacyTarget(server.url), 'echo', {}))
  expect(await act.outcome).toMatchObject({ status: 'failed', error: { code } })
  expect(act.outcomes).toBe(1)
  if (code === 'upstream.timeout') {
    await vi.waitFor(() =>
      expect(server.seen.map((each) => each.method)).toContain('notifications/cancelled'),
    )
  }
  await egress.close()
  server.close()
})

test("answers a server's ping and declines its other requests", async () => {
  const answers: unknown[] = []
  const server = await hostileServer((message, response) => {
    events(response).write(
      event({ id: 'p', method: 'ping' }) + event({ id: 's', method: 'sampling/createMessage' }),
    )
    const answered = () => {
      const own = server.seen.filter((each) => each.method === undefined)
      if (own.length < 2) return void setTimeout(answered, 5)
      answers.push(...own)
      return response.end(event({ id: message.id, result: { content: [] } }))
    }
    answered()
  })
  const egress = egressWith()
  const act = performed(egress, outboundOf(legacyTarget(server.url), 'echo', {}))
  expect((await act.outcome).status).toBe('completed')
  expect(answers).toEqual(
    expect.arrayContaining([
      { jsonrpc: '2.0', id: 'p', result: {} },
      expect.objectContaining({ id: 's', error: expect.objectContaining({ code: -32601 }) as unknown }),
    ]),
  )
  await egress.close()
  server.close()
})

test('takes a stream up again where it was cut off, without calling again', async () => {
  let id = 0
  const server = await hostileServer(
    (message, response) => {
      id = message.id!
      events(response).end('id: 7\nretry: 1\ndata:\n\n')
    },
    (request, response) => {
      if (request.method !== 'GET') {
        response.writeHead(200).end()
        return
      }
      expect(request.headers['last-event-id']).toBe('7')
      events(response).end(event({ id, result: { content: [{ type: 'text', text: 'late' }] } }))
    },
  )
  const egress = egressWith()
  const act = performed(egress, outboundOf(legacyTarget(server.url), 'echo', {}))
  expect(await act.outcome).toMatchObject({ status: 'completed', value: { content: [{ text: 'late' }] } })
  expect(act.events).toEqual([{ type: 'paused' }])
  expect(server.seen.filter((each) => each.method === 'tools/call')).toHaveLength(1)
  await egress.close()
  server.close()
})

test('sends no act twice when an answer was lost', async () => {
  const server = await hostileServer((_message, response) => response.destroy())
  const egress = egressWith()
  await performed(egress, outboundOf(legacyTarget(server.url), 'echo', {}, { reversibility: 3 })).outcome
  expect(server.seen.filter((each) => each.method === 'tools/call')).toHaveLength(1)
  await egress.close()
  server.close()
})

test("joins the server's trace and sends no caller's own metadata", async () => {
  const server = await hostileServer((message, response) =>
    json(response, { id: message.id, result: { content: [] } }),
  )
  const egress = egressWith()
  const outbound = outboundOf(legacyTarget(server.url), 'echo', {}, { stream: false })
  await performed(egress, outbound).outcome
  expect(server.seen.find((each) => each.method === 'tools/call')?.params?._meta).toEqual({
    traceparent: `00-${outbound.trace}-${outbound.act.slice(-16)}-01`,
  })
  await egress.close()
  server.close()
})
