import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { rawGrpcCaller } from '@ambit/testkit/a2a-grpc-raw'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * A2A over gRPC through a whole node: the card tells where, the mandate decides, and what a caller is told is the same
 * as over the other bindings.
 */

let node: TestNode
let talker: A2aAgent
let web: A2aAgent
let access: TestAccess

beforeAll(async () => {
  talker = await startA2aAgent({ bindings: ['GRPC'], delayMs: 5, name: 'Talker' })
  web = await startA2aAgent({ bindings: ['JSONRPC'], delayMs: 5, name: 'Web' })
  node = await startTestNode()
  await bringOnline(node.ambit, { url: talker.url }, 'talker')
  await bringOnline(node.ambit, { url: web.url }, 'web')
  access = await everything(['talker', 'web'])
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await Promise.all([talker.close(), web.close()])
})

async function everything(targets: readonly string[]): Promise<TestAccess> {
  return await allow(
    node.ambit,
    targets.map((target) => ({ target, capability: '*', decision: 'autonomous' })),
  )
}

function agentUrl(slug: string): string {
  return `${node.url}/a2a/${slug}`
}

test('the card names the gRPC interface, and the official client finds its way with it', async () => {
  const card = (await (await fetch(`${agentUrl('talker')}/.well-known/agent-card.json`)).json()) as {
    supportedInterfaces: object[]
  }
  expect(card.supportedInterfaces).toContainEqual({
    url: `localhost:${node.grpcPort}`,
    protocolBinding: 'GRPC',
    protocolVersion: '1.0',
    tenant: 'talker',
  })
  for (const slug of ['talker', 'web']) {
    const client = await a2aClient(agentUrl(slug), 'GRPC', access.token)
    const answer = await client.sendMessage(textRequest('hello'))
    expect(answerText(answer)).toBe('echo: hello')
    const texts: string[] = []
    for await (const event of client.sendMessageStream(textRequest('stream'))) {
      if (event.payload?.$case !== 'artifactUpdate') continue
      texts.push(answerText({ artifacts: [event.payload.value.artifact!] } as never))
    }
    expect(texts).toHaveLength(5)
  }
})

test('an agent that speaks gRPC only is reached by a client of JSON-RPC', async () => {
  const client = await a2aClient(agentUrl('talker'), 'JSONRPC', access.token)
  expect(answerText(await client.sendMessage(textRequest('from the web')))).toBe('echo: from the web')
})

test('a refusal says which rule and how to ask, in the details of the status', async () => {
  const reads = await allow(node.ambit, [
    { target: 'talker', capability: 'task.get', decision: 'autonomous' },
  ])
  const raw = rawGrpcCaller(`localhost:${node.grpcPort}`)
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  const before = talker.calls.length
  const answer = await raw.call('SendMessage', { tenant: 'talker', message }, { token: reads.token })
  expect(answer).toMatchObject({
    status: 'PERMISSION_DENIED',
    details: [
      { reason: 'AMBIT_REFUSED', metadata: { code: 'mandate.no-entry', howToAsk: expect.any(String) } },
    ],
  })
  expect(talker.calls.length).toBe(before)
  raw.close()
})

