import type { Pending } from '../../approval/approval.ts'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import type { A2aClient } from '@ambit/testkit/a2a-client'
import { testHolder } from '@ambit/testkit/a2a-gateway'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

const pending: Pending = {
  id: 'p1',
  act: '0'.repeat(32),
  state: 'pending',
  holder: testHolder('ada').key,
  subject: 'p_ada',
  organization: 'org',
  expiresAt: Date.parse('2030-01-01T00:00:00Z'),
}

let agent: A2aAgent
let node: A2aNode
let asks = true
beforeAll(async () => {
  agent = await startA2aAgent()
  node = await startA2aNode({
    agents: { echo: agent.url },
    decide: () => (asks ? node.gateway.pendings.get('p1') : undefined),
  })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await agent.close()
})
beforeEach(() => {
  asks = true
  node.gateway.pendings.set('p1', pending)
})

function become(change: Partial<Pending>): void {
  node.gateway.pendings.set('p1', { ...node.gateway.pendings.get('p1')!, ...change })
  node.tell('p1')
}

const byBoth = ['JSONRPC', 'HTTP+JSON'] as const
const get = async (client: A2aClient, id = 'ambit-p1') => await client.getTask({ tenant: '', id })

test.each(byBoth)('tells over %s that a person must decide, and where', async (binding) => {
  const client = await a2aClient(node.agentUrl('echo'), binding, 'ada')
  const answer = await client.sendMessage(textRequest('hello', { contextId: 'c7' }))
  if (!('status' in answer)) throw new Error('a task was expected')
  expect([answer.id, answer.contextId, answer.status?.state]).toEqual([
    'ambit-p1',
    'c7',
    TaskState.TASK_STATE_AUTH_REQUIRED,
  ])
  const [said, data] = answer.status?.message?.parts ?? []
  expect(said?.content?.value).toContain('http://console.example/approvals/p1')
  expect(data?.content?.value).toEqual({
    approvalUrl: 'http://console.example/approvals/p1',
    approvalId: 'p1',
    expires: '2030-01-01T00:00:00.000Z',
  })
  expect((await get(client)).contextId).toBe('c7')
})

test.each(byBoth)('tells the same as a stream over %s', async (binding) => {
  const client = await a2aClient(node.agentUrl('echo'), binding, 'ada')
  const events: (string | undefined)[] = []
  for await (const event of client.sendMessageStream(textRequest('hello'))) events.push(event.payload?.$case)
  expect(events).toEqual(['task'])
})

const states: readonly (readonly [Partial<Pending>, TaskState])[] = [
  [{ state: 'pending' }, TaskState.TASK_STATE_AUTH_REQUIRED],
  [{ state: 'approved' }, TaskState.TASK_STATE_WORKING],
  [{ state: 'performing' }, TaskState.TASK_STATE_WORKING],
  [{ state: 'denied' }, TaskState.TASK_STATE_REJECTED],
  [{ state: 'expired' }, TaskState.TASK_STATE_REJECTED],
  [{ state: 'void' }, TaskState.TASK_STATE_FAILED],
  [
    { state: 'done', outcome: { status: 'failed', error: { code: 'upstream.timeout', detail: 'x' } } },
    TaskState.TASK_STATE_FAILED,
  ],
  [
    { state: 'done', outcome: { status: 'failed', answer: '{"error":{"code":-32001}}' } },
    TaskState.TASK_STATE_FAILED,
  ],
  [{ state: 'done', outcome: { status: 'unknown' } }, TaskState.TASK_STATE_FAILED],
  [{ state: 'done', outcome: { status: 'cancelled' } }, TaskState.TASK_STATE_CANCELED],
  [{ state: 'done', outcome: { status: 'completed', answer: 'not JSON' } }, TaskState.TASK_STATE_COMPLETED],
]

test.each(states)('shows an approval that is %o as a task', async (change, state) => {
  become(change)
  const client = await a2aClient(node.agentUrl('echo'), 'JSONRPC', 'ada')
  const task = await get(client)
  expect([task.id, task.status?.state]).toEqual(['ambit-p1', state])
})

