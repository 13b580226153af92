import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, a2aClient03, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPush } from '../push/push-request.ts'

/** One agent of 1.0 alone, one of 0.3 alone, one of both, each behind the same node. */
let modern: A2aAgent
let former: A2aAgent
let both: A2aAgent
let node: A2aNode
beforeAll(async () => {
  modern = await startA2aAgent()
  former = await startA2aAgent({ legacy: 'only' })
  both = await startA2aAgent({ legacy: 'also' })
  node = await startA2aNode({ agents: { modern: modern.url, former: former.url, both: both.url } })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  for (const agent of [modern, former, both]) await agent.close()
})

const bindings = ['JSONRPC', 'HTTP+JSON'] as const
const agents = ['modern', 'former', 'both'] as const
const pairs = agents.flatMap((agent) => bindings.map((binding) => [agent, binding] as const))

test.each(pairs)('a client of 0.3 talks to an agent %s over %s', async (slug, binding) => {
  const client = a2aClient03(node.agentUrl(slug), binding, 'ada')
  const answer = await client.sendMessage(textRequest('hello'))
  expect(answerText(answer)).toBe('echo: hello')
  const task = answer as Exclude<typeof answer, { messageId: string }>
  expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED)
  expect((await client.getTask({ tenant: '', id: task.id, historyLength: undefined })).id).toBe(task.id)
  expect(answerText(await client.sendMessage(textRequest('a message')))).toBe('echo: a message')
})

test.each(pairs)('a client of 0.3 gets the stream of an agent %s over %s', async (slug, binding) => {
  const client = a2aClient03(node.agentUrl(slug), binding, 'ada')
  const states: (TaskState | undefined)[] = []
  let text = ''
  for await (const { payload } of client.sendMessageStream(textRequest('stream'))) {
    if (payload?.$case === 'statusUpdate') states.push(payload.value.status?.state)
    if (payload?.$case === 'artifactUpdate') text += JSON.stringify(payload.value.artifact?.parts)
  }
  expect(states.at(-1)).toBe(TaskState.TASK_STATE_COMPLETED)
  for (let piece = 0; piece < 5; piece++) expect(text).toContain(`${piece} stream`)
})

test.each(pairs)('a client of 1.0 talks to an agent %s over %s', async (slug, binding) => {
  const client = await a2aClient(node.agentUrl(slug), binding, 'ada')
  expect(answerText(await client.sendMessage(textRequest('hello')))).toBe('echo: hello')
  let text = ''
  for await (const { payload } of client.sendMessageStream(textRequest('stream')))
    if (payload?.$case === 'artifactUpdate') text += JSON.stringify(payload.value.artifact?.parts)
  expect(text).toContain('4 stream')
})

test.each(bindings)('a task of an agent of 0.3 is cancelled by a client of 0.3 over %s', async (binding) => {
  const client = a2aClient03(node.agentUrl('former'), binding, 'ada')
  let id = ''
  for await (const { payload } of client.sendMessageStream(textRequest('hold'))) {
    id = payload?.$case === 'task' ? payload.value.id : id
    if (payload?.$case !== 'statusUpdate' || payload.value.status?.state !== TaskState.TASK_STATE_WORKING)
      continue
    await client.cancelTask({ tenant: '', id, metadata: undefined })
    break
  }
  expect(former.cancelled).toContain(id)
})

test('a client of 0.3 does not see the task of another', async () => {
  const ada = a2aClient03(node.agentUrl('modern'), 'JSONRPC', 'ada')
  const answer = await ada.sendMessage(textRequest('hello'))
  const task = answer as Exclude<typeof answer, { messageId: string }>
  for (const binding of bindings) {
    const bob = a2aClient03(node.agentUrl('modern'), binding, 'bob')
    await expect(bob.getTask({ tenant: '', id: task.id, historyLength: undefined })).rejects.toThrow(/task/i)
  }
})

const headers = { authorization: 'Bearer ada', 'content-type': 'application/json' }

