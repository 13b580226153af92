import { request as httpRequest } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../../kernel/limits.ts'
import type { Intake } from '../gateway.ts'

let agent: A2aAgent
let node: A2aNode
let decide:
  | ((intake: Intake) => ReturnType<NonNullable<Parameters<typeof startA2aNode>[0]['decide']>>)
  | undefined
beforeAll(async () => {
  agent = await startA2aAgent()
  node = await startA2aNode({ agents: { echo: agent.url }, decide: (intake) => decide?.(intake) })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await agent.close()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Record<string, unknown> & {
    error?: Record<string, unknown>
    result?: Record<string, unknown>
  }
}

const ada = { authorization: 'Bearer ada', 'a2a-version': '1.0', 'content-type': 'application/json' }

async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${node.url}/a2a/${path}`, { headers: ada, ...init })
  const text = await response.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {}
  return { status: response.status, headers: response.headers, text, body }
}

const post = async (path: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  await send(path, {
    method: 'POST',
    body: typeof value === 'string' ? value : JSON.stringify(value),
    headers: { ...ada, ...headers },
  })

const message = (text: string, more: object = {}) => ({
  message: { messageId: 'm1', role: 'ROLE_USER', parts: [{ text }], ...more },
})
const rpc = (method: string, params: unknown, id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params })

test('passes a request on byte for byte and its answer back byte for byte', async () => {
  const raw = JSON.stringify(rpc('SendMessage', message('hello'), 'id-1'))
  const answer = await post('echo', raw)
  expect(agent.bodies.at(-1)).toBe(raw)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.body).toMatchObject({
    id: 'id-1',
    result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
  })
  expect(Buffer.from(node.gateway.outcomes.at(-1)!.wire!).toString()).toBe(answer.text)
})

test('does not pass on a text that says a member twice, but what was read in it', async () => {
  const raw = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{}},"params":${JSON.stringify(message('second'))}}`
  const answer = await post('echo', raw)
  expect(answer.body.result).toBeDefined()
  expect(agent.bodies.at(-1)).toContain('second')
  expect(agent.bodies.at(-1)).not.toContain('{"message":{}}')
})

test('answers HTTP+JSON as application/a2a+json', async () => {
  const answer = await post('echo/message:send', message('hello'))
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/a2a+json'])
  expect(answer.body).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } })
})

const wrongRpc: readonly (readonly [string, unknown, number, Record<string, string>?])[] = [
  ['not JSON', '{"jsonrpc":', -32700],
  ['nested too deeply', '['.repeat(200_000) + ']'.repeat(200_000), -32700],
  ['a batch', '[]', -32600],
  ['no id', { jsonrpc: '2.0', method: 'SendMessage', params: message('x') }, -32600],
  ['another JSON-RPC', { ...rpc('SendMessage', message('x')), jsonrpc: '1.0' }, -32600],
  ['a method of 0.3', rpc('message/send', message('x')), -32601],
  ['a method of all objects', rpc('toString', {}), -32601],
  ['no parameters', rpc('SendMessage', undefined), -32602],
  ['no message', rpc('SendMessage', {}), -32602],
  ['a message without parts', rpc('SendMessage', message('x', { parts: [] })), -32602],
  ['a second spelling of a task id', rpc('SendMessage', message('x', { task_id: 't1' })), -32602],
  ['a task without an id', rpc('GetTask', {}), -32602],
  ['a task nobody has', rpc('GetTask', { id: 'nobody' }), -32001],
  [
    'push notifications',
    rpc('SendMessage', {
      ...message('x'),
      configuration: { taskPushNotificationConfig: { url: 'http://x' } },
    }),
    -32003,
  ],
  ['a push configuration', rpc('CreateTaskPushNotificationConfig', { taskId: 't', url: 'http://x' }), -32003],
  ['the extended card', rpc('GetExtendedAgentCard', {}), -32004],
  ['another version', rpc('GetTask', { id: 'x' }), -32009, { 'a2a-version': '0.3' }],
  ['an empty version', rpc('GetTask', { id: 'x' }), -32009, { 'a2a-version': '' }],
  ['another media type', rpc('GetTask', { id: 'x' }), -32005, { 'content-type': 'text/plain' }],
  ['a compressed body', rpc('GetTask', { id: 'x' }), -32005, { 'content-encoding': 'br' }],
]

test.each(wrongRpc.map(([name, ...row]) => ({ name, row })))(
  'refuses $name with its own error',
  async ({ row }) => {
    const [body, code, headers] = row
    const before = node.gateway.intakes.length
    const answer = await post('echo', body, headers ?? {})
    expect([answer.status, answer.body.error?.['code'], node.gateway.intakes.length]).toEqual([
      200,
      code,
      before,
    ])
  },
)

const wrongRest: readonly (readonly [string, string, string, number, string?])[] = [
  ['an operation that is none', 'GET', 'echo/nothing', 404],
  ['another verb', 'DELETE', 'echo/tasks', 405],
  ['broken percent-encoding', 'GET', 'echo/tasks/%zz', 400],
  ['a number that is none', 'GET', 'echo/tasks?pageSize=many', 400],
  ['a parameter given twice', 'GET', 'echo/tasks?pageSize=1&pageSize=2', 400],
  ['a body that is not JSON', 'POST', 'echo/message:send', 400, '{'],
  ['a task nobody has', 'GET', 'echo/tasks/nobody', 404],
]

