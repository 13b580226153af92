import { auditor, operator, registryRoom, toolOf } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { memoryLog } from '@ambit/testkit/logs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openGovernance } from '../governance/governance.ts'
import { governanceRoutes } from '../governance/routes.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { openResponse } from '../response/response.ts'
import { registryRoutes } from './routes.ts'

const sqlite = storeEngines[0]!

interface Sent {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
  readonly caller?: Caller
}

/** All routes of a node's records, called as the server calls them: parsed before, and the reply checked after. */
async function api() {
  const store = await sqlite.open()
  const room = await registryRoom(store)
  const governance = openGovernance(room)
  const recall = openResponse({
    registry: room.registry,
    stop: async () => ({ stopped: 1, acts: ['a1'] }),
    log: memoryLog(),
    clock: room.clock,
    gateway: 'node.example/activity',
  })
  const routes = [
    ...registryRoutes({
      registry: room.registry,
      recall,
      governed: governance,
      takeOvers: { accept: async () => '' },
      documents: async () => [],
    }),
    ...governanceRoutes(governance),
  ]
  async function call(
    name: string,
    sent: Sent = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const route = routes.find((each) => `${each.method} ${each.path}` === name)
    if (route === undefined) throw new Error(`no route ${name}`)
    const { caller = operator } = sent
    const request = {
      params: route.params?.parse(sent.params),
      query: route.query?.parse(sent.query ?? {}),
      body: route.body?.parse(sent.body),
      caller,
      signal: new AbortController().signal,
      origin: 'http://localhost:7100',
    }
    const reply = await route.handle(request as never)
    if ('events' in reply) throw new Error('a stream')
    const body: unknown = JSON.parse(JSON.stringify(reply.body))
    return { status: reply.status ?? route.status, body: route.reply.parse(body) as Record<string, unknown> }
  }
  return { ...room, routes, call, [Symbol.asyncDispose]: async () => await store[Symbol.asyncDispose]() }
}

const slug = { slug: 'notes' }
const url = 'https://notes.example/mcp'

test('a record goes through its whole life over the API', async () => {
  await using node = await api()
  const { call, upstream } = node
  expect(
    await call('POST /api/records/register', { body: { url, responsible: 'Team Notes' } }),
  ).toMatchObject({
    status: 201,
    body: { state: 'draft', record: { responsible: { name: 'Team Notes' } } },
  })
  await call('PATCH /api/records/:slug', { params: slug, body: { scenarios: ['healthcare'] } })
  await call('POST /api/records/:slug/accept', { params: slug, body: {} })
  await call('POST /api/records/:slug/submit', { params: slug })
  expect((await call('POST /api/records/:slug/certify', { params: slug })).body).toMatchObject({
    certified: true,
  })
  const active = await call('POST /api/records/:slug/activate', { params: slug, body: { note: 'fine' } })
  expect(active.body).toMatchObject({
    summary: { state: 'active', tier: 'high', certified: true, tools: 2, proposals: 0, held: 0 },
    certificate: {},
  })
  upstream.tools = [toolOf('list_notes', 'changed')]
  const probed = await call('POST /api/records/:slug/probe', { params: slug })
  expect(probed.body).toMatchObject({
    reachable: true,
    changes: [{ change: 'changed' }, { change: 'removed', after: null }],
  })
  expect((await call('GET /api/records')).body).toMatchObject({ records: [{ slug: 'notes', held: 2 }] })
  expect((await call('GET /api/records', { query: { state: 'draft' } })).body).toEqual({ records: [] })
  expect((await call('GET /api/records', { query: { search: 'NOT' } })).body['records']).toHaveLength(1)
  await call('POST /api/records/:slug/suspend', { params: slug })
  await call('POST /api/records/:slug/reinstate', { params: slug })
  const recalled = await call('POST /api/records/:slug/recall', { params: slug, body: { note: 'leaks' } })
  expect(recalled.body).toMatchObject({ stopped: 1, acts: ['a1'] })
  const rulings = await call('GET /api/rulings', { query: { record: 'notes' } })
  expect(rulings.body['rulings']).toHaveLength(7)
  expect((await call('GET /api/rulings')).body['rulings']).toHaveLength(7)
  expect((await call('POST /api/records/:slug/retire', { params: slug })).body).toMatchObject({
    retired: true,
  })
  await expect(call('GET /api/records/:slug', { params: slug })).rejects.toMatchObject({
    code: 'input.not-found',
  })
})