async function post(
  path: string,
  value: unknown,
  more: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const init = { method: 'POST', body: JSON.stringify(value), headers: { ...headers, ...more } }
  const response = await fetch(`${node.url}/a2a/${path}`, init)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const message03 = { kind: 'message', messageId: 'm1', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }
const rpc = (method: string, params: unknown) => ({ jsonrpc: '2.0', id: 1, method, params })

test('answers in the words of 0.3', async () => {
  const { body } = await post('modern', rpc('message/send', { message: message03 }))
  expect(body).toMatchObject({
    jsonrpc: '2.0',
    id: 1,
    result: {
      kind: 'task',
      status: { state: 'completed' },
      artifacts: [{ parts: [{ kind: 'text', text: 'echo: hello' }] }],
      history: [{ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }],
    },
  })
  const rest = await post('modern/v1/message:send', {
    message: { messageId: 'm2', role: 'ROLE_USER', content: [{ text: 'hello' }] },
  })
  expect(rest.headers.get('content-type')).toBe('application/json')
  expect(rest.body).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } })
})

test.each(['0.3', '0.3.0', ''])('takes the version %o as 0.3', async (version) => {
  const { body } = await post('modern', rpc('message/send', { message: message03 }), {
    'a2a-version': version,
  })
  expect(body).toMatchObject({ result: { kind: 'task' } })
})

const wrong: readonly (readonly [string, unknown, number, Record<string, string>?])[] = [
  ['a method of 1.0 without a version', rpc('SendMessage', { message: message03 }), -32009],
  ['a method that is none', rpc('message/ssend', {}), -32601],
  ['a method that is none, and no id', { jsonrpc: '2.0', method: 'message/ssend', params: {} }, -32601],
  ['no id', { ...rpc('message/send', { message: message03 }), id: undefined }, -32600],
  ['no id and a message that is none', { ...rpc('message/send', {}), id: undefined }, -32602],
  ['no method', { jsonrpc: '2.0', params: {} }, -32600],
  ['an id of another kind', { ...rpc('message/send', {}), id: { bad: 'type' } }, -32600],
  ['no message', rpc('message/send', { '': 'not_a_dict' }), -32602],
  ['parts that are no list', rpc('message/send', { message: { parts: 'invalid' } }), -32602],
  ['a part of no kind', rpc('message/send', { message: { ...message03, parts: [{ text: 'x' }] } }), -32602],
  ['a task nobody has', rpc('tasks/get', { id: 'nobody' }), -32001],
  ['the extended card of an agent without one', rpc('agent/getAuthenticatedExtendedCard', undefined), -32007],
  ['a version nobody speaks', rpc('message/send', { message: message03 }), -32009, { 'a2a-version': '2.0' }],
]

test.each(wrong.map(([name, ...row]) => ({ name, row })))('refuses $name', async ({ row }) => {
  const [body, code, more] = row
  const answer = await post('modern', body, more)
  expect([answer.status, (answer.body as { error?: { code?: number } }).error?.code]).toEqual([200, code])
})

test('an error is an event where a client of 0.3 asked for a stream, unless the request could not be read', async () => {
  const asked = async (body: unknown): Promise<[string | null, number | undefined]> => {
    const response = await fetch(node.agentUrl('modern'), {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    })
    const answer = JSON.parse((await response.text()).replace('data: ', '')) as { error?: { code: number } }
    return [response.headers.get('content-type'), answer.error?.code]
  }
  expect(await asked(rpc('tasks/resubscribe', { id: 'nobody' }))).toEqual(['text/event-stream', -32001])
  expect(await asked(rpc('message/stream', {}))).toEqual(['application/json', -32602])
})

