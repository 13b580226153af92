import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Binding = 'JSONRPC' | 'HTTP+JSON' | 'GRPC'
const crossings: readonly (readonly [Binding, Binding])[] = [
  ['JSONRPC', 'JSONRPC'],
  ['HTTP+JSON', 'HTTP+JSON'],
  ['JSONRPC', 'HTTP+JSON'],
  ['HTTP+JSON', 'JSONRPC'],
  ['GRPC', 'GRPC'],
  ['GRPC', 'JSONRPC'],
  ['GRPC', 'HTTP+JSON'],
  ['JSONRPC', 'GRPC'],
  ['HTTP+JSON', 'GRPC'],
]

describe.each(crossings)('the official client over %s to an agent over %s', (client, agent) => {
  let upstream: A2aAgent
  let node: A2aNode
  beforeAll(async () => {
    upstream = await startA2aAgent({ bindings: [agent], delayMs: 5 })
    node = await startA2aNode({ agents: { echo: upstream.url } })
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await upstream.close()
  })

  test('sends a message and gets the finished task', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const answer = await caller.sendMessage(textRequest('hello'))
    if (!('status' in answer)) throw new Error('a task was expected')
    expect(answer.status?.state).toBe(TaskState.TASK_STATE_COMPLETED)
    expect(answerText(answer)).toBe('echo: hello')
  })

  test('gets a message where the agent answers with one', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    expect(answerText(await caller.sendMessage(textRequest('a message please')))).toBe(
      'echo: a message please',
    )
  })

  test('streams every piece in order and ends with the last state', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const kinds: string[] = []
    const texts: string[] = []
    for await (const event of caller.sendMessageStream(textRequest('stream this'))) {
      kinds.push(event.payload?.$case ?? '')
      const part =
        event.payload?.$case === 'artifactUpdate'
          ? event.payload.value.artifact?.parts[0]?.content
          : undefined
      if (part?.$case === 'text') texts.push(part.value)
    }
    expect(texts).toEqual(['0', '1', '2', '3', '4'].map((piece) => `${piece} stream this`))
    expect(kinds[0]).toBe('task')
    expect(kinds.at(-1)).toBe('statusUpdate')
  })

  test('asks for its task, lists it, and another holder sees neither', async () => {
    const ada = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const bob = await a2aClient(node.agentUrl('echo'), client, 'bob')
    const answer = await ada.sendMessage(textRequest('mine'))
    if (!('status' in answer)) throw new Error('a task was expected')
    const { id } = answer
    expect((await ada.getTask({ tenant: '', id })).id).toBe(id)
    expect((await listed(ada)).tasks.map((task) => task.id)).toContain(id)
    const others = await listed(bob)
    expect([others.tasks, others.totalSize]).toEqual([[], 0])
    await expect(bob.getTask({ tenant: '', id })).rejects.toMatchObject({ name: 'TaskNotFoundError' })
    await expect(bob.cancelTask({ tenant: '', id, metadata: undefined })).rejects.toMatchObject({
      name: 'TaskNotFoundError',
    })
    await expect(bob.sendMessage(textRequest('yours?', { taskId: id }))).rejects.toMatchObject({
      name: 'TaskNotFoundError',
    })
  })

  test('cancels a task that is being worked on', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    let cancelled: string | undefined
    let last: number | undefined
    for await (const event of caller.sendMessageStream(textRequest('hold'))) {
      if (event.payload?.$case === 'statusUpdate') {
        last = event.payload.value.status?.state
        if (last === TaskState.TASK_STATE_WORKING) {
          cancelled = event.payload.value.taskId
          await caller.cancelTask({ tenant: '', id: cancelled, metadata: undefined })
        }
      }
    }
    expect(upstream.cancelled).toContain(cancelled)
    expect(last).toBe(TaskState.TASK_STATE_CANCELED)
  })

  test('subscribes to a task and hears how it ends', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const states: (number | undefined)[] = []
    for await (const event of caller.sendMessageStream(textRequest('hold'))) {
      if (event.payload?.$case !== 'statusUpdate') continue
      const id = event.payload.value.taskId
      if (event.payload.value.status?.state !== TaskState.TASK_STATE_WORKING) continue
      for await (const seen of caller.resubscribeTask({ tenant: '', id })) {
        if (seen.payload?.$case === 'task') {
          states.push(seen.payload.value.status?.state)
          await caller.cancelTask({ tenant: '', id, metadata: undefined })
        } else if (seen.payload?.$case === 'statusUpdate') states.push(seen.payload.value.status?.state)
      }
    }
    expect(states).toEqual([TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_CANCELED])
  })

  test('hears the error of the agent in the words of its own binding', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const answer = await caller.sendMessage(textRequest('hi'))
    if (!('status' in answer)) throw new Error('a task was expected')
    await expect(caller.cancelTask({ tenant: '', id: answer.id, metadata: undefined })).rejects.toMatchObject(
      {
        name: 'TaskNotCancelableError',
      },
    )
  })

  test('tells failed, rejected and waiting tasks apart', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const states: unknown[] = []
    const outcomes: unknown[] = []
    for (const text of ['fail', 'reject', 'ask']) {
      const outcome = node.gateway.nextOutcome()
      const answer = await caller.sendMessage(textRequest(text))
      states.push('status' in answer ? answer.status?.state : undefined)
      outcomes.push((await outcome).status)
    }
    expect(states).toEqual([
      TaskState.TASK_STATE_FAILED,
      TaskState.TASK_STATE_REJECTED,
      TaskState.TASK_STATE_INPUT_REQUIRED,
    ])
    expect(outcomes).toEqual(['failed', 'failed', 'completed'])
  })

  test('a caller that goes away in the middle of a stream cancels nothing and finds its task again', async () => {
    const caller = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const away = new AbortController()
    const outcome = node.gateway.nextOutcome()
    let id = ''
    const stream = caller.sendMessageStream(textRequest('hold'), { signal: away.signal })
    await expect(
      (async () => {
        for await (const event of stream) {
          if (event.payload?.$case === 'statusUpdate') {
            id = event.payload.value.taskId
            away.abort()
          }
        }
      })(),
    ).rejects.toThrow()
    const states: (number | undefined)[] = []
    for await (const seen of caller.resubscribeTask({ tenant: '', id })) {
      if (seen.payload?.$case === 'task') {
        states.push(seen.payload.value.status?.state)
        expect(upstream.cancelled).not.toContain(id)
        await caller.cancelTask({ tenant: '', id, metadata: undefined })
      } else if (seen.payload?.$case === 'statusUpdate') states.push(seen.payload.value.status?.state)
    }
    expect(states).toEqual([TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_CANCELED])
    // The act that the caller left ended as the task did, and not because it was left.
    expect((await outcome).error?.code).toBe('TASK_STATE_CANCELED')
    expect(node.gateway.cancelled).toEqual([])
  })

  test('a conversation of another holder is not found', async () => {
    const ada = await a2aClient(node.agentUrl('echo'), client, 'ada')
    const bob = await a2aClient(node.agentUrl('echo'), client, 'bob')
    const answer = await ada.sendMessage(textRequest('mine'))
    if (!('status' in answer)) throw new Error('a task was expected')
    const { contextId } = answer
    const named = `c-${client}-${answer.id}`
    const calls = upstream.calls.length
    await expect(bob.sendMessage(textRequest('yours?', { contextId }))).rejects.toMatchObject({
      name: 'TaskNotFoundError',
    })
    expect(upstream.calls).toHaveLength(calls)
    expect(await ada.sendMessage(textRequest('more', { contextId }))).toMatchObject({ contextId })
    expect(await ada.sendMessage(textRequest('named by ada', { contextId: named }))).toMatchObject({
      contextId: named,
    })
    await expect(bob.sendMessage(textRequest('and that?', { contextId: named }))).rejects.toMatchObject({
      name: 'TaskNotFoundError',
    })
  })
})

async function listed(client: Awaited<ReturnType<typeof a2aClient>>) {
  return await client.listTasks({
    tenant: '',
    contextId: '',
    status: TaskState.TASK_STATE_UNSPECIFIED,
    pageToken: '',
    pageSize: 50,
    historyLength: undefined,
    statusTimestampAfter: undefined,
    includeArtifacts: false,
  })
}
