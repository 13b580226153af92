import { checkPromise } from '@ambit/core/promise-check'
import type { LogSource } from '@ambit/core/log/source'
import type { Receipt } from '@ambit/core/receipt'
import type { ReceiptAnswer } from '@ambit/core/wire/receipt-wish'
import { verifyPromise, verifyReceipt } from '@ambit/sdk/verify'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { rawGrpcCaller } from '@ambit/testkit/a2a-grpc-raw'
import { logAddresses } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { send } from '@ambit/testkit/raw-http'
import { modernCall, rawCall, startRawMcpServer } from '@ambit/testkit/raw-mcp'
import type { Json } from '@ambit/testkit/raw-modern'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * An answer that carries the receipt of its act, or the log's promise of it: in every protocol and binding, for results
 * and refusals, and never unasked.
 */

const key = 'ambit/receipt'
const header = 'ambit-receipt'

let node: TestNode
let server: TestMcpServer
let agent: A2aAgent
let token = ''
let vkeys: readonly string[]

beforeAll(async () => {
  server = await startMcpServer({ eras: 'both' })
  agent = await startA2aAgent({ bindings: ['JSONRPC', 'HTTP+JSON'], delayMs: 5, name: 'Talker' })
  node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  await bringOnline(node.ambit, { url: agent.url }, 'talker')
  token = (
    await allow(node.ambit, [
      ...['echo', 'fail', 'slow'].map((capability) => ({
        target: 'desk',
        capability,
        decision: 'autonomous' as const,
      })),
      { target: 'desk', capability: 'add', decision: 'user' },
      { target: 'talker', capability: '*', decision: 'autonomous' },
    ])
  ).token
  vkeys = (await node.ambit.status()).ledgers.map((ledger) => ledger.vkey)
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
  await agent.close()
})

/** Holds what an answer carries against the log's key. */
async function proves(carried: unknown, kinds: readonly string[], last: object): Promise<Receipt> {
  const { act, url, log, receipt, promise, why } = carried as ReceiptAnswer
  expect(why).toBeUndefined()
  expect(promise).toBeUndefined()
  expect(url).toBe(`${node.url}/api/acts/${act}/receipt`)
  const verdict = await verifyReceipt(receipt, { vkeys })
  if (!verdict.ok) throw new Error(verdict.reason)
  expect(verdict).toMatchObject({ act, keyPinned: true, logs: [{ origin: log }] })
  expect(verdict.leaves.map(({ leaf }) => leaf.kind)).toEqual(kinds)
  expect(verdict.leaves.at(-1)?.leaf).toMatchObject(last)
  return receipt!
}

const whole = ['act.intent', 'act.outcome']

function modern(wish: unknown, name: string, args: unknown, more: Json = {}) {
  const { headers, body } = modernCall({ token, name, args, ...more })
  const message = JSON.parse(body) as Json
  if (wish !== undefined) message['params']._meta[key] = wish
  return { method: 'POST', path: '/mcp', headers, body: JSON.stringify(message) }
}