test('refuses over HTTP+JSON with the error of 0.3 in the body and the status beside it', async () => {
  const none = await fetch(`${node.agentUrl('modern')}/v1/tasks/nobody`, { headers })
  expect([none.status, await none.json()]).toMatchObject([404, { code: -32001 }])
  const unknown = await fetch(`${node.agentUrl('modern')}/v1/nothing`, { headers })
  expect([unknown.status, await unknown.json()]).toMatchObject([501, { code: -32601 }])
  const former10 = await fetch(`${node.agentUrl('modern')}/tasks/nobody`, { headers })
  expect(await former10.json()).toMatchObject({
    message: expect.stringContaining('A2A-Version: 1.0') as string,
  })
  const noToken = await fetch(`${node.agentUrl('modern')}/v1/card`)
  expect([noToken.status, noToken.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="ambit"'])
})

test('passes a request of 0.3 to an agent of 0.3 byte for byte, and its answer back with all it says', async () => {
  const result = {
    kind: 'task',
    id: 't1',
    contextId: 'c1',
    status: { state: 'completed', note: 7 },
    vendor: { a: [1] },
  }
  const agent = await startRawAgent(
    ({ id }, response) =>
      response
        .setHeader('content-type', 'application/json')
        .end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result)}}`),
    { supportedInterfaces: undefined, protocolVersion: '0.3.0', url: '/rpc' },
  )
  await using _agent = agent
  await using own = await startA2aNode({ agents: { raw: agent.url } })
  const message = { ...message03, parts: [{ kind: 'text', text: 'hi', vendor: 1 }], vendor: [true] }
  const raw = JSON.stringify(rpc('message/send', { message, configuration: {}, vendor: {} }))
  const response = await fetch(own.agentUrl('raw'), { method: 'POST', body: raw, headers })
  expect(agent.requests.at(-1)?.text).toBe(raw)
  expect(agent.requests.at(-1)?.headers['a2a-version']).toBe('0.3')
  expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result })
})

test('events of an agent of 0.3 reach a client of 0.3 as they were said', async () => {
  const said = {
    kind: 'status-update',
    taskId: 't1',
    contextId: 'c1',
    status: { state: 'input-required' },
    final: true,
    vendor: 1,
  }
  const agent = await startRawAgent(
    ({ id }, response) =>
      response
        .setHeader('content-type', 'text/event-stream')
        .end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: said })}\n\n`),
    { supportedInterfaces: undefined, protocolVersion: '0.3.0', url: '/rpc' },
  )
  await using _agent = agent
  await using own = await startA2aNode({ agents: { raw: agent.url } })
  const init = {
    method: 'POST',
    body: JSON.stringify(rpc('message/stream', { message: message03 })),
    headers,
  }
  const text = await (await fetch(own.agentUrl('raw'), init)).text()
  expect(JSON.parse(text.replace('data: ', ''))).toEqual({ jsonrpc: '2.0', id: 1, result: said })
})

test('an agent of 0.3 that says what is not of 0.3 is an invalid answer, in either version', async () => {
  const agent = await startRawAgent(
    ({ id }, response) =>
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ jsonrpc: '2.0', id, result: { kind: 'poem' } })),
    { supportedInterfaces: undefined, url: '/rpc' },
  )
  await using _agent = agent
  await using own = await startA2aNode({ agents: { raw: agent.url } })
  for (const [version, body] of [
    ['0.3', rpc('message/send', { message: message03 })],
    ['1.0', rpc('SendMessage', { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] } })],
  ] as const) {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { ...headers, 'a2a-version': version },
    }
    expect(await (await fetch(own.agentUrl('raw'), init)).json()).toMatchObject({ error: { code: -32006 } })
  }
})

test('an answer of 1.0 that 0.3 has no form for is told as that', async () => {
  const agent = await startRawAgent(({ id }, response) =>
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        result: { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ hologram: 1 }] } },
      }),
    ),
  )
  await using _agent = agent
  await using own = await startA2aNode({ agents: { raw: agent.url } })
  const init = { method: 'POST', body: JSON.stringify(rpc('message/send', { message: message03 })), headers }
  expect(await (await fetch(own.agentUrl('raw'), init)).json()).toMatchObject({ error: { code: -32006 } })
})

test('the push of an agent of 0.3 is read as one of 1.0', () => {
  const said = {
    kind: 'status-update',
    taskId: 't1',
    contextId: 'c1',
    status: { state: 'completed' },
    final: true,
  }
  const push = readPush(Buffer.from(JSON.stringify(said)))
  expect(push).toMatchObject({ task: 't1', terminal: true })
  expect(JSON.parse(push.bytes.toString())).toEqual({
    statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } },
  })
  expect(() => readPush(Buffer.from('{"kind":"poem"}'))).toThrow(/kind/)
})
