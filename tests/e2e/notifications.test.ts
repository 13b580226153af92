import { createHmac } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { browserSubscription, startPushService } from '@ambit/testkit/push-service'
import type { PushService } from '@ambit/testkit/push-service'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { startWebhook } from '@ambit/testkit/webhook'
import type { Webhook } from '@ambit/testkit/webhook'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * A person hears of what an agent asks where they are: a browser that only it can read for, a program that knows who
 * says so; and not while they are not to be disturbed.
 */

const hourMs = 3_600_000
const asking = [{ target: 'desk', capability: 'add', decision: 'ask' as const }]

interface Event {
  readonly type: string
  readonly url: string
  readonly approval?: {
    readonly id: string
    readonly act: string
    readonly state: string
    readonly expires: string
  }
  readonly sentence: { readonly en: string; readonly zh: string }
}

/** Quiet hours in UTC that hold now and end in some hours, or that are far away. */
function hours(from: number): { zone: string; from: string; to: string; days: number[] } {
  const clock = (at: number) => new Date(at).toISOString().slice(11, 16)
  const now = Date.now() + from * hourMs
  return { zone: 'UTC', from: clock(now - hourMs), to: clock(now + 2 * hourMs), days: [1, 2, 3, 4, 5, 6, 7] }
}

describe.each(nodeStores)('notifications on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let service: PushService
  let hook: Webhook
  let ambit: Ambit
  let access: TestAccess
  let a = 1000

  beforeAll(async () => {
    desk = await startMcpServer()
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
  })

  beforeEach(async () => {
    service = await startPushService()
    hook = await startWebhook()
    // Each test is a person of its own.
    const { signInLink } = await node.ambit.people.add({ name: 'Lin Qiao', roles: ['approver'] })
    ambit = (await signInOwner(node.url, signInLink)).ambit
    access = await allow(ambit, asking)
    a += 1
    return async () => {
      await Promise.all([service[Symbol.asyncDispose](), hook[Symbol.asyncDispose]()])
    }
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    await desk?.close()
  })

  async function ask(): Promise<string> {
    await rawCall(node.port, { token: access.token, name: 'add', args: { a, b: 77_123 } })
    const { approvals } = await ambit.approvals.list({ state: 'pending' })
    return approvals[0]!.id
  }

  async function subscribe(language: 'en' | 'zh' = 'en') {
    const browser = browserSubscription()
    const endpoint = `${service.url}/${language}`
    const channel = await ambit.channels.addPush({ endpoint, keys: browser.keys, label: 'phone', language })
    const read = () =>
      service.received
        .filter(({ path }) => path === `/${language}`)
        .map(({ body }) => JSON.parse(browser.read(body)) as Record<'title' | 'body' | 'url' | 'tag', string>)
    return { channel, read, endpoint }
  }

  const events = () => hook.received.map(({ text }) => JSON.parse(text) as Event)

  test('what an agent asks reaches the browser and the program of its person, and nobody else', async () => {
    const { read } = await subscribe()
    const chinese = await subscribe('zh')
    const { secret } = await ambit.channels.addWebhook({ url: hook.url, label: 'chat' })
    const id = await ask()
    await until('all three heard of it', () => service.received.length === 2 && hook.received.length === 1)
    const [told] = read()
    expect(told).toMatchObject({ title: 'Your approval is asked for', url: `/approvals/${id}`, tag: id })
    expect(told?.body).toMatch(/^An agent asks to use “Add” of “.+”\./)
    expect(chinese.read()[0]?.body).toMatch(/^一个智能体请求使用/)
    const [message] = service.received
    expect(message?.claims).toMatchObject({ aud: service.url })
    expect(Number(message?.headers['ttl'])).toBeGreaterThan(60)
    const [event] = events()
    expect(event).toMatchObject({
      type: 'approval.asked',
      url: `${node.url}/approvals/${id}`,
      approval: { id, state: 'pending' },
    })
    const [{ headers, text }] = hook.received as [(typeof hook.received)[number]]
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    )
    // Never what its arguments are.
    for (const said of [text, ...read().map((each) => each.body)]) expect(said).not.toContain('77123')
    // The link opens the card, and what came of it is told to whoever wants to know.
    await ambit.channels.wish({ tell: ['asked', 'ended'] })
    const card = await ambit.approvals.get(id)
    await ambit.approvals.deny(card.id)
    await until('the end is told', () => events().length === 2)
    expect(events()[1]).toMatchObject({ type: 'approval.denied', approval: { id, state: 'denied' } })
  })

  test('without a channel nothing is sent, nor to one that was removed, nor of what is not wanted', async () => {
    const { channel } = await subscribe()
    await ambit.channels.wish({ tell: [] })
    await ask()
    await ambit.channels.wish({ tell: ['asked'] })
    await ambit.channels.remove(channel.id)
    a += 1
    await ask()
    // Something that comes later has come.
    const other = await ambit.channels.addWebhook({ url: hook.url, label: 'chat' })
    await ambit.channels.test(other.id)
    await until('the test is there', () => hook.received.length === 1)
    expect(events()[0]).toMatchObject({ type: 'test' })
    expect(service.received).toEqual([])
    expect((await ambit.channels.list()).push).toEqual([])
  })

  test('in quiet hours nobody is disturbed, and the time to answer begins at their end', async () => {
    const { read } = await subscribe()
    await ambit.channels.wish({ quiet: hours(0), tell: ['asked'] })
    const { quietUntil } = await ambit.channels.list()
    const end = Date.parse(quietUntil!)
    expect(end - Date.now()).toBeGreaterThan(hourMs)
    const first = await ask()
    const { asked, expires } = await ambit.approvals.get(first)
    a += 1
    await ask()
    expect(service.received).toEqual([])
    // Other hours: what was kept is told, together, and what comes now at once.
    await ambit.channels.wish({ quiet: hours(6), tell: ['asked'] })
    await until('what was kept', () => service.received.length === 1)
    expect(read()[0]).toMatchObject({ body: '2 acts were waiting for you.', url: '/approvals' })
    a += 1
    const third = await ask()
    await until('the third', () => service.received.length === 2)
    expect(read()[1]).toMatchObject({ url: `/approvals/${third}` })
    const usual = await ambit.approvals.get(third)
    const lifeMs = Date.parse(usual.expires) - Date.parse(usual.asked)
    expect(Date.parse(expires)).toBe(end + lifeMs)
    expect(Date.parse(expires) - Date.parse(asked)).toBeGreaterThan(lifeMs + hourMs)
  })

  test('a subscription that the push service does not know any more goes by itself; what fails is shown', async () => {
    await subscribe()
    service.answer(503)
    await ask()
    const failing = await until('it is shown', async () => {
      const [channel] = (await ambit.channels.list()).push
      return channel?.failing
    })
    expect(failing).toMatchObject({ why: 'HTTP 503' })
    service.answer(410)
    await until('it is gone', async () => (await ambit.channels.list()).push.length === 0)
  })

  test('hostile addresses, keys and hours are refused by name', async () => {
    const { keys } = browserSubscription()
    const add = async (endpoint: string, more = keys) =>
      await ambit.channels.addPush({ endpoint, keys: more, label: 'x' })
    await expect(add('http://push.example.com/x')).rejects.toMatchObject({ code: 'channel.not-https' })
    await expect(add('https://10.0.0.1/x')).rejects.toMatchObject({ code: 'address.refused' })
    await expect(add('https://[::ffff:169.254.169.254]/x')).rejects.toMatchObject({ code: 'address.refused' })
    await expect(add('file:///etc/passwd')).rejects.toMatchObject({ code: 'address.refused' })
    await expect(add(`https://push.example.com/${'x'.repeat(3000)}`)).rejects.toMatchObject({
      code: 'input.invalid',
    })
    const wrong = { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') }
    await expect(add(`${service.url}/x`, wrong)).rejects.toMatchObject({ code: 'channel.keys' })
    const webhook = ambit.channels.addWebhook({ url: 'https://192.168.0.1/', label: 'x' })
    await expect(webhook).rejects.toMatchObject({ code: 'address.refused' })
    for (const quiet of [
      { ...hours(0), zone: 'Mars/Base' },
      { ...hours(0), from: '25:00' },
      { ...hours(0), days: [] },
      { ...hours(0), from: '07:00', to: '07:00' },
    ])
      await expect(ambit.channels.wish({ quiet, tell: [] })).rejects.toMatchObject({ code: 'input.invalid' })
    expect((await ambit.channels.list()).push).toEqual([])
    // Whoever finds a token cannot silence its person.
    const { token } = await ambit.people.createToken({ name: 'a program' })
    const program = connectAmbit({ url: node.url, token })
    await expect(program.channels.wish({ tell: [] })).rejects.toMatchObject({ code: 'auth.session-only' })
  })
})

