import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { rawGrpcCaller } from '@ambit/testkit/a2a-grpc-raw'
import type { RawCaller } from '@ambit/testkit/a2a-grpc-raw'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../../../kernel/limits.ts'

let agent: A2aAgent
let node: A2aNode
let alone: A2aNode
let caller: RawCaller
let lonely: RawCaller
beforeAll(async () => {
  agent = await startA2aAgent({ bindings: ['GRPC'], tenant: 'house' })
  node = await startA2aNode({ agents: { echo: agent.url, other: agent.url } })
  alone = await startA2aNode({ agents: { echo: agent.url } })
  caller = rawGrpcCaller(node.grpcAddress)
  lonely = rawGrpcCaller(alone.grpcAddress)
})
afterAll(async () => {
  caller.close()
  lonely.close()
  await node[Symbol.asyncDispose]()
  await alone[Symbol.asyncDispose]()
  await agent.close()
})

const ada = { token: 'ada' }
function hello(tenant: string, text = 'hello'): object {
  return { tenant, message: { messageId: 'm1', role: 'ROLE_USER', parts: [{ text }] } }
}

test('the tenant names the agent, and the agent hears of its own tenant only', async () => {
  const { status, answers } = await caller.call('SendMessage', hello('echo'), ada)
  expect(status).toBe('OK')
  expect(answers).toMatchObject([{ task: { status: { state: 'TASK_STATE_COMPLETED' } } }])
  expect(agent.grpcRequests.at(-1)?.tenant).toBe('house')
})

test('what follows the name of the agent is its tenant', async () => {
  const plain = await startA2aAgent({ bindings: ['GRPC'] })
  const other = await startA2aNode({ agents: { echo: plain.url } })
  const raw = rawGrpcCaller(other.grpcAddress)
  expect((await raw.call('SendMessage', hello('echo/branch/7'), ada)).status).toBe('OK')
  expect(plain.grpcRequests.at(-1)?.tenant).toBe('branch/7')
  raw.close()
  await other[Symbol.asyncDispose]()
  await plain.close()
})

test('a caller who sees one agent only need not name it; one who sees more must', async () => {
  expect((await lonely.call('SendMessage', hello(''), ada)).status).toBe('OK')
  expect(await caller.call('SendMessage', hello(''), ada)).toMatchObject({
    status: 'PERMISSION_DENIED',
    details: [{ reason: 'AMBIT_REFUSED', metadata: { code: 'mandate.no-entry' } }],
  })
})

test('an agent that there is not is answered like one that may not be seen', async () => {
  for (const tenant of ['nobody', '../echo', 'ECHO', 'echo\0'])
    expect((await caller.call('SendMessage', hello(tenant), ada)).status, tenant).toBe('PERMISSION_DENIED')
})

test('no token, and one that nobody has, are unauthenticated before the message is read', async () => {
  const large = Buffer.alloc(limits.actBodyBytesMax * 2)
  for (const options of [{}, { token: 'mallory' }]) {
    expect(await caller.call('SendMessage', large, options)).toMatchObject({
      status: 'UNAUTHENTICATED',
      details: [{ reason: 'AMBIT_UNAUTHENTICATED' }],
    })
  }
})

test.each([[null], [''], ['0.3'], ['2.0'], ['1.0, 1.0']])(
  'the version %s is not supported',
  async (version) => {
    expect(await caller.call('SendMessage', hello('echo'), { ...ada, version })).toMatchObject({
      status: 'FAILED_PRECONDITION',
      details: [{ reason: 'VERSION_NOT_SUPPORTED', domain: 'a2a-protocol.org' }],
    })
  },
)

test('metadata that comes twice or is too long is refused', async () => {
  for (const metadata of [
    [['authorization', 'Bearer bob']],
    [['a2a-extensions', 'x'.repeat(9000)]],
    [['origin', 'https://evil.example']],
  ] as const) {
    expect(
      (await caller.call('SendMessage', hello('echo'), { ...ada, metadata })).status,
      metadata[0][0],
    ).not.toBe('OK')
  }
})

