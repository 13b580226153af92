import { request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { send } from '@ambit/testkit/raw-http'
import { answerJson, modernCall, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Callers that go away, callers that read slowly, and a node that stops: what runs for nobody is ended, what nobody
 * reads is not kept, and what is under way is answered.
 */

const args = { text: 'hello' }

describe('a caller that goes away', () => {
  let node: TestNode
  beforeAll(async () => {
    node = await startTestNode()
  })
  afterAll(async () => await node[Symbol.asyncDispose]())

  const kinds = ['modern', 'latest', 'first'] as const
  const eras = ['modern', 'legacy'] as const
  test.each(kinds.flatMap((kind) => eras.map((era) => [kind, era] as const)))(
    'a %s client that aborts ends the call at a server of the %s era, and no other',
    async (kind, eras) => {
      const server = await startMcpServer({ eras })
      const slug = `${kind}-${eras}`
      await bringOnline(node.ambit, { url: server.url }, slug)
      const access = await allow(node.ambit, [{ target: slug, capability: '*', decision: 'autonomous' }])
      const client = await connectMcpClient(access.mcpUrl, { token: access.token, kind })
      const abort = new AbortController()
      const aborted = client
        .call('slow', { steps: 100_000 }, { signal: abort.signal })
        .then(JSON.stringify, String)
      await until('the server has the call', () => server.calls.length === 1)
      const other = client.call('slow', { steps: 100 })
      await until('the server has the other call', () => server.calls.length === 2)
      abort.abort()
      await aborted
      await until('the server was told', () => server.calls[0]?.cancelled)
      expect(await other).toMatchObject({ content: [{ text: 'done' }] })
      expect(server.calls[1]?.cancelled).toBeUndefined()
      const statuses = (await node.ambit.acts.list({ limit: 2 })).acts.map((act) => act.status)
      expect(new Set(statuses)).toEqual(new Set(['cancelled', 'completed']))
      await client.close()
      await server.close()
    },
  )

  test('a client whose connection breaks ends the call too', async () => {
    const server = await startMcpServer({ eras: 'modern' })
    await bringOnline(node.ambit, { url: server.url }, 'broken')
    const access = await allow(node.ambit, [{ target: 'broken', capability: '*', decision: 'autonomous' }])
    const { headers, body } = modernCall({ token: access.token, name: 'slow', args: { steps: 100_000 } })
    const outgoing = request({
      port: node.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/mcp',
      headers,
      agent: false,
    })
    outgoing.on('error', () => undefined)
    outgoing.end(body)
    await until('the server has the call', () => server.calls.length === 1)
    expect(server.calls[0]?.cancelled).toBeUndefined()
    outgoing.destroy()
    await until('the server was told', () => server.calls[0]?.cancelled)
    await until('nothing is under way', async () => (await node.ambit.status()).inFlight === 0)
    await server.close()
  })

  test('an A2A client that leaves its stream ends nothing: the act goes on to its own end', async () => {
    const agent = await startA2aAgent({ delayMs: 50, pieces: 5 })
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
    const access = await allow(node.ambit, [{ target: 'greeter', capability: '*', decision: 'autonomous' }])
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    let events = 0
    for await (const event of client.sendMessageStream(textRequest('slow'))) {
      if (event !== undefined && ++events === 2) break
    }
    const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
    await until('nothing is under way', async () => (await node.ambit.status()).inFlight === 0)
    const seen = (await node.ambit.acts.list({ limit: 10 })).acts.find((each) => each.act === act?.act)
    expect([seen?.status, agent.cancelled]).toEqual(['completed', []])
    await agent.close()
  })
})

test('a reader that does not read is waited for, not stored for', async () => {
  const events = 1000
  const line = (at: number) =>
    `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'p', progress: at, message: 'x'.repeat(64 * 1024) } })}\n\n`
  const totalBytes = events * line(1).length
  let sent = 0
  await using upstream = await startRawMcpServer(({ id }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let at = 0
    const pump = (): void => {
      while (at < events) {
        const text = line(++at)
        sent += text.length
        if (!response.write(text)) {
          response.once('drain', pump)
          return
        }
      }
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: textResult('the end') })}\n\n`)
    }
    pump()
  })
  await using node = await spawnNode()
  await bringOnline(node.ambit, { url: upstream.url }, 'talker')
  const access = await allow(node.ambit, [{ target: 'talker', capability: '*', decision: 'autonomous' }])
  const memory = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
  }
  const call = modernCall({ token: access.token, args, progressToken: 'p' })
  // A reader that reads gets all of it.
  const fast = await send(node.port, { method: 'POST', path: '/mcp', ...call })
  expect(fast.text.length).toBeGreaterThan(totalBytes)
  expect(fast.text).toContain('the end')

  sent = 0
  const before = await memory()
  const outgoing = request({
    port: node.port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/mcp',
    headers: call.headers,
    agent: false,
  })
  outgoing.end(call.body)
  const incoming = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve))
  incoming.pause()
  let last = -1
  let still = 0
  await until(
    'the upstream is held back',
    () => {
      still = sent === last && sent > 0 ? still + 1 : 0
      last = sent
      return still >= 50
    },
    20_000,
  )
  expect(sent).toBeLessThan(totalBytes / 3)
  expect((await memory()) - before).toBeLessThan(totalBytes / 2)
  let read = 0
  let end = ''
  incoming.on('data', (chunk: Buffer) => {
    read += chunk.length
    end = (end + chunk.toString()).slice(-200)
  })
  incoming.resume()
  await new Promise((resolve) => incoming.once('end', resolve))
  expect(read).toBeGreaterThan(totalBytes)
  expect(end).toContain('the end')
})

describe('a node that stops', () => {
  test('answers what is under way, refuses what is new, and is live and ready until then', async () => {
    const held: (() => void)[] = []
    await using upstream = await startRawMcpServer(({ id }, response: ServerResponse) => {
      held.push(() => answerJson(response, id, textResult('in the end')))
    })
    const node = await startTestNode()
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    const health = async (path: string) => await send(node.metricsPort, { path })
    expect((await health('/health/live')).json()).toEqual({ status: 'live' })
    expect((await health('/health/ready')).json()).toEqual({ status: 'ready' })
    const underWay = rawCall(node.port, { token: access.token, args })
    await until('the server has the call', () => held.length === 1)
    const stopped = node.stop()
    const refused = await until('new acts are refused', async () => {
      const answer = await rawCall(node.port, { token: access.token, args })
      return answer.status === 503 && answer
    })
    expect(refused.text).toContain('node.draining')
    expect((await health('/health/live')).status).toBe(200)
    held[0]!()
    expect((await underWay).json()).toMatchObject({ result: { content: [{ text: 'in the end' }] } })
    await stopped
    await expect(rawCall(node.port, { token: access.token, args })).rejects.toThrow('ECONNREFUSED')
    expect(held).toHaveLength(1)
    await node[Symbol.asyncDispose]()
  })

  test('does not wait for streams that only tell clients of changes', async () => {
    const server = await startMcpServer()
    const node = await startTestNode()
    await bringOnline(node.ambit, { url: server.url }, 'desk')
    const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    let changes = 0
    const client = await connectMcpClient(access.mcpUrl, {
      token: access.token,
      onListChanged: () => void changes++,
    })
    await node.ambit.records.suspend('desk')
    await until('the stream of the client is open', () => changes > 0)
    let isOver = false
    const stopped = node.stop().then(() => (isOver = true))
    await until('the node has stopped', () => isOver, 5000)
    await stopped
    await client.close()
    await node[Symbol.asyncDispose]()
    await server.close()
  })
})