describe('MCP of 2026-07-28', () => {
  test('carries the whole receipt', async () => {
    const answer = await send(node.port, modern('receipt', 'echo', { text: 'hello' }))
    const { result } = answer.json() as Json
    expect(result).toMatchObject({ resultType: 'complete', content: [{ text: 'hello' }] })
    await proves(result._meta[key], whole, { status: 'completed' })
  })

  test('rewrites the bytes of a server only where it is asked, and the server never hears of the wish', async () => {
    const wires: string[] = []
    await using raw = await startRawMcpServer((message, response) => {
      wires.push(JSON.stringify(message))
      // A spelling of its own, which no writer of JSON here would choose.
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        `{"jsonrpc":"2.0", "id":${JSON.stringify(message.id)}, "result":{"resultType":"complete","content":[],"_meta":{"own":1}}}`,
      )
    })
    await bringOnline(node.ambit, { url: raw.url }, 'raw')
    const access = await allow(node.ambit, [{ target: 'raw', capability: '*', decision: 'autonomous' }])
    const call = async (wish: unknown) =>
      await send(node.port, modern(wish, 'echo', { text: 'x' }, { token: access.token }))
    expect((await call(undefined)).text).toContain('"2.0", "id"')
    const { result } = (await call('receipt')).json() as Json
    expect(result._meta.own).toBe(1)
    await proves(result._meta[key], whole, { status: 'completed' })
    expect(wires).toHaveLength(2)
    for (const wire of wires) expect(wire).not.toContain(key)
  })

  test('carries nothing unasked', async () => {
    const answer = await rawCall(node.port, { token, name: 'echo', args: { text: 'hello' } })
    expect(answer.text).not.toContain(key)
    expect(answer.headers[header]).toBeUndefined()
  })

  test('takes the wish from a header, and what stands in the message before it', async () => {
    const request = modern('handle', 'echo', { text: 'hello' })
    const both = { ...request, headers: { ...request.headers, [header]: 'receipt' } }
    const { result } = (await send(node.port, both)).json() as Json
    expect(Object.keys(result._meta[key]).sort()).toEqual(['act', 'log', 'url'])
    const plain = modern(undefined, 'echo', { text: 'hello' })
    const asked = { ...plain, headers: { ...plain.headers, 'Ambit-Receipt': 'promise' } }
    const promised = (await send(node.port, asked)).json() as Json
    expect(await verifyPromise(promised['result']._meta[key].promise, { vkeys })).toMatchObject({ ok: true })
  })

  test('a promise is kept by the receipt that comes later, and by the log itself', async () => {
    const { result } = (await send(node.port, modern('promise', 'echo', { text: 'hello' }))).json() as Json
    const { act, promise } = result._meta[key] as ReceiptAnswer
    expect(promise?.leaves.map(({ kind }) => kind)).toEqual(whole)
    const receipt = await node.ambit.acts.receipt(act)
    expect(await checkPromise(promise, { receipt }, { vkeys })).toMatchObject({ state: 'kept' })
    const [address] = await logAddresses(node.url, 'activity')
    const source: LogSource = {
      async read(path) {
        const answer = await fetch(`${address}/${path}`)
        return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined
      },
    }
    const now = Date.parse(promise!.at) + promise!.mergeDelayMs
    expect(await checkPromise(promise, { source, now }, { vkeys })).toMatchObject({ state: 'kept' })
  })

  test('a refusal, a failure of the tool and a stream carry it as well', async () => {
    const refused = (await send(node.port, modern('receipt', 'add', { a: 1, b: 2 }))).json() as Json
    expect(refused['result'].isError).toBe(true)
    await proves(refused['result']._meta[key], ['act.refused'], { reasons: [{ code: 'user.only' }] })
    const failed = (await send(node.port, modern('receipt', 'fail', {}))).json() as Json
    expect(failed['result'].isError).toBe(true)
    await proves(failed['result']._meta[key], whole, { status: 'completed' })
    const streamed = await send(node.port, modern('receipt', 'slow', { steps: 3 }, { progressToken: 'p' }))
    const messages = streamed.text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as Json)
    expect(messages.length).toBeGreaterThan(1)
    await proves(messages.at(-1)!['result']._meta[key], whole, { status: 'completed' })
  })

  test('an act that a person approved carries the steps of its approval too', async () => {
    const asks = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'ask' }])
    const call = async (more: Json = {}) =>
      (
        (
          await send(node.port, modern('receipt', 'echo', { text: 'asked' }, { token: asks.token, ...more }))
        ).json() as Json
      )['result'] as Json
    expect(await call()).toMatchObject({ isError: true })
    const [card] = (await node.ambit.approvals.list({ state: 'pending' })).approvals
    await node.ambit.approvals.approve(card!.id, card!.digest)
    const kinds = ['approval', 'approval', 'act.intent', 'act.outcome']
    let answer: Json = {}
    await until('it was performed', async () => (answer = await call())['isError'] !== true)
    const { receipt } = answer['_meta'][key] as ReceiptAnswer
    expect(receipt).toBeDefined()
    const verdict = await verifyReceipt(receipt, { vkeys })
    expect(verdict.ok && verdict.leaves.map(({ leaf }) => leaf.kind)).toEqual(expect.arrayContaining(kinds))
    // Asked by a client that can be sent to an address, it comes back with the state it was given.
    const state = { requestState: `ambit-approval:${card!.id}` }
    const collected = await call({ params: state })
    expect((collected['_meta'][key] as ReceiptAnswer).receipt?.act).toBe(receipt?.act)
  })

  test('an unreadable wish is refused before anything is done', async () => {
    const before = server.calls.length
    for (const wish of ['everything', 1, {}, ['receipt'], true]) {
      const answer = (await send(node.port, modern(wish, 'echo', { text: 'x' }))).json() as Json
      expect(answer['error'], JSON.stringify(wish)).toMatchObject({ code: -32602 })
      expect(answer['error'].message).toContain('handle, promise, receipt')
    }
    expect(server.calls.length).toBe(before)
  })
})

test('MCP of the older eras carries it in results and errors', async () => {
  const call = async (
    name: string,
    args: object,
    wish: Json,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    (
      await send(node.port, {
        method: 'POST',
        path: '/mcp',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'mcp-protocol-version': '2025-11-25',
          ...headers,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 7,
          method: 'tools/call',
          params: { name, arguments: args, ...wish },
        }),
      })
    ).json() as Json
  const inMeta = await call('echo', { text: 'old' }, { _meta: { [key]: 'receipt' } })
  await proves(inMeta['result']._meta[key], whole, { status: 'completed' })
  const inHeader = await call('add', { a: 1, b: 2 }, {}, { [header]: 'receipt' })
  await proves(inHeader['result']._meta[key], ['act.refused'], {})
  expect((await call('echo', { text: 'x' }, { _meta: { [key]: 'all' } }))['error'].message).toContain(
    'handle',
  )
  expect(JSON.stringify(await call('echo', { text: 'x' }, {}))).not.toContain(key)
})

