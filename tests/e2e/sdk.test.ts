import type { Profile } from '@ambit/core/record'
import { connectAmbit } from '@ambit/sdk/client'
import { openRequest } from '@ambit/testkit/consenting'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/* Calls of the SDK that nothing else here makes, against a node that works: each as a program would make it. */

let node: TestNode
let desk: DeskServer

beforeAll(async () => {
  desk = await startDeskServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: desk.url }, 'desk')
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await desk.close()
})

test('consents: a client is looked at and let in, and another one is not', async () => {
  const client = new RawOAuthClient(node.url)
  await client.register({ client_name: 'Desk client' })
  const { ambit } = node
  const { browser, page } = await openRequest(node.url, node.session, client.request())
  const id = page.split('/').at(-1) ?? ''
  const consent = await ambit.consents.get(id)
  expect(consent).toMatchObject({ id, client: { name: 'Desk client', known: 'registered' } })
  expect(consent.records.map(({ slug }) => slug)).toEqual(['desk'])
  const { location, mandate } = await ambit.consents.give(id, {
    purpose: 'Desk work',
    allow: [{ target: 'desk', capability: 'list_notes' }],
  })
  const back = new URL((await browser.get(location)).headers.get('location') ?? '')
  const { body } = await client.exchangeCode(back.searchParams.get('code') ?? '')
  expect(await client.calls(body['access_token'])).toBe(200)
  const [connection] = await ambit.connections.list()
  expect(connection).toMatchObject({ client: { name: 'Desk client' }, mandate })
  expect(await ambit.connections.end(connection!.id)).toEqual({ ended: true, mandate })
  expect(await client.calls(body['access_token'])).toBe(401)

  const again = await openRequest(node.url, node.session, client.request())
  const refused = await ambit.consents.deny(again.page.split('/').at(-1) ?? '')
  const end = new URL((await again.browser.get(refused.location)).headers.get('location') ?? '')
  expect(end.searchParams.get('error')).toBe('access_denied')
})

test('chains: what has a parent comes root first, and what is unknown is not found', async () => {
  const { ambit } = node
  const root = await ambit.mandates.grant({
    purpose: 'notes',
    allow: [{ target: 'desk', capability: '*' }],
  })
  const child = await ambit.mandates.narrow(root.id, {
    allow: [{ target: 'desk', capability: 'list_notes' }],
    expiresInMinutes: 10,
    task: 'list them',
  })
  const chain = await ambit.chains.of(child.id)
  expect(chain.map(({ body }) => body.id)).toEqual([root.id, child.id])
  await expect(ambit.chains.of('m_none')).rejects.toMatchObject({ status: 404 })
})

test('the feed is counted and marked as seen; other sessions end', async () => {
  const { ambit } = node
  const making: Profile = { roles: {}, integrity: {}, dataClasses: [], effect: 'write', reversibility: 2 }
  await ambit.records.accept('desk', { profiles: { create_note: making } })
  const { token } = await allow(ambit, [
    { target: 'desk', capability: 'create_note', decision: 'autonomous' },
  ])
  await rawCall(node.port, { token, name: 'create_note', args: { text: 'hello' } })
  await until('the feed has it', async () => (await ambit.feed.list()).entries.length > 0)
  const [newest] = (await ambit.feed.list({ new: '1' })).entries
  expect(newest).toMatchObject({ new: true })
  await ambit.feed.seen(newest!.act)
  expect((await ambit.feed.list({ new: '1' })).entries).toEqual([])
  const { days } = await ambit.feed.digest(2)
  expect(days).toHaveLength(2)

  const me = await ambit.people.me()
  const { signInLink } = await ambit.people.signInLink(me.person.id)
  const once = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(once, 'cli')
  const other = connectAmbit({ url: node.url, token: session })
  expect(await ambit.sessions.list()).toHaveLength(2)
  expect(await ambit.sessions.endOthers()).toBe(1)
  await expect(other.people.me()).rejects.toMatchObject({ status: 401 })
  expect(await ambit.sessions.list()).toMatchObject([{ current: true }])
})