test('lists page by page', async () => {
  await using node = await api()
  for (let at = 0; at < 205; at++) {
    await node.registry.register(operator, { url, slug: `notes-${String(at).padStart(3, '0')}` })
  }
  const first = await node.call('GET /api/records')
  expect(first.body['records']).toHaveLength(200)
  const second = await node.call('GET /api/records', { query: { cursor: first.body['next'] } })
  expect(second.body['records']).toHaveLength(5)
  expect(second.body['next']).toBeUndefined()
})

test('records of another organisation are not there', async () => {
  await using node = await api()
  await node.registry.register(operator, { url })
  const caller = { ...operator, organization: 'other' }
  expect((await node.call('GET /api/records', { caller })).body).toEqual({ records: [] })
  const { id } = node.registry.target('notes')!
  for (const name of ['notes', id]) {
    await expect(
      node.call('GET /api/records/:slug', { caller, params: { slug: name } }),
    ).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await expect(
      node.call('POST /api/records/:slug/recall', { caller, params: { slug: name }, body: { note: 'x' } }),
    ).rejects.toMatchObject({ code: 'input.not-found' })
  }
  await node.call('PUT /api/records/:slug/secrets', {
    caller: operator,
    params: slug,
    body: { header: 'x-key', value: 'v', for: 'me' },
  })
  await expect(
    node.call('PUT /api/records', { caller, body: (await node.registry.read('notes', 'main')).record }),
  ).rejects.toMatchObject({ code: 'record.invalid', where: 'organization' })
})

test('imports and applies over the API', async () => {
  await using node = await api()
  const imported = await node.call('POST /api/records/import', {
    body: { mcpServers: { notes: { url }, bad: {} }, theme: 'dark' },
  })
  expect(imported.body).toMatchObject({
    results: [
      { name: 'notes', ok: true, slug: 'notes' },
      { name: 'bad', ok: false, problem: { code: 'input.invalid' } },
    ],
  })
  const { record } = await node.registry.read('notes', 'main')
  expect((await node.call('PUT /api/records', { body: record })).body).toEqual({ unchanged: true })
})

test('every route that changes something asks for an operator, but a credential of one’s own', async () => {
  await using node = await api()
  const open = node.routes.filter((each) => each.access === 'person' && each.method !== 'GET')
  expect(new Set(open.map((each) => each.path))).toEqual(
    new Set([
      '/api/records/:slug/comments',
      '/api/records/:slug/secrets',
      '/api/records/:slug/sign-in',
      '/api/records/:slug/sign-in/identity',
    ]),
  )
  for (const each of node.routes) {
    if (each.access === 'person') continue
    // A tombstone is for everybody; what concerns other organisations is for owners alone.
    if (each.access === 'public') expect(each.path).toBe('/api/tombstones/:record')
    else expect(['owner', 'operator']).toEqual(expect.arrayContaining([...each.access]))
  }
  await node.registry.register(operator, { url })
  await expect(
    node.call('PUT /api/records/:slug/secrets', {
      caller: auditor,
      params: slug,
      body: { header: 'x-key', value: 'v', for: 'everyone' },
    }),
  ).rejects.toMatchObject({ code: 'auth.role' })
})

test('every route can be written as JSON Schema', async () => {
  await using node = await api()
  const write = (schema: Route['body'], io: 'input' | 'output') =>
    schema === undefined ? {} : z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  for (const each of node.routes) {
    expect(() => [
      write(each.body, 'input'),
      write(each.query, 'input'),
      write(each.reply, 'output'),
    ]).not.toThrow()
  }
})
