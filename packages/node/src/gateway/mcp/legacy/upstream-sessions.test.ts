import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
import { handClock } from '@ambit/testkit/clock'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'
import { createAddressGuard } from '../../../net/address.ts'
import { createUpstream } from '../../../net/upstream.ts'
import type { Outbound } from '../../egress.ts'
import { createLegacyEgress } from './egress-session.ts'
import { HttpTransport } from './http-transport.ts'
import type { LegacyEgressOptions } from './egress-session.ts'

const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
afterAll(async () => await upstream.close())
const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Rpc {
  readonly id?: number
  readonly method?: string
  readonly params?: JsonObject
  readonly result?: unknown
}

type Call = (message: Rpc & { id: number }, response: ServerResponse, request: IncomingMessage) => void

/** A server with sessions that counts what is open: sessions by their id, and streams (GET) of sessions. */
async function countingServer(
  call: Call = (message, response) => json(response, message.id, { content: [] }),
) {
  const sessions = new Set<string>()
  const seen: string[] = []
  const counts = { opened: 0, streams: 0, sockets: 0, calls: 0 }
  const server = createServer((request, response) => {
    const id = request.headers['mcp-session-id']
    if (request.method === 'GET') {
      counts.streams += 1
      response.on('close', () => (counts.streams -= 1))
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      return
    }
    if (request.method === 'DELETE') {
      sessions.delete(String(id))
      response.writeHead(204).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Rpc
      seen.push(message.method ?? 'answer')
      if (message.method === 'initialize') {
        const session = `s${++counts.opened}`
        sessions.add(session)
        response.setHeader('mcp-session-id', session)
        json(response, message.id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} })
      } else if (message.method === 'tools/call') {
        counts.calls += 1
        call(message as Rpc & { id: number }, response, request)
      } else
        takeLater(() => {
          seen.push('it was taken')
          response.writeHead(202).end()
        })
    })
  }).listen(0, '127.0.0.1')
  server.on('connection', (socket) => {
    counts.sockets += 1
    socket.on('close', () => (counts.sockets -= 1))
  })
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const target = mcpTarget({ version: '2025-11-25', url, transport: 'streamable-http' }, ['echo'])
  return { url, target, sessions, counts, seen }
}

/** A server that needs a moment for what is only told to it, so that what does not wait overtakes it. */
function takeLater(take: () => void): void {
  setTimeout(take, 10)
}

function json(response: ServerResponse, id: unknown, result: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }))
}

function egressWith(limits: LegacyEgressOptions['limits'] = {}) {
  const egress = createLegacyEgress({ upstream, clock: systemClock, log: silentLog, limits })
  closing.push(async () => await egress.close())
  return egress
}

const asking = { callerCapabilities: { elicitation: {}, sampling: {} } }

test('sessions of many holders leave no stream and no session behind: idle, evicted, or closed with the node', async () => {
  const server = await countingServer()
  const idle = egressWith({ idleMs: 200 })
  const holders = Array.from({ length: 40 }, (_, at) => `did:key:${at}`)
  const callAll = async (egress: ReturnType<typeof egressWith>) =>
    await Promise.all(
      holders.map(
        async (holder) =>
          await performed(egress, outboundOf(server.target, 'echo', {}, { holder, ...asking })).outcome,
      ),
    )
  await callAll(idle)
  expect(server.counts.opened).toBe(40)
  await vi.waitFor(() => expect([server.sessions.size, server.counts.streams]).toEqual([0, 0]))

  const few = egressWith({ sessionsMax: 5 })
  for (const holder of holders)
    await performed(few, outboundOf(server.target, 'echo', {}, { holder, ...asking })).outcome
  await vi.waitFor(() => expect([server.sessions.size, server.counts.streams]).toEqual([5, 5]))
  await few.close()
  await vi.waitFor(() => expect([server.sessions.size, server.counts.streams]).toEqual([0, 0]))

  const last = egressWith()
  await callAll(last)
  await vi.waitFor(() => expect(server.counts.streams).toBe(40))
  await last.close()
  await vi.waitFor(() => expect([server.sessions.size, server.counts.streams]).toEqual([0, 0]))
})

test('callers that declare nothing keep no stream open, and what else they declare makes no further session', async () => {
  const server = await countingServer()
  const egress = egressWith()
  for (const callerCapabilities of [
    {},
    { experimental: { a: 1 } },
    { tasks: { list: {} }, 'io.modelcontextprotocol/logLevel': 'error' },
    { extensions: { x: 'y'.repeat(5000) } },
  ])
    await performed(egress, outboundOf(server.target, 'echo', {}, { callerCapabilities })).outcome
  expect([server.counts.opened, server.counts.streams]).toEqual([1, 0])
  for (let at = 0; at < 5; at++) {
    const callerCapabilities = {
      elicitation: { form: { nonce: at }, nonce: { at } },
      sampling: { nonce: at },
    }
    await performed(egress, outboundOf(server.target, 'echo', {}, { callerCapabilities })).outcome
  }
  expect(server.counts.opened).toBe(2)
})