test.each(wrongRest.map(([name, ...row]) => ({ name, row })))(
  'refuses $name in the form of AIP-193',
  async ({ row }) => {
    const [method, path, status, body] = row
    const answer = await send(path, { method, ...(body === undefined ? {} : { body }) })
    expect([answer.status, answer.body.error?.['code']]).toEqual([status, status])
    expect(answer.body.error?.['status']).toMatch(/^[A-Z_]+$/)
  },
)

test('takes the version from the query as well', async () => {
  const answer = await post('echo/message:send?A2A-Version=1.0', message('hello'), { 'a2a-version': '' })
  expect(answer.status).toBe(200)
  expect(node.gateway.intakes.at(-1)?.arguments).toEqual(message('hello'))
})

test('asks who it is, in the form of the binding', async () => {
  const missing = await post('echo', rpc('GetTask', { id: 'x' }), { authorization: '' })
  const unknown = await post('echo/message:send', message('x'), { authorization: 'Bearer eve' })
  expect([missing.status, unknown.status]).toEqual([401, 401])
  expect(missing.headers.get('www-authenticate')).toMatch(/^Bearer realm="ambit"/)
  expect(unknown.headers.get('www-authenticate')).toContain('error="invalid_token"')
  expect(missing.body).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } })
  expect(unknown.body).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } })
})

test('refuses a body over the limit', async () => {
  const answer = await post('echo', 'x'.repeat(limits.actBodyBytesMax + 1))
  expect([answer.status, answer.body.error?.['code']]).toEqual([413, -32603])
})

test('refuses a governed header that comes twice', async () => {
  const status = await new Promise<number>((resolve, reject) => {
    const to = httpRequest(`${node.url}/a2a/echo/tasks`, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    to.on('error', reject)
    to.setHeader('authorization', 'Bearer ada')
    to.setHeader('a2a-version', ['1.0', '0.3'])
    to.end()
  })
  expect(status).toBe(400)
})

test('says the same about a name nothing has and one the mandate does not mention', async () => {
  decide = () => ({
    class: 'refuse',
    reasons: [{ code: 'mandate.no-entry', rule: 'm_ada', what: 'No.', evidence: 'capability' }],
    obligations: [],
  })
  try {
    const unknown = await post('nobody', rpc('SendMessage', message('x')))
    const closed = await post('echo', rpc('SendMessage', message('x')))
    expect(unknown.body.error).toEqual(closed.body.error)
    expect(closed.body.error).toMatchObject({
      code: -32000,
      data: [
        { reason: 'AMBIT_REFUSED', domain: 'ambit', metadata: { code: 'mandate.no-entry', rule: 'm_ada' } },
      ],
    })
  } finally {
    decide = undefined
  }
})

test('tells which rule refused and how to ask, in both bindings', async () => {
  const reason = {
    code: 'user.only',
    rule: 'm_7',
    what: 'Only the person does this.',
    howToAsk: 'Ask the person.',
  }
  decide = () => ({ class: 'refuse', reasons: [reason], obligations: [] })
  try {
    const inRpc = await post('echo', rpc('SendMessage', message('x')))
    const inRest = await post('echo/message:send', message('x'))
    expect([inRpc.status, inRest.status]).toEqual([200, 403])
    expect(inRpc.body.error?.['message']).toContain(
      'Only the person does this. [user.only, rule m_7] Ask the person.',
    )
    expect(inRest.body.error).toMatchObject({
      status: 'PERMISSION_DENIED',
      details: [
        {
          reason: 'AMBIT_REFUSED',
          metadata: { code: 'user.only', rule: 'm_7', howToAsk: 'Ask the person.' },
        },
      ],
    })
  } finally {
    decide = undefined
  }
})

test('maps a fault of the node to its status', async () => {
  decide = () => new Fault('node.draining', { detail: 'it is stopping' })
  try {
    const inRpc = await post('echo', rpc('SendMessage', message('x')))
    const inRest = await post('echo/message:stream', message('x'))
    expect([inRpc.status, inRest.status, inRest.body.error?.['status']]).toEqual([503, 503, 'UNAVAILABLE'])
    expect(inRpc.body.error?.['data']).toMatchObject([
      { metadata: { code: 'node.draining', retryable: 'true' } },
    ])
  } finally {
    decide = undefined
  }
})

test('serves no card of an agent that is not active, held or unknown', async () => {
  await using other = await startA2aNode({
    agents: { echo: agent.url },
    change: (target) => ({ ...target, state: 'suspended' }),
  })
  await using held = await startA2aNode({
    agents: { echo: agent.url },
    change: (target) => {
      const capabilities = [...target.capabilities].map(
        ([id, capability]) => [id, { ...capability, held: true }] as const,
      )
      return { ...target, capabilities: new Map(capabilities) }
    },
  })
  const statuses = await Promise.all(
    [other.agentUrl('echo'), held.agentUrl('echo'), node.agentUrl('nobody'), node.agentUrl('../x')].map(
      async (url) => (await fetch(`${url}/.well-known/agent-card.json`)).status,
    ),
  )
  expect(statuses).toEqual([404, 404, 404, 404])
})

test('refuses to stream from an agent whose card does not', async () => {
  const plain = await startA2aAgent({ streaming: false })
  await using other = await startA2aNode({ agents: { echo: plain.url } })
  const response = await fetch(`${other.agentUrl('echo')}/message:stream`, {
    method: 'POST',
    headers: ada,
    body: JSON.stringify(message('stream')),
  })
  expect(await response.json()).toMatchObject({ error: { details: [{ reason: 'UNSUPPORTED_OPERATION' }] } })
  await plain.close()
})
