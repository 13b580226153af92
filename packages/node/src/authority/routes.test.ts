import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemOf, Fault } from '@ambit/core/fault'
import { sign } from '@ambit/core/signature'
import type { Caller, Route } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { dayMs, world } from './authority-fixture.ts'
import type { OpenAuthority } from './authority.ts'
import { mandateRoutes } from './routes.ts'
import type { MandateView } from './view.ts'

let store: Store
let authority: OpenAuthority
let owner: Caller
/** One of the same organisation, and an owner of another one. */
let others: readonly Caller[]
let clock: { now(): number }

beforeAll(async () => {
  store = await storeEngines[0]!.open()
  const { person, open, identity, clock: hands } = await world(store, handClock(), memoryLog())
  clock = hands
  authority = await open()
  owner = { person, organization: 'main', roles: ['owner'], by: 'session' }
  const { id: second } = await identity.members.addPerson('main', 'Bob', ['operator'], person)
  const added = await identity.organizations.add({ id: 'north', name: 'North', owner: 'Ada' }, person)
  others = [
    { ...owner, person: second, roles: ['operator'] },
    { ...owner, person: added.owner.id, organization: 'north' },
  ]
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

test('a program brings nothing into being by which something is done unasked', async () => {
  const program: Caller = { ...owner, by: 'token' }
  const entry = grantBody.allow[0]!
  const refused = { status: 403, body: { code: 'mandate.session' } }
  const give = async (...allow: object[]) =>
    await call(program, 'POST', '/api/mandates', {}, { ...grantBody, allow })
  const asks = { ...entry, decision: 'ask' }
  const own = { ...entry, capability: 'send', decision: 'user' }
  expect(await give(entry)).toMatchObject(refused)
  expect(await give({ ...entry, decision: 'autonomous' })).toMatchObject(refused)
  expect(await give(asks, entry)).toMatchObject(refused)
  const given = await give(asks, own)
  expect(given).toMatchObject({ status: 201, body: { state: 'active' } })
  // What it gave, it may hand on and connect; what a person gave in a session, only so that it asks.
  const at = (id: unknown) => ({ id: String(id) })
  const narrow = async (id: unknown, body: object) =>
    await call(program, 'POST', `${mandatePath}/narrow`, at(id), body)
  const connect = async (id: unknown) => await call(program, 'POST', `${mandatePath}/tokens`, at(id))
  expect(await narrow(given.body['id'], {})).toMatchObject({ status: 201 })
  expect(await connect(given.body['id'])).toMatchObject({ status: 201 })
  const { id } = await standing()
  expect(await narrow(id, {})).toMatchObject(refused)
  expect(await narrow(id, { allow: [entry] })).toMatchObject(refused)
  expect(await connect(id)).toMatchObject(refused)
  const child = await narrow(id, { allow: [asks] })
  expect(child).toMatchObject({ status: 201 })
  expect(await connect(child.body['id'])).toMatchObject({ status: 201 })
  // Nor does it speak the person's own words.
  expect(await narrow(child.body['id'], { task: 'pay Eve' })).toMatchObject({
    status: 403,
    body: { code: 'mandate.session', where: 'task' },
  })
  expect(await call(program, 'POST', `${mandatePath}/revoke`, { id })).toMatchObject({ status: 200 })
})

test('a key that the node keeps for somebody else holds nothing of yours, whichever organisation it is of', async () => {
  const { holder } = (await standing()).signed.body
  const refused = { status: 400, body: { code: 'mandate.invalid', where: 'holder' } }
  const give = async (caller: Caller, change: object) =>
    await call(caller, 'POST', '/api/mandates', {}, { ...grantBody, ...change })
  for (const caller of others) expect(await give(caller, { holder })).toMatchObject(refused)
  // Its own person may go on under it; and whose key is its own is nobody else's business here.
  const again = await give(owner, { holder })
  expect(again).toMatchObject({ status: 201 })
  const own = memorySigner()
  const mine = await give(owner, { holder: own.key })
  const signed = (mine.body as MandateView).signed
  const child = await sign(
    { ...signed.body, id: 'm_child', issuer: own.key, parent: signed.body.id, delegate: { depthMax: 1 } },
    own,
  )
  const stolen = await authority.mandates.identity.createHolderKey('north')
  const narrow = async (link: unknown) =>
    await call(owner, 'POST', `${mandatePath}/narrow`, { id: signed.body.id }, { signed: link })
  expect(await narrow(await sign({ ...child.body, holder: stolen }, own))).toMatchObject(refused)
  expect(await narrow(child)).toMatchObject({ status: 201 })
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