test('an address of the own network that the operator did not allow is never called', async () => {
  await using hook = await startWebhook()
  await using node = await startTestNode({ env: { AMBIT_ALLOW_ADDRESSES: '' } })
  const { ambit } = node
  const { port } = new URL(hook.url)
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    for (const scheme of ['http', 'https']) {
      const added = ambit.channels.addWebhook({ url: `${scheme}://${host}:${port}/`, label: 'x' })
      await expect(added).rejects.toMatchObject({ code: /address.refused|channel.not-https/ })
    }
  }
  expect(hook.received).toEqual([])
})

test('a node that is killed with a notification under way tells it when it is back', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-notifications-'))
  const desk = await startDeskServer()
  const hook = await startWebhook()
  const first = await spawnNode({ data })
  await bringOnline(first.ambit, { url: desk.url }, 'desk')
  const access = await allow(first.ambit, [{ target: 'desk', capability: '*', decision: 'ask' }])
  await first.ambit.channels.addWebhook({ url: hook.url, label: 'chat' })
  hook.answer(500)
  const args = { to: 'ann@example.com', text: 'hello' }
  await rawCall(first.port, { token: access.token, name: 'send_mail', args })
  await until('the first attempt', () => hook.received.length > 0)
  await first.kill()
  const before = hook.received.length
  hook.answer(204)
  const second = await spawnNode({ data })
  await until('it is told', () => hook.received.length > before)
  const ids = new Set(hook.received.map(({ headers }) => headers['webhook-id']))
  expect(ids.size).toBe(1)
  const { webhooks } = await until('it is noted', async () => {
    const list = await second.ambit.channels.list()
    return list.webhooks[0]?.lastSent !== undefined && list
  })
  expect(webhooks[0]?.failing).toBeUndefined()
  await second.stop()
  await Promise.all([desk.close(), hook[Symbol.asyncDispose]()])
  removeData(data)
})
