import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemOf, Fault } from '@ambit/core/fault'
import type { Caller, Route } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { dayMs, world } from './authority-fixture.ts'
import type { OpenAuthority } from './authority.ts'
import { mandateRoutes } from './routes.ts'
import type { MandateView } from './view.ts'

let store: Store
let authority: OpenAuthority
let owner: Caller
let clock: { now(): number }

beforeAll(async () => {
  store = await storeEngines[0]!.open()
  const { person, open, clock: hands } = await world(store, handClock(), memoryLog())
  clock = hands
  authority = await open()
  owner = { person, organization: 'main', roles: ['owner'], by: 'token' }
})
afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

/** Calls a route as the server does: parsed by its schemas; a fault becomes its problem. */
async function call(
  caller: Caller,
  method: Route['method'],
  path: string,
  params: object,
  body: unknown = {},
) {
  const found = mandateRoutes(authority.mandates).find(
    (each) => each.method === method && each.path === path,
  )!
  const request = {
    params: found.params?.parse(params),
    query: found.query?.parse({}),
    body: found.body?.parse(body),
    caller,
    origin: 'http://localhost:7100',
    signal: new AbortController().signal,
  }
  try {
    const reply = await found.handle(request as never)
    if (!('body' in reply)) throw new Error('a stream')
    return {
      status: reply.status ?? found.status,
      body: found.reply.parse(reply.body) as Record<string, unknown>,
    }
  } catch (error) {
    if (!Fault.is(error)) throw error
    return { status: error.status, body: { ...problemOf(error) } as Record<string, unknown> }
  }
}

const grantBody = { purpose: 'read mail', allow: [{ target: 'mail', capability: 'read*' }] }
const mandatePath = '/api/mandates/:id'

async function standing(change: object = {}): Promise<MandateView> {
  return (await call(owner, 'POST', '/api/mandates', {}, { ...grantBody, ...change })).body as MandateView
}

test('gives a mandate, connects a client, and takes both back', async () => {
  const view = await standing({ expiresInDays: 2 })
  expect(view).toMatchObject({
    state: 'active',
    kind: 'standing',
    children: 0,
    tokens: 0,
    spent: { calls: 0 },
  })
  expect(Date.parse(view.signed.body.expires)).toBe(clock.now() + 2 * dayMs)
  const made = await call(owner, 'POST', `${mandatePath}/tokens`, { id: view.id }, { client: 'vscode' })
  const { token, id, config } = made.body as { token: string; id: string; config: string }
  expect(made).toMatchObject({ status: 201, body: { mcpUrl: 'http://localhost:7100/mcp' } })
  expect(JSON.parse(config)).toEqual({
    servers: {
      ambit: {
        type: 'http',
        url: 'http://localhost:7100/mcp',
        headers: { Authorization: `Bearer ${token}` },
      },
    },
  })
  expect(authority.authenticate(token).ok).toBe(true)
  const read = await call(owner, 'GET', mandatePath, { id: view.id })
  expect(read.body).toMatchObject({ tokens: 1, tokenList: [{ id, client: 'vscode', state: 'active' }] })
  expect(JSON.stringify(read.body)).not.toContain(token)
  expect((await call(owner, 'DELETE', '/api/mandate-tokens/:id', { id })).body).toEqual({ revoked: true })
  expect(authority.authenticate(token)).toMatchObject({ code: 'auth.revoked' })
  const over = await call(owner, 'POST', `${mandatePath}/revoke`, { id: view.id }, { note: 'done' })
  expect(over.body).toEqual({ revoked: [view.id], stopped: 1 })
  expect((await call(owner, 'GET', mandatePath, { id: view.id })).body).toMatchObject({ state: 'revoked' })
  expect(await call(owner, 'POST', `${mandatePath}/tokens`, { id: view.id })).toMatchObject({
    status: 409,
    body: { code: 'mandate.ended' },
  })
})

test('narrows for a task and names the member that would be wider', async () => {
  const { id } = await standing()
  const task = await call(
    owner,
    'POST',
    `${mandatePath}/narrow`,
    { id },
    { task: 'read today', expiresInMinutes: 30 },
  )
  expect(task).toMatchObject({
    status: 201,
    body: { kind: 'task', parent: id, signed: { body: { task: 'read today' } } },
  })
  expect((await call(owner, 'GET', mandatePath, { id })).body).toMatchObject({ children: 1 })
  const wider = await call(
    owner,
    'POST',
    `${mandatePath}/narrow`,
    { id },
    { allow: [{ target: '*', capability: '*' }] },
  )
  expect(wider).toMatchObject({ status: 400, body: { code: 'mandate.widened', where: 'allow.0.target' } })
})

test('another person sees nothing of it, and an owner may end it but not speak for its person', async () => {
  const { id } = await standing()
  const other: Caller = { person: 'p_other', organization: 'main', roles: ['operator'], by: 'session' }
  const list = await call(other, 'GET', '/api/mandates', {})
  expect(list.body['mandates']).toEqual([])
  for (const [method, path] of [
    ['GET', mandatePath],
    ['POST', `${mandatePath}/narrow`],
    ['POST', `${mandatePath}/revoke`],
    ['POST', `${mandatePath}/tokens`],
  ] as const) {
    expect(await call(other, method, path, { id }), path).toMatchObject({
      body: { code: 'mandate.not-yours' },
    })
    const foreign = { ...other, organization: 'elsewhere', roles: ['owner'] as const }
    expect(await call(foreign, method, path, { id }), path).toMatchObject({ status: 404 })
  }
  const boss: Caller = { ...other, roles: ['owner'] }
  expect(await call(boss, 'POST', `${mandatePath}/tokens`, { id })).toMatchObject({ status: 403 })
  expect(await call(boss, 'POST', `${mandatePath}/narrow`, { id })).toMatchObject({ status: 403 })
  expect(await call(boss, 'POST', `${mandatePath}/revoke`, { id })).toMatchObject({ status: 200 })
})

test('refuses an end too far away, in the past, or given twice, and a holder that is no key', async () => {
  const at = (ms: number) => new Date(clock.now() + ms).toISOString()
  for (const change of [
    { expires: at(400 * dayMs) },
    { expires: at(-dayMs) },
    { expires: at(dayMs), expiresInDays: 1 },
    { holder: 'did:key:zNone' },
  ]) {
    const made = await call(owner, 'POST', '/api/mandates', {}, { ...grantBody, ...change })
    expect(made, JSON.stringify(change)).toMatchObject({ status: 400, body: { code: 'mandate.invalid' } })
  }
  const unknown = await call(owner, 'POST', '/api/mandates', {}, { ...grantBody, agent: 'nobody' })
  expect(unknown).toMatchObject({ status: 404, body: { where: 'agent' } })
})
