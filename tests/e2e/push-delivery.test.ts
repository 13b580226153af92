import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent, PushSetting } from '@ambit/testkit/a2a-agent'
import { a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import type { A2aClient } from '@ambit/testkit/a2a-client'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { saying, startWebhook } from '@ambit/testkit/webhook'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/* Where pushes may go, and that what was taken is delivered whatever happens to the node in between. */

let agent: A2aAgent
beforeEach(async () => {
  // The SDK's sender tells of each push on the console.
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  agent = await startA2aAgent({ delayMs: 5, pushes: true })
})
afterEach(async () => {
  await agent.close()
  vi.restoreAllMocks()
})

async function clientOf(node: TestNode, url: string): Promise<A2aClient> {
  await bringOnline(node.ambit, { url }, 'teller')
  const access = await allow(node.ambit, [{ target: 'teller', capability: '*', decision: 'autonomous' }])
  return await a2aClient(`${access.a2aUrl}/teller`, 'JSONRPC', access.token)
}

async function sendWith(client: A2aClient, text: string, config: Partial<PushSetting>): Promise<string> {
  const setting = { tenant: '', id: '', taskId: '', url: '', token: '', authentication: undefined, ...config }
  const answer = await client.sendMessage({
    ...textRequest(text),
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: setting,
      historyLength: undefined,
      returnImmediately: false,
    },
  })
  if (!('status' in answer)) throw new Error('a task was expected')
  return answer.id
}

test('what was taken before a kill is delivered after the restart, in order', async () => {
  await using webhook = await startWebhook()
  webhook.answer(503)
  const data = mkdtempSync(join(tmpdir(), 'ambit-push-'))
  const env = { AMBIT_PORT: String(await freePort()) }
  const first = await spawnNode({ data, env })
  const client = await clientOf(first, agent.url)
  await sendWith(client, 'slow', { url: webhook.url, token: 'client-token' })
  // The agent has heard 202 for all of it by then: its sender waits for each answer.
  const state = 'statusUpdate TASK_STATE_COMPLETED'
  await until(
    'everything is taken',
    async () =>
      (await first.ambit.acts.list({ limit: 50 })).acts.filter(
        (act) => act.capability === 'task.push' && act.status === 'completed',
      ).length >= 8,
  )
  await first.kill()
  const before = webhook.received.length
  expect(new Set(webhook.received.map((each) => saying(each)))).toEqual(
    new Set(['task TASK_STATE_SUBMITTED']),
  )
  webhook.answer(204)
  await using second = await spawnNode({ data, env })
  await until('the end was told', () => webhook.received.some((each) => saying(each) === state))
  expect(webhook.received.slice(before).map((each) => saying(each))).toEqual([
    'task TASK_STATE_SUBMITTED',
    'statusUpdate TASK_STATE_WORKING',
    ...Array.from({ length: 5 }, () => 'artifactUpdate'),
    state,
  ])
  expect(webhook.received.at(-1)?.headers['x-a2a-notification-token']).toBe('client-token')
  // The agent's setting still holds: what it pushes now goes out as well.
  const { url, token } = agent.pushConfigs[0]!
  const late = {
    artifactUpdate: { taskId: agent.calls[0]!.taskId, artifact: { artifactId: 'a', parts: [] } },
  }
  const pushed = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/a2a+json', 'x-a2a-notification-token': token },
    body: JSON.stringify(late),
  })
  expect([pushed.status, second.url === first.url]).toEqual([202, true])
  await until('it was delivered', () => webhook.received.at(-1)?.headers['x-ambit-late'] === 'true')
  removeData(data)
})

test('a setting whose address is private, or leads there, is refused before the agent hears of it', async () => {
  // The agent may be called, the rest of loopback may not.
  await using node = await startTestNode({ env: { AMBIT_ALLOW_ADDRESSES: '127.0.0.1' } })
  const client = await clientOf(node, agent.url)
  for (const url of [
    'http://127.0.0.2:9/hook',
    'http://169.254.169.254/latest',
    'http://[::1]:9/hook',
    'http://10.0.0.1/hook',
    'file:///etc/passwd',
    'https://user:password@example.com/',
    'nonsense',
  ]) {
    await expect(sendWith(client, 'hello', { url }), url).rejects.toMatchObject({
      name: 'RequestMalformedError',
    })
  }
  expect([agent.calls, agent.pushConfigs]).toEqual([[], []])
})

test('an address that is no longer allowed is not called, whatever was said when it was set', async () => {
  await using webhook = await startWebhook()
  const data = mkdtempSync(join(tmpdir(), 'ambit-push-'))
  const env = { AMBIT_PORT: String(await freePort()) }
  const first = await startTestNode({ data, env })
  const client = await clientOf(first, agent.url)
  const taskId = await sendWith(client, 'ask', { url: webhook.url })
  await until('the question was told', () => webhook.received.length === 2)
  await first.stop()
  await using second = await startTestNode({ data, env: { ...env, AMBIT_ALLOW_ADDRESSES: '127.0.0.2' } })
  const { url, token } = agent.pushConfigs[0]!
  const body = JSON.stringify({ statusUpdate: { taskId, status: { state: 'TASK_STATE_WORKING' } } })
  const headers = { 'content-type': 'application/a2a+json', 'x-a2a-notification-token': token }
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202)
  const refused = await until('the attempt is over', async () =>
    (await second.ambit.acts.list({ limit: 10 })).acts.find(
      (act) => act.capability === 'task.push' && act.status === 'failed',
    ),
  )
  expect(refused.error).toBe('address.refused')
  expect(webhook.received).toHaveLength(2)
  removeData(data)
})

test('an agent that does not push is not made to: the client is told so', async () => {
  const silent = await startA2aAgent()
  await using node = await startTestNode()
  await bringOnline(node.ambit, { url: silent.url }, 'teller')
  const access = await allow(node.ambit, [{ target: 'teller', capability: '*', decision: 'autonomous' }])
  const url = 'https://example.com/hook'
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hello' }] }
  // The official client asks the card and not the node, so these are sent by hand.
  for (const [method, params] of [
    ['SendMessage', { message, configuration: { taskPushNotificationConfig: { url } } }],
    ['SendStreamingMessage', { message, configuration: { taskPushNotificationConfig: { url } } }],
    ['CreateTaskPushNotificationConfig', { taskId: 't', url }],
    ['GetTaskPushNotificationConfig', { taskId: 't', id: 'c' }],
    ['ListTaskPushNotificationConfigs', { taskId: 't' }],
    ['DeleteTaskPushNotificationConfig', { taskId: 't', id: 'c' }],
  ] as const) {
    const response = await fetch(`${access.a2aUrl}/teller`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${access.token}`,
        'a2a-version': '1.0',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    expect(await response.json(), method).toMatchObject({ error: { code: -32003 } })
  }
  expect(silent.calls).toEqual([])
  await silent.close()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