test('an act that a person must decide is a task that says so, and goes on once it is decided', async () => {
  const asking = await allow(node.ambit, [{ target: 'talker', capability: '*', decision: 'ask' }])
  const client = await a2aClient(agentUrl('talker'), 'GRPC', asking.token)
  const answer = await client.sendMessage(textRequest('may I?'))
  if (!('status' in answer)) throw new Error('a task was expected')
  expect(answer.status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
  const part = answer.status?.message?.parts[0]?.content
  const id =
    new RegExp(`${node.url}/approvals/(\\w+)`).exec(part?.$case === 'text' ? part.value : '')?.[1] ?? ''
  expect(talker.calls.some((call) => call.text === 'may I?')).toBe(false)
  const watching = client.resubscribeTask({ tenant: '', id: answer.id })
  await watching.next()
  await node.ambit.approvals.approve(id, (await node.ambit.approvals.get(id)).digest)
  const seen: unknown[] = []
  for await (const { payload } of watching) {
    if (payload?.$case === 'task') seen.push(payload.value.status?.state)
    if (payload?.$case === 'statusUpdate') seen.push(payload.value.status?.state)
  }
  expect(seen.at(-1)).toBe(TaskState.TASK_STATE_COMPLETED)
  const task = await client.getTask({ tenant: '', id: answer.id })
  expect(answerText(task)).toBe('echo: may I?')
})

test('a name means the agent of the own organisation, and an agent of another is not there', async () => {
  const own = await startA2aAgent({ bindings: ['GRPC'], delayMs: 5, name: 'Own' })
  const added = await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
  const north = (await signInOwner(node.url, added.signInLink)).ambit
  await bringOnline(north, { url: own.url }, 'own')
  const everywhere = { target: '*', capability: '*', decision: 'autonomous' } as const
  const { token } = await allow(north, [everywhere])
  const raw = rawGrpcCaller(`localhost:${node.grpcPort}`)
  const sent = async (tenant: string) => {
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: `to ${tenant}` }] }
    return await raw.call('SendMessage', { tenant, message }, { token })
  }
  const { record } = await node.ambit.records.get('talker')
  const before = talker.calls.length
  expect(await sent('own')).toMatchObject({ status: 'OK' })
  expect(own.calls).toHaveLength(1)
  const nobodys = await sent('nobody')
  for (const tenant of ['talker', record.id]) expect(await sent(tenant)).toEqual(nobodys)
  // The same holds for the bindings over HTTP, and for the cards: shown a token, of its organisation's agents alone.
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'a2a-version': '1.0',
  }
  const post = async (slug: string) => {
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'over http' }] }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } })
    return await (await fetch(agentUrl(slug), { method: 'POST', headers, body })).text()
  }
  const card = async (slug: string, shown = {}) =>
    (await fetch(`${agentUrl(slug)}/.well-known/agent-card.json`, { headers: shown })).status
  expect(await post('own')).toContain('echo: over http')
  expect(await post('talker')).toBe(await post('nobody'))
  expect(await Promise.all([card('own', headers), card('talker', headers), card('own')])).toEqual([
    200, 404, 404,
  ])
  expect(talker.calls.length).toBe(before)
  raw.close()
  await own.close()
})

test('a recall ends a stream of gRPC that is under way, at the caller and at the agent', async () => {
  const short = await startA2aAgent({ bindings: ['GRPC'], delayMs: 5, name: 'Short' })
  await bringOnline(node.ambit, { url: short.url }, 'short')
  const { token } = await everything(['short'])
  const client = await a2aClient(agentUrl('short'), 'GRPC', token)
  const stream = client.sendMessageStream(textRequest('hold'))
  const heard: unknown[] = []
  const ended = expect(
    (async () => {
      for await (const event of stream) heard.push(event)
    })(),
  ).rejects.toThrow(/Stopped by Ambit/)
  await until('the stream is open', () => (heard.length > 1 ? true : undefined))
  const recalled = await node.ambit.records.recall('short', { note: 'leaks' })
  expect(recalled.stopped).toBe(1)
  await ended
  await short.cancellation()
  await short.close()
})

test('a caller that goes away ends its view of a task, and nothing else', async () => {
  const client = await a2aClient(agentUrl('talker'), 'GRPC', access.token)
  const stream = client.sendMessageStream(textRequest('hold'))
  let id = ''
  while (id === '') {
    const event = (await stream.next()).value
    if (event?.payload?.$case === 'statusUpdate') id = event.payload.value.taskId
  }
  const gone = new AbortController()
  const view = client.resubscribeTask({ tenant: '', id }, { signal: gone.signal })
  await view.next()
  await until('two acts are under way', async () => (await node.ambit.status()).inFlight === 2)
  gone.abort()
  await until('the view ended', async () => (await node.ambit.status()).inFlight === 1)
  expect(talker.cancelled).not.toContain(id)
  await client.cancelTask({ tenant: '', id, metadata: undefined })
  await until('the act ended', async () => (await node.ambit.status()).inFlight === 0)
})

test('a node without gRPC says so in its cards and listens nowhere', async () => {
  await using other = await startTestNode({ env: { AMBIT_GRPC_PORT: 'off' } })
  expect(other.grpcPort).toBe(0)
  await bringOnline(other.ambit, { url: web.url }, 'web')
  const card = await (await fetch(`${other.url}/a2a/web/.well-known/agent-card.json`)).text()
  expect(card).not.toContain('GRPC')
})
