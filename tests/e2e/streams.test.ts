import { request } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { send } from '@ambit/testkit/raw-http'
import { answerJson, modernCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Long streams: a client that does not read holds its upstream back, and nothing of what it does not read is kept.
 */

const megabyte = 2 ** 20
const streamBytes = 200 * megabyte
const text = 'x'.repeat(64 * 1024)

interface Source {
  /** What the socket of the source took. */
  written: number
  closed: boolean
}

/** Writes events up to 200 MB as fast as they are taken. */
function pour(response: ServerResponse, source: Source, line: () => string): void {
  source.written = 0
  source.closed = false
  response.on('close', () => (source.closed = true))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const pump = (): void => {
    while (source.written < streamBytes && !response.destroyed) {
      const event = line()
      source.written += event.length
      if (!response.write(event)) {
        response.once('drain', pump)
        return
      }
    }
  }
  pump()
}

let node: SpawnedNode
const source: Source = { written: 0, closed: false }
const ends: AsyncDisposable[] = []
let token = ''
let mcpUrl = ''

beforeAll(async () => {
  node = await spawnNode()
  let progress = 0
  const server = await startRawMcpServer((message, response) => {
    const meta = (message.params as { _meta?: { progressToken?: unknown } })._meta
    pour(response, source, () => {
      const params = { progressToken: meta?.progressToken, progress: ++progress, message: text }
      return `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`
    })
  })
  const agent = await startRawAgent(({ id, text: asked }, response) => {
    if (asked.includes('CancelTask')) {
      answerJson(response, id, { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_CANCELED' } })
      return
    }
    pour(response, source, () => {
      const artifact = { artifactId: 'a', parts: [{ text }] }
      const artifactUpdate = { taskId: 't1', contextId: 'c1', artifact, append: true, lastChunk: false }
      return `data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { artifactUpdate } })}\n\n`
    })
  })
  ends.push(server, agent)
  await bringOnline(node.ambit, { url: server.url }, 'talker')
  await bringOnline(node.ambit, { url: agent.url }, 'agent')
  const access = await allow(node.ambit, [{ target: '*', capability: '*', decision: 'autonomous' }])
  token = access.token
  mcpUrl = access.mcpUrl
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  for (const end of ends) await end[Symbol.asyncDispose]()
})

async function residentBytes(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
}

/** Opens a stream and takes nothing of it. */
async function openUnread(
  path: string,
  headers: OutgoingHttpHeaders,
  body: string,
): Promise<IncomingMessage> {
  const outgoing = request({
    host: '127.0.0.1',
    port: node.port,
    method: 'POST',
    path,
    headers,
    agent: false,
  })
  outgoing.end(body)
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  incoming.on('error', () => undefined)
  return incoming.pause()
}

interface Unread {
  readonly incoming: IncomingMessage
  /** As the protocol ends a call. */
  stop(): void | Promise<void>
}

async function sessionHeaders(): Promise<Record<string, string>> {
  const client = await connectMcpClient(mcpUrl, { token })
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-session-id': client.sessionId!,
    'mcp-protocol-version': client.version!,
  }
}

function hangsUp(incoming: IncomingMessage): Unread {
  return { incoming, stop: () => void incoming.destroy() }
}

const protocols: Readonly<Record<string, () => Promise<Unread>>> = {
  async 'MCP 2026-07-28'() {
    const { headers, body } = modernCall({ token, args: {}, progressToken: 'p' })
    return hangsUp(await openUnread('/mcp', headers, body))
  },
  async 'an MCP session'() {
    const params = { name: 'echo', arguments: {}, _meta: { progressToken: 'p' } }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params })
    const headers = await sessionHeaders()
    return {
      incoming: await openUnread('/mcp', headers, body),
      // A connection that breaks is not a cancellation there (2025-11-25, transports).
      async stop() {
        const notification = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }
        await send(node.port, { method: 'POST', path: '/mcp', headers, body: JSON.stringify(notification) })
      },
    }
  },
  async A2A() {
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'talk' }] }
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'a2a-version': '1.0',
    }
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'SendStreamingMessage',
      params: { message },
    })
    return hangsUp(await openUnread('/a2a/agent', headers, body))
  },
}

describe('a stream of 200 MB that its client does not read', () => {
  test.each(Object.keys(protocols))(
    'over %s holds the upstream back, and ends with the client',
    async (name) => {
      const before = await residentBytes()
      const unread = await protocols[name]!()
      let last = -1
      let still = 0
      await until(
        'the upstream is held back',
        () => {
          still = source.written === last && source.written > 0 ? still + 1 : 0
          last = source.written
          return still >= 50
        },
        20_000,
      )
      // What two connections hold in their kernels, and little more; the rest was never taken from the upstream.
      expect(source.written).toBeLessThan(60 * megabyte)
      expect((await residentBytes()) - before).toBeLessThan(60 * megabyte)
      expect(source.closed).toBe(false)
      await unread.stop()
      await until('the upstream hears that it is over', () => source.closed)
      await until('nothing is under way', async () => (await node.ambit.status()).inFlight === 0)
      const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
      expect(act).toMatchObject({ status: 'cancelled' })
      unread.incoming.destroy()
    },
  )
})

describe('an answer that takes too long', () => {
  const slow: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'comes one byte at a time': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
    'stops in the middle': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"jsonrpc":')
    },
    'breaks off in the middle': (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
      response.write('{"jsonrpc":', () => response.destroy())
    },
  }
  test('is given up, and the act says so', async () => {
    await using inner = await startTestNode({ env: { AMBIT_UPSTREAM_TIMEOUT_MS: '300' } })
    for (const [at, answer] of Object.values(slow).entries()) {
      await using server = await startRawMcpServer((_message, response) => answer(response))
      const slug = `slow-${at}`
      await bringOnline(inner.ambit, { url: server.url }, slug)
      const own = await allow(inner.ambit, [{ target: slug, capability: '*', decision: 'autonomous' }])
      const client = await connectMcpClient(own.mcpUrl, { token: own.token, kind: 'modern' })
      const code = at === 2 ? 'upstream.unreachable' : 'upstream.timeout'
      await expect(client.call('echo', {})).rejects.toThrow(code)
      const [act] = (await inner.ambit.acts.list({ limit: 1 })).acts
      expect(act).toMatchObject({ target: { slug }, status: 'failed', error: code })
      await until('nothing stays open', () => server.open === 0)
      await client.close()
    }
  })

  test('is waited for where there is time', async () => {
    await using inner = await startTestNode()
    await using server = await startRawMcpServer(({ id }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const whole = JSON.stringify({ jsonrpc: '2.0', id, result: textResult('in the end') })
      let at = 0
      const timer = setInterval(() => {
        response.write(whole.slice(at, at + 10))
        at += 10
        if (at < whole.length) return
        clearInterval(timer)
        response.end()
      }, 10)
    })
    await bringOnline(inner.ambit, { url: server.url }, 'patient')
    const own = await allow(inner.ambit, [{ target: 'patient', capability: '*', decision: 'autonomous' }])
    const client = await connectMcpClient(own.mcpUrl, { token: own.token, kind: 'modern' })
    expect(await client.call('echo', {})).toMatchObject({ content: [{ text: 'in the end' }] })
    await client.close()
  })
})
