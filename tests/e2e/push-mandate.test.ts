import type { Allow } from '@ambit/core/mandate'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import type { RawAgent } from '@ambit/testkit/a2a-raw'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { startWebhook } from '@ambit/testkit/webhook'
import type { Webhook } from '@ambit/testkit/webhook'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * A configuration of push notifications inside a message is decided as one that is set up by itself, and what belongs to
 * a message is still with it after a person was asked.
 */

const extension = 'https://example.com/extensions/seal/v1'

let node: TestNode
let agent: RawAgent
let webhook: Webhook

beforeAll(async () => {
  agent = await startRawAgent(
    ({ id }, response) => {
      const task = {
        id: `t-${agent.requests.length}`,
        contextId: 'c',
        status: { state: 'TASK_STATE_WORKING' },
      }
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ jsonrpc: '2.0', id, result: { task } }))
    },
    { capabilities: { pushNotifications: true, extensions: [{ uri: extension }] } },
  )
  node = await startTestNode()
  await bringOnline(node.ambit, { url: agent.url }, 'teller')
  webhook = await startWebhook()
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await agent[Symbol.asyncDispose]()
  await webhook[Symbol.asyncDispose]()
})

interface Answer {
  readonly result?: { readonly task: { readonly id: string; readonly status: { readonly state: string } } }
  readonly error?: { readonly code: number; readonly message: string }
}

type Setting = Omit<Allow, 'target' | 'capability'>

/** Sends a message that asks for pushes to `url`, under a mandate that says `setting` of setting them up. */
async function send(url: string, setting: Setting): Promise<Answer> {
  const { token } = await allow(node.ambit, [
    { target: 'teller', capability: 'message', decision: 'autonomous' },
    { target: 'teller', capability: 'task.push.set', ...setting },
  ])
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hello' }] }
  const configuration = { taskPushNotificationConfig: { url, taskId: 'claimed' } }
  const response = await fetch(`${node.url}/a2a/teller`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'a2a-version': '1.0',
      'a2a-extensions': extension,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'SendMessage',
      params: { message, configuration },
    }),
  })
  return (await response.json()) as Answer
}

test('where pushes may go binds those that a message asks for', async () => {
  const before = agent.requests.length
  const bounds = { url: { prefix: webhook.url } }
  const refused = await send('http://127.0.0.1:9/', { decision: 'autonomous', arguments: bounds })
  expect(refused.error?.message).toMatch(/mandate\.no-entry/)
  expect(agent.requests.length).toBe(before)
  const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
  expect(act).toMatchObject({ capability: 'message', decision: 'refuse' })
  expect((await send(webhook.url, { decision: 'autonomous', arguments: bounds })).result).toBeDefined()
  expect((await send('http://127.0.0.1:9/', { decision: 'autonomous' })).result).toBeDefined()
  expect(agent.requests.length).toBe(before + 2)
})

test('for which tasks pushes may be set up binds a message that begins another', async () => {
  const bound = { decision: 'autonomous', arguments: { taskId: { eq: 'claimed' } } } as const
  expect((await send(webhook.url, bound)).error?.message).toMatch(/mandate\.no-entry/)
})

test('a message that asks for pushes is asked about where these are, and goes out as it was sent', async () => {
  const before = agent.requests.length
  const { result } = await send(webhook.url, { decision: 'ask' })
  expect(result?.task.status.state).toBe('TASK_STATE_AUTH_REQUIRED')
  expect(agent.requests.length).toBe(before)
  const id = result!.task.id.replace('ambit-', '')
  await node.ambit.approvals.approve(id, (await node.ambit.approvals.get(id)).digest)
  await until('it was performed', async () => (await node.ambit.approvals.get(id)).state === 'done')
  const { headers, text } = agent.requests[before]!
  expect(headers['a2a-extensions']).toBe(extension)
  expect(text).toContain(`${node.url}/a2a/push/cb_`)
})
