import { createPublicKey, verify } from 'node:crypto'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent, PushSetting } from '@ambit/testkit/a2a-agent'
import { a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import type { A2aClient } from '@ambit/testkit/a2a-client'
import { readLog } from '@ambit/testkit/log-reader'
import { nodeStores } from '@ambit/testkit/node-stores'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { saying, startWebhook } from '@ambit/testkit/webhook'
import type { Webhook } from '@ambit/testkit/webhook'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

/*
 * Push notifications both ways: a client sets them up here, the agent pushes to this node, and this node to the
 * client's webhook. The agent is on the official SDK with its own sender.
 */

const secrets = { token: 'client-token', authentication: { scheme: 'Bearer', credentials: 'client-secret' } }

describe.each(nodeStores)('push notifications on $name', (store) => {
  let node: TestNode
  let agent: A2aAgent
  let webhook: Webhook
  let access: TestAccess
  let client: A2aClient

  beforeAll(async () => {
    // The SDK's sender tells of each push on the console.
    vi.spyOn(console, 'info').mockImplementation(() => undefined)
    agent = await startA2aAgent({ delayMs: 5, pushes: true })
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: agent.url }, 'teller')
    access = await allow(node.ambit, [{ target: 'teller', capability: '*', decision: 'autonomous' }])
    client = await a2aClient(`${access.a2aUrl}/teller`, 'JSONRPC', access.token)
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await agent.close()
    vi.restoreAllMocks()
  })
  beforeEach(async () => {
    webhook = await startWebhook()
  })
  afterEach(async () => await webhook[Symbol.asyncDispose]())

  const config = (more: Partial<PushSetting> = {}): PushSetting => ({
    tenant: '',
    id: '',
    taskId: '',
    url: webhook.url,
    token: '',
    authentication: undefined,
    ...more,
  })
  const said = () => webhook.received.map((each) => saying(each))

  /** Sends a message with a configuration in it; the task that came of it. */
  async function sendWith(text: string, more: Partial<PushSetting> = {}, by = client): Promise<string> {
    const answer = await by.sendMessage({
      ...textRequest(text),
      configuration: {
        acceptedOutputModes: [],
        taskPushNotificationConfig: config(more),
        historyLength: undefined,
        returnImmediately: false,
      },
    })
    if (!('status' in answer)) throw new Error('a task was expected')
    return answer.id
  }

  /** What the agent knows of the newest setting. */
  const told = (): PushSetting => agent.pushConfigs.at(-1)!

  async function push(body: unknown, headers: Record<string, string>, url = told().url): Promise<Response> {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/a2a+json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }
  const update = (taskId: string, state: string, text = '') => ({
    statusUpdate: {
      taskId,
      contextId: 'c',
      status: { state, ...(text === '' ? {} : { timestamp: text }) },
    },
  })

  test('what an agent pushes reaches the client, in order, and neither learns the other', async () => {
    const id = await sendWith('slow', secrets)
    await until('the end was told', () => said().at(-1) === 'statusUpdate TASK_STATE_COMPLETED')
    expect(said()).toEqual([
      'task TASK_STATE_SUBMITTED',
      'statusUpdate TASK_STATE_WORKING',
      ...Array.from({ length: 5 }, () => 'artifactUpdate'),
      'statusUpdate TASK_STATE_COMPLETED',
    ])
    const [first] = webhook.received
    expect(first?.headers).toMatchObject({
      'content-type': 'application/a2a+json',
      authorization: 'Bearer client-secret',
      'x-a2a-notification-token': 'client-token',
    })
    expect(first?.body['task']?.['id']).toBe(id)
    // The agent has an address of this node and a token of its own.
    expect(told().url).toMatch(new RegExp(`^${node.url}/a2a/push/cb_[0-9a-f]{32}$`))
    expect(JSON.stringify(agent.pushConfigs) + agent.bodies.join('')).not.toMatch(/client-|hook/)
    expect(told().authentication?.credentials).toBe(told().token)
  })

  test('each push is an act of the agent, child of the one that made the task, and its delivery another', async () => {
    const id = await sendWith('hello')
    await until('the end was told', () => said().at(-1) === 'statusUpdate TASK_STATE_COMPLETED')
    await until('nothing is under way', async () => (await node.ambit.status()).inFlight === 0)
    const acts = webhook.received.map(({ headers }) => String(headers['x-ambit-act']))
    // Each push and its delivery: intent and outcome of both.
    const leaves = await until('all is in the log', async () => {
      const all = (await readLog(node.url, 'activity')).map((leaf) => leaf as Record<string, unknown>)
      const own = all.filter(
        (leaf) => acts.includes(String(leaf['act'])) || acts.includes(String(leaf['parent'])),
      )
      const delivered = own.filter((leaf) => leaf['parent'] !== undefined).map((leaf) => leaf['act'])
      return (
        own.length >= acts.length * 3 &&
        all.filter((leaf) => leaf['kind'] === 'act.outcome' && delivered.includes(leaf['act'])).length ===
          acts.length * 2 &&
        all
      )
    })
    expect(new Set(acts).size).toBe(acts.length)
    const { record } = await node.ambit.records.get('teller')
    const intents = leaves.filter((leaf) => leaf['kind'] === 'act.intent')
    const arrived = intents.filter((leaf) => acts.includes(leaf['act'] as string))
    const made = new Set(arrived.map((leaf) => leaf['parent']))
    expect(intents.find((leaf) => made.has(leaf['act']))).toMatchObject({ capability: 'message' })
    expect([made.size, arrived.length]).toEqual([1, acts.length])
    for (const leaf of arrived) {
      expect(leaf).toMatchObject({ capability: 'task.push', decision: 'allow' })
      expect((leaf['callers'] as string[])[0]).toBe(record.id)
    }
    const outcomes = new Map(
      leaves.filter((leaf) => leaf['kind'] === 'act.outcome').map((leaf) => [leaf['act'], leaf['status']]),
    )
    const deliveries = intents.filter((leaf) => acts.includes(leaf['parent'] as string))
    expect([...arrived, ...deliveries].map((leaf) => outcomes.get(leaf['act']))).toEqual(
      Array.from({ length: acts.length * 2 }, () => 'completed'),
    )
    expect(id).not.toBe('')
  })

  test.each(['JSONRPC', 'HTTP+JSON'] as const)(
    'settings are made, read, listed and ended over %s',
    async (binding) => {
      const caller = await a2aClient(`${access.a2aUrl}/teller`, binding, access.token)
      const taskId = await sendOnly(caller, 'ask')
      const made = await caller.createTaskPushNotificationConfig(config({ ...secrets, taskId, id: 'mine' }))
      expect(made).toMatchObject({ ...secrets, taskId, id: 'mine', url: webhook.url })
      const of = { tenant: '', taskId, id: 'mine' }
      expect(await caller.getTaskPushNotificationConfig(of)).toEqual(made)
      const second = await caller.createTaskPushNotificationConfig(config({ taskId }))
      expect(second.id).not.toBe('')
      const list = { tenant: '', taskId, pageSize: 0, pageToken: '' }
      const listed = await caller.listTaskPushNotificationConfig(list)
      expect(listed.configs.map(({ id, url }) => [id, url])).toEqual([
        ['mine', webhook.url],
        [second.id, webhook.url],
      ])
      await caller.deleteTaskPushNotificationConfig(of)
      await caller.deleteTaskPushNotificationConfig(of)
      await expect(caller.getTaskPushNotificationConfig(of)).rejects.toMatchObject({
        name: 'TaskNotFoundError',
      })
      await expect(
        caller.createTaskPushNotificationConfig(config({ taskId: 'nobody' })),
      ).rejects.toMatchObject({ name: 'TaskNotFoundError' })
    },
  )

  async function sendOnly(by: A2aClient, text: string): Promise<string> {
    const answer = await by.sendMessage(textRequest(text))
    if (!('status' in answer)) throw new Error('a task was expected')
    return answer.id
  }

  test('nobody else sees a setting, nor makes one for a task that is not theirs', async () => {
    const other = await allow(node.ambit, [{ target: 'teller', capability: '*', decision: 'autonomous' }])
    const stranger = await a2aClient(`${other.a2aUrl}/teller`, 'JSONRPC', other.token)
    const taskId = await sendOnly(client, 'ask')
    await client.createTaskPushNotificationConfig(config({ taskId, id: 'mine' }))
    const notFound = { name: 'TaskNotFoundError' }
    const of = { tenant: '', taskId, id: 'mine' }
    await expect(stranger.getTaskPushNotificationConfig(of)).rejects.toMatchObject(notFound)
    await expect(stranger.deleteTaskPushNotificationConfig(of)).rejects.toMatchObject(notFound)
    await expect(stranger.createTaskPushNotificationConfig(config({ taskId }))).rejects.toMatchObject(
      notFound,
    )
    expect((await client.getTaskPushNotificationConfig(of)).url).toBe(webhook.url)
  })

  test('forged tokens, other tasks and what is no push are refused, each with its own status', async () => {
    const taskId = await sendWith('ask')
    await until('the question was told', () => said().at(-1) === 'statusUpdate TASK_STATE_INPUT_REQUIRED')
    const before = webhook.received.length
    const { token, url } = told()
    const right = { 'x-a2a-notification-token': token }
    const good = update(taskId, 'TASK_STATE_WORKING')
    const rows: [unknown, Record<string, string>, number, string?][] = [
      [good, {}, 401],
      [good, { 'x-a2a-notification-token': 'cbt_forged' }, 401],
      [good, { ...right, authorization: 'Bearer cbt_forged' }, 401],
      [good, right, 404, url.replace(/cb_.*/, `cb_${'0'.repeat(32)}`)],
      [update('another', 'TASK_STATE_WORKING'), right, 400],
      [{ ...good, task: {} }, right, 400],
      [{}, right, 400],
      ['{', right, 400],
      [{ message: { messageId: 'm', role: 'ROLE_AGENT', parts: [] } }, right, 400],
      [good, { ...right, 'content-type': 'text/plain' }, 415],
      ['x'.repeat(1024 * 1024 + 1), right, 413],
    ]
    for (const [body, headers, status, at] of rows) {
      const response = await push(body, headers, at ?? url)
      expect([response.status, response.headers.get('content-type')], JSON.stringify(headers)).toEqual([
        status,
        'application/problem+json',
      ])
    }
    expect((await push(good, { authorization: `Bearer ${token}` })).status).toBe(202)
    await until('it was delivered', () => webhook.received.length === before + 1)
  })

  test('a state said twice in a row is delivered once, a piece of an answer each time', async () => {
    const taskId = await sendWith('ask')
    await until('the question was told', () => said().at(-1) === 'statusUpdate TASK_STATE_INPUT_REQUIRED')
    const before = webhook.received.length
    const right = { 'x-a2a-notification-token': told().token }
    const piece = {
      artifactUpdate: {
        taskId,
        contextId: 'c',
        artifact: { artifactId: 'a', parts: [{ text: '.' }] },
        append: true,
      },
    }
    const working = update(taskId, 'TASK_STATE_WORKING', '2026-01-01T00:00:00Z')
    for (const body of [working, working, piece, piece, working])
      expect((await push(body, right)).status).toBe(202)
    await until('all is delivered', () => webhook.received.length >= before + 4)
    expect(said().slice(before)).toEqual([
      'statusUpdate TASK_STATE_WORKING',
      'artifactUpdate',
      'artifactUpdate',
      'statusUpdate TASK_STATE_WORKING',
    ])
  })

  test('what comes after the end of a task is delivered and labelled', async () => {
    const taskId = await sendWith('hello')
    await until('the end was told', () => said().at(-1) === 'statusUpdate TASK_STATE_COMPLETED')
    const before = webhook.received.length
    expect(webhook.received.map(({ headers }) => headers['x-ambit-late'])).toEqual(
      Array.from({ length: before }, () => undefined),
    )
    const late = { artifactUpdate: { taskId, artifact: { artifactId: 'late', parts: [{ text: 'late' }] } } }
    expect((await push(late, { 'x-a2a-notification-token': told().token })).status).toBe(202)
    await until('it was delivered', () => webhook.received.length === before + 1)
    expect(webhook.received.at(-1)?.headers['x-ambit-late']).toBe('true')
    expect(webhook.received.at(-1)?.text).toBe(JSON.stringify(late))
  })

  test('a receiver that is down gets everything, in order, when it is up again', async () => {
    webhook.answer(503)
    const id = await sendWith('hello')
    await until('it was tried', () => webhook.received.length > 0)
    expect(new Set(said())).toEqual(new Set(['task TASK_STATE_SUBMITTED']))
    webhook.answer(204)
    const tries = webhook.received.length
    await until('the end was told', () => said().at(-1) === 'statusUpdate TASK_STATE_COMPLETED')
    expect(said().slice(tries)).toEqual([
      'task TASK_STATE_SUBMITTED',
      'statusUpdate TASK_STATE_WORKING',
      'artifactUpdate',
      'statusUpdate TASK_STATE_COMPLETED',
    ])
    expect(webhook.received[0]?.headers['x-ambit-act']).toBe(webhook.received[tries]?.headers['x-ambit-act'])
    expect(id).not.toBe('')
  })

  test('a redirect is not followed, and a receiver that is gone is left alone', async () => {
    webhook.answer(302)
    const taskId = await sendWith('ask')
    await until('it was tried twice', () => webhook.received.length > 1)
    expect(new Set(said())).toEqual(new Set(['task TASK_STATE_SUBMITTED']))
    webhook.answer(410)
    const { token } = told()
    await until('the setting is gone', async () => {
      const response = await push(update(taskId, 'TASK_STATE_WORKING'), { 'x-a2a-notification-token': token })
      return response.status === 404
    })
  })

  test('a recalled agent pushes no more, nor does what it pushed before still go out', async () => {
    const taskId = await sendWith('ask')
    await until('the question was told', () => said().at(-1) === 'statusUpdate TASK_STATE_INPUT_REQUIRED')
    webhook.answer(503)
    const right = { 'x-a2a-notification-token': told().token }
    expect((await push(update(taskId, 'TASK_STATE_WORKING'), right)).status).toBe(202)
    const before = webhook.received.length
    await until('it was tried', () => webhook.received.length > before)
    await node.ambit.records.recall('teller', { note: 'leaks' })
    webhook.answer(204)
    try {
      const refused = await push(update(taskId, 'TASK_STATE_COMPLETED'), right)
      expect([refused.status, await refused.text()]).toEqual([
        403,
        expect.stringContaining('record.recalled'),
      ])
      const refusals = async () =>
        (await readLog(node.url, 'activity')).filter(
          (leaf) => leaf.kind === 'act.refused' && leaf.capability === 'task.push',
        ).length
      // The one that came now, and the one that waited.
      await until('both are recorded', async () => (await refusals()) === 2)
    } finally {
      await node.ambit.records.reinstate('teller', 'mended')
    }
    const delivered = webhook.received.length
    expect((await push(update(taskId, 'TASK_STATE_COMPLETED'), right)).status).toBe(202)
    await until('the next one goes out', () => webhook.received.length === delivered + 1)
  })

  test('a revoked mandate ends its pushes, and is said so', async () => {
    const own = await allow(node.ambit, [{ target: 'teller', capability: '*', decision: 'autonomous' }])
    const caller = await a2aClient(`${own.a2aUrl}/teller`, 'JSONRPC', own.token)
    const taskId = await sendWith('ask', {}, caller)
    await until('the question was told', () => said().at(-1) === 'statusUpdate TASK_STATE_INPUT_REQUIRED')
    await node.ambit.mandates.revoke(own.mandate)
    const before = webhook.received.length
    const refused = await push(update(taskId, 'TASK_STATE_WORKING'), {
      'x-a2a-notification-token': told().token,
    })
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('mandate.revoked')])
    expect(webhook.received).toHaveLength(before)
  })

  test('a mandate that names only messages gets no pushes set up', async () => {
    const own = await allow(node.ambit, [{ target: 'teller', capability: 'message', decision: 'autonomous' }])
    const caller = await a2aClient(`${own.a2aUrl}/teller`, 'JSONRPC', own.token)
    const calls = agent.calls.length
    await expect(sendWith('hello', {}, caller)).rejects.toThrow(/mandate/)
    expect(agent.calls).toHaveLength(calls)
  })

  test('a delivery is signed with a key that stands for this node', async () => {
    await sendWith('hello')
    await until('something was told', () => webhook.received.length > 0)
    const { headers, text } = webhook.received[0]!
    const signature = String(headers['x-ambit-signature'])
    const keys = `${node.url}/.well-known/jwks.json`
    expect(await signedHead(signature, text, keys)).toMatchObject({
      aud: new URL(webhook.url).origin,
      act: headers['x-ambit-act'],
    })
    expect(await signedHead(signature, `${text} `, keys)).toBeUndefined()
  })
})

/** As docs/guide/a2a.md tells receivers to check a delivery; the head of the signature when it holds. */
async function signedHead(
  signature: string,
  body: string,
  keySet: string,
): Promise<Record<string, unknown> | undefined> {
  const [head = '', , value = ''] = signature.split('.')
  const claims = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
  const { keys } = (await (await fetch(keySet)).json()) as { keys: Record<string, string>[] }
  const jwk = keys.find((key) => key['kid'] === claims['kid'])
  if (jwk === undefined) return undefined
  const signed = Buffer.from(`${head}.${Buffer.from(body).toString('base64url')}`)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify(null, signed, key, Buffer.from(value, 'base64url')) ? claims : undefined
}