test('extensions and the trace travel on', async () => {
  const trace = 'a'.repeat(32)
  const metadata = [
    ['a2a-extensions', 'urn:a,urn:b'],
    ['traceparent', `00-${trace}-${'b'.repeat(16)}-01`],
  ] as const
  await caller.call('SendMessage', hello('echo'), { ...ada, metadata })
  const received = agent.grpcRequests.at(-1)?.metadata
  expect(received?.['a2a-extensions']).toBe('urn:a,urn:b')
  expect(received?.['traceparent']).toContain(trace)
  expect(received?.['authorization']).toBeUndefined()
})

test.each([
  ['bytes that are no message', Buffer.from('ffffffffff', 'hex')],
  ['a message that ends too soon', Buffer.from([0x12, 0x7f])],
])('%s are invalid, and the connection goes on', async (_, bytes) => {
  expect(await caller.call('SendMessage', bytes, ada)).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: [{ reason: 'PARSE_ERROR' }],
  })
  expect((await caller.call('SendMessage', hello('echo'), ada)).status).toBe('OK')
})

test('a message without what it must have is invalid', async () => {
  for (const body of [{ tenant: 'echo' }, { tenant: 'echo', message: { messageId: 'm', parts: [] } }]) {
    expect(await caller.call('SendMessage', body, ada)).toMatchObject({
      status: 'INVALID_ARGUMENT',
      details: [{ reason: 'INVALID_PARAMS' }],
    })
  }
})

test('an oversized message is refused, and the connection goes on', async () => {
  const text = 'x'.repeat(limits.actBodyBytesMax)
  expect((await caller.call('SendMessage', hello('echo', text), ada)).status).toBe('RESOURCE_EXHAUSTED')
  expect((await caller.call('SendMessage', hello('echo'), ada)).status).toBe('OK')
})

test('the errors of A2A have the codes and details of its table', async () => {
  const missing = await caller.call('GetTask', { tenant: 'echo', id: 'nope' }, ada)
  expect(missing).toMatchObject({
    status: 'NOT_FOUND',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'TASK_NOT_FOUND',
        domain: 'a2a-protocol.org',
      },
    ],
  })
  expect((await caller.call('SubscribeToTask', { tenant: 'echo', id: 'nope' }, ada)).status).toBe('NOT_FOUND')
})

test('an error of the agent comes with the details that the agent gave', async () => {
  const { answers } = await caller.call('SendMessage', hello('echo'), ada)
  const { id } = (answers[0] as { task: { id: string } }).task
  expect(await caller.call('CancelTask', { tenant: 'echo', id }, ada)).toMatchObject({
    status: 'FAILED_PRECONDITION',
    details: [{ reason: 'TASK_NOT_CANCELABLE', domain: 'a2a-protocol.org' }],
  })
})

test('a deadline that passes ends a view at the agent too', async () => {
  const stream = caller.stream('SendStreamingMessage', hello('echo', 'hold'), ada)
  const id = await new Promise<string>((resolve) => {
    stream.once('data', () => resolve(agent.calls.at(-1)!.taskId))
    stream.on('error', () => undefined)
  })
  const before = node.gateway.cancelled.length
  const answer = await caller.call(
    'SubscribeToTask',
    { tenant: 'echo', id },
    { ...ada, call: { deadline: Date.now() + 200 } },
  )
  expect(answer.status).toBe('DEADLINE_EXCEEDED')
  await expect.poll(() => node.gateway.cancelled.length).toBe(before + 1)
  await caller.call('CancelTask', { tenant: 'echo', id }, ada)
})

test('one holder sees no task of another', async () => {
  const { answers } = await caller.call('SendMessage', hello('echo'), ada)
  const { id } = (answers[0] as { task: { id: string } }).task
  const bob = { token: 'bob' }
  expect((await caller.call('GetTask', { tenant: 'echo', id }, bob)).status).toBe('NOT_FOUND')
  expect((await caller.call('CancelTask', { tenant: 'echo', id }, bob)).status).toBe('NOT_FOUND')
  expect((await caller.call('SubscribeToTask', { tenant: 'echo', id }, bob)).status).toBe('NOT_FOUND')
  const { answers: lists } = await caller.call('ListTasks', { tenant: 'echo' }, bob)
  expect(lists).toEqual([{ tasks: [], nextPageToken: '', pageSize: expect.any(Number), totalSize: 0 }])
  expect((await caller.call('GetTask', { tenant: 'echo', id }, ada)).status).toBe('OK')
})