const message = (metadata?: Json) => ({
  message: { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hi' }] },
  ...(metadata === undefined ? {} : { metadata }),
})

function carriedBy(value: Json): unknown {
  const carrier = value['task'] ?? value['message'] ?? value['statusUpdate'] ?? value
  return carrier.metadata?.[key]
}

describe('A2A', () => {
  const authorized = () => ({ authorization: `Bearer ${token}`, 'a2a-version': '1.0' })
  const rpc = async (method: string, params: unknown, headers: Json = {}) =>
    await send(node.port, {
      method: 'POST',
      path: '/a2a/talker',
      headers: { ...authorized(), ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })

  test('over JSON-RPC, asked in the request or in its message or by a header', async () => {
    for (const [params, headers] of [
      [message({ [key]: 'receipt' }), {}],
      [{ message: { ...message().message, metadata: { [key]: 'receipt' } } }, {}],
      [message(), { [header]: 'receipt' }],
    ] as const) {
      const answer = await rpc('SendMessage', params, headers)
      const carried = carriedBy(answer.json()['result'] as Json)
      await proves(carried, whole, { status: 'completed' })
      expect(answer.headers[header]).toBe((carried as ReceiptAnswer).url)
      // The wish is for the node.
      expect(agent.bodies.at(-1)).toContain('SendMessage')
      expect(agent.bodies.at(-1)).not.toContain(key)
    }
    const plain = await rpc('SendMessage', message())
    expect(plain.text).not.toContain(key)
    expect(plain.headers[header]).toBeUndefined()
    const wrong = await rpc('SendMessage', message({ [key]: 'all' }))
    expect(wrong.json()['error']).toMatchObject({ code: -32602 })
  })

  test('in the last event of a stream', async () => {
    const answer = await rpc('SendStreamingMessage', message({ [key]: 'receipt' }))
    const events = answer.text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => (JSON.parse(line.slice(6)) as Json)['result'] as Json)
    expect(events.length).toBeGreaterThan(2)
    await proves(carriedBy(events.at(-1)!), whole, { status: 'completed' })
    for (const event of events.slice(0, -1)) expect(JSON.stringify(event)).not.toContain(key)
  })

  test('over HTTP+JSON, and a refusal in its details', async () => {
    const body = JSON.stringify(message())
    const headers = { ...authorized(), [header]: 'receipt' }
    const path = '/a2a/talker/message:send'
    const answer = await send(node.port, { method: 'POST', path, headers, body })
    await proves(carriedBy(answer.json()), whole, { status: 'completed' })
    const other = await allow(node.ambit, [{ target: 'talker', capability: '*', decision: 'user' }])
    const refused = await send(node.port, {
      method: 'POST',
      path,
      headers: { ...headers, authorization: `Bearer ${other.token}` },
      body,
    })
    const { details } = refused.json()['error'] as Json
    const { metadata } = details.find((each: Json) => each['reason'] === 'AMBIT_RECEIPT') as Json
    expect(metadata.receipt, JSON.stringify(metadata)).toBeDefined()
    const receipt = JSON.parse(metadata.receipt as string) as Receipt
    await proves({ ...metadata, receipt }, ['act.refused'], { reasons: [{ code: 'user.only' }] })
    expect(refused.headers[header]).toBe(metadata.url)
  })

  test('a refusal that does not say whether a thing is there has no receipt either', async () => {
    const blind = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'autonomous' }])
    const headers = { authorization: `Bearer ${blind.token}`, [header]: 'receipt' }
    const answer = await rpc('SendMessage', message(), headers)
    expect(answer.json()['error']).toBeDefined()
    expect(answer.text).not.toContain('AMBIT_RECEIPT')
    expect(answer.headers[header]).toBeUndefined()
  })

  test('over gRPC, asked by metadata', async () => {
    const caller = rawGrpcCaller(`localhost:${node.grpcPort}`)
    const asked = { token, metadata: [[header, 'receipt']] as const }
    const answer = await caller.call('SendMessage', { tenant: 'talker', ...message() }, asked)
    expect(answer.status).toBe('OK')
    await proves(carriedBy(answer.answers[0]!), whole, { status: 'completed' })
    const other = await allow(node.ambit, [{ target: 'talker', capability: '*', decision: 'user' }])
    const refused = await caller.call(
      'SendMessage',
      { tenant: 'talker', ...message() },
      { ...asked, token: other.token },
    )
    expect(refused.details).toContainEqual(
      expect.objectContaining({
        reason: 'AMBIT_RECEIPT',
        metadata: expect.objectContaining({ url: expect.stringContaining('/api/acts/') }),
      }),
    )
    caller.close()
  })

  test('of 0.3', async () => {
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'message/send',
      params: {
        message: { kind: 'message', messageId: 'm3', role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
        metadata: { [key]: 'receipt' },
      },
    }
    const headers = { authorization: `Bearer ${token}`, 'a2a-version': '0.3' }
    const answer = await send(node.port, {
      method: 'POST',
      path: '/a2a/talker',
      headers,
      body: JSON.stringify(body),
    })
    await proves(carriedBy(answer.json()['result'] as Json), whole, { status: 'completed' })
  })
})