test('gives a message that was the answer in a finished task', async () => {
  const answer = JSON.stringify({ message: { messageId: 'a', role: 'ROLE_AGENT', parts: [{ text: 'yes' }] } })
  become({ state: 'done', outcome: { status: 'completed', answer } })
  const client = await a2aClient(node.agentUrl('echo'), 'HTTP+JSON', 'ada')
  const task = await get(client)
  expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED)
  expect(answerText(task.status!.message!)).toBe('yes')
})

test("hands over to the agent's own task, which is the caller's from then on", async () => {
  asks = false
  const bob = await a2aClient(node.agentUrl('echo'), 'JSONRPC', 'bob')
  const client = await a2aClient(node.agentUrl('echo'), 'JSONRPC', 'ada')
  // Performed on the node's own account after the approval: no caller has seen the task yet.
  const direct = await a2aClient(agent.url, 'JSONRPC')
  const made = await direct.sendMessage(textRequest('hello'))
  if (!('status' in made)) throw new Error('a task was expected')
  await expect(get(client, made.id)).rejects.toMatchObject({ name: 'TaskNotFoundError' })
  const answer = JSON.stringify({
    task: { id: made.id, contextId: 'c', status: { state: 'TASK_STATE_COMPLETED' } },
  })
  become({ state: 'done', outcome: { status: 'completed', answer } })
  expect((await get(client)).id).toBe(made.id)
  expect((await get(client, made.id)).status?.state).toBe(TaskState.TASK_STATE_COMPLETED)
  await expect(get(bob, made.id)).rejects.toMatchObject({ name: 'TaskNotFoundError' })
})

test.each(byBoth)('streams over %s how it is decided until it is done', async (binding) => {
  const client = await a2aClient(node.agentUrl('echo'), binding, 'ada')
  const seen: (number | undefined)[] = []
  for await (const event of client.resubscribeTask({ tenant: '', id: 'ambit-p1' })) {
    const { payload } = event
    const state =
      payload?.$case === 'task' || payload?.$case === 'statusUpdate' ? payload.value.status?.state : undefined
    seen.push(state)
    if (state === TaskState.TASK_STATE_AUTH_REQUIRED) become({ state: 'approved' })
    if (state === TaskState.TASK_STATE_WORKING) become({ state: 'done', outcome: { status: 'completed' } })
  }
  expect(seen).toEqual([
    TaskState.TASK_STATE_AUTH_REQUIRED,
    TaskState.TASK_STATE_WORKING,
    TaskState.TASK_STATE_COMPLETED,
  ])
})

test('takes no message for a decision, and shows it to nobody else', async () => {
  const client = await a2aClient(node.agentUrl('echo'), 'JSONRPC', 'ada')
  const bob = await a2aClient(node.agentUrl('echo'), 'JSONRPC', 'bob')
  await expect(client.sendMessage(textRequest('approved!', { taskId: 'ambit-p1' }))).rejects.toMatchObject({
    name: 'UnsupportedOperationError',
  })
  await expect(get(bob)).rejects.toMatchObject({ name: 'TaskNotFoundError' })
  await expect(bob.cancelTask({ tenant: '', id: 'ambit-p1', metadata: undefined })).rejects.toMatchObject({
    name: 'TaskNotFoundError',
  })
  expect((await get(client)).status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
})

test.each(byBoth)('cancelling over %s takes the question back, until a person decided', async (binding) => {
  const client = await a2aClient(node.agentUrl('echo'), binding, 'ada')
  const cancel = { tenant: '', id: 'ambit-p1', metadata: undefined }
  expect((await client.cancelTask(cancel)).status?.state).toBe(TaskState.TASK_STATE_CANCELED)
  expect((await get(client)).status?.state).toBe(TaskState.TASK_STATE_CANCELED)
  become({ state: 'performing' })
  await expect(client.cancelTask(cancel)).rejects.toMatchObject({ name: 'TaskNotCancelableError' })
})