test('a credential that changes, or is taken away, leaves no session behind that was begun with it', async () => {
  const authorizations: (string | undefined)[] = []
  const server = await countingServer((message, response, request) => {
    authorizations.push(`${String(request.headers['mcp-session-id'])} ${request.headers.authorization ?? ''}`)
    json(response, message.id, { content: [] })
  })
  const egress = egressWith()
  for (const headers of [
    ['authorization', 'Bearer a'],
    ['authorization', 'Bearer a'],
    ['authorization', 'Bearer b'],
    [],
  ])
    await performed(egress, outboundOf(server.target, 'echo', {}, { headers })).outcome
  expect(authorizations).toEqual(['s1 Bearer a', 's1 Bearer a', 's2 Bearer b', 's3 '])
  await vi.waitFor(() => expect([...server.sessions]).toEqual(['s3']))
})

/** A server that answers the first call so, as if it had been started again. */
function forgetting(status: number, body: unknown): Call {
  let first = true
  return (message, response) => {
    if (!first) return json(response, message.id, { content: [] })
    first = false
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

const inWords = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_000, message: 'Bad Request: no valid session ID' },
}
const unknown = { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } }
const irreversible: Partial<Outbound> = { reversibility: 3 }
const again: readonly (readonly [string, number, unknown, Partial<Outbound>, number])[] = [
  ['404 and an irreversible act', 404, unknown, irreversible, 2],
  ['404 in no form at all and an irreversible act', 404, 'gone', irreversible, 2],
  ['400 in words and a read', 400, inWords, { repeatable: true }, 2],
  ['400 in words and what can be undone', 400, inWords, { reversibility: 1 }, 2],
  ['400 in words and what can only be compensated', 400, inWords, { reversibility: 2 }, 1],
  ['400 in words and an irreversible act', 400, inWords, irreversible, 1],
  ['500 and a read', 500, inWords, { repeatable: true }, 1],
]

test.each(again)('%s: a lost session, and calls made', async (_name, status, body, outbound, calls) => {
  const server = await countingServer(forgetting(status, body))
  const egress = egressWith()
  const act = performed(egress, outboundOf(server.target, 'echo', {}, outbound))
  expect((await act.outcome).status).toBe(calls === 2 ? 'completed' : 'failed')
  expect([server.counts.calls, act.outcomes]).toEqual([calls, 1])
  // Whoever calls next is served in any case.
  await performed(egress, outboundOf(server.target, 'echo', {}, outbound)).outcome
  expect(server.counts.opened).toBe(status === 500 ? 1 : 2)
})

test('what nobody accepted counts as irreversible', async () => {
  const server = await countingServer(forgetting(400, inWords))
  const outbound = outboundOf(server.target, 'echo', {}, { reversibility: 0 })
  const capability = { ...outbound.capability, accepted: false }
  const act = performed(egressWith(), { ...outbound, capability })
  expect((await act.outcome).status).toBe('failed')
  expect(server.counts.calls).toBe(1)
})

test('404 with an answer to the request is that answer, and no lost session', async () => {
  const server = await countingServer((message, response) => {
    const error = { code: -32_601, message: 'no such method' }
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }))
  })
  const act = performed(egressWith(), outboundOf(server.target, 'echo', {}))
  expect(await act.outcome).toMatchObject({ status: 'failed', error: { code: '-32601' } })
  expect([server.counts.calls, server.counts.opened]).toEqual([1, 1])
})

test('a session lost while the rest of an answer is awaited makes no second call: the first was under way', async () => {
  let gets = 0
  const calls: Rpc[] = []
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      gets += 1
      response.writeHead(404).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Rpc
      if (message.method === 'initialize') {
        response.setHeader('mcp-session-id', 's')
        json(response, message.id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} })
      } else if (message.method === 'tools/call') {
        calls.push(message)
        response.setHeader('content-type', 'text/event-stream').end('id: 1\nretry: 1\ndata:\n\n')
      } else response.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const target = mcpTarget({ version: '2025-11-25', url, transport: 'streamable-http' }, ['echo'])
  const act = performed(egressWith(), outboundOf(target, 'echo', {}, { repeatable: true }))
  expect(await act.outcome).toMatchObject({ status: 'failed', error: { code: 'upstream.unreachable' } })
  expect([calls.length, gets > 0]).toEqual([1, true])
})

test('a server is told that the session began before it hears the first call', async () => {
  const server = await countingServer()
  await performed(egressWith(), outboundOf(server.target, 'echo', {})).outcome
  expect(server.seen).toEqual(['initialize', 'notifications/initialized', 'it was taken', 'tools/call'])
})

test('a server that asks more than it takes answers for is answered no more', () => {
  let open = 0
  const posted: unknown[] = []
  const transport = new HttpTransport({
    upstream: {
      ...upstream,
      send(request) {
        open += 1
        posted.push(request.body)
        return { abort: () => undefined, resume: () => undefined }
      },
    },
    clock: handClock(),
    url: new URL('http://127.0.0.1:1/mcp'),
    answerTimeoutMs: 1000,
  })
  for (let id = 0; id < 100_000; id++) transport.send({ jsonrpc: '2.0', id, result: {} }, () => undefined)
  expect(open).toBe(512)
  transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled' }, () => undefined)
  expect(open).toBe(513)
})
