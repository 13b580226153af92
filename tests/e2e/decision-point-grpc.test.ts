import { readLog } from '@ambit/testkit/log-reader'
import { extAuthzClient } from '@ambit/testkit/ext-authz'
import type { CheckQuestion } from '@ambit/testkit/ext-authz'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { bringPlainOnline } from '@ambit/testkit/plain-server'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { verifyReceipt } from '@ambit/core/receipt'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * The decision point over gRPC, asked as Envoy asks: what is decided is what the node decides for its own calls, nothing
 * is forwarded, and the log says that the outcome was not observed.
 */

let node: TestNode
let desk: TestMcpServer
let plane: ReturnType<typeof extAuthzClient>
let access: TestAccess

beforeAll(async () => {
  desk = await startMcpServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: desk.url }, 'desk')
  await bringPlainOnline(node.ambit, 'notes', 'http://notes.example:8080/v1', {
    'GET /v1/notes/*': { effect: 'read', reversibility: 0 },
    'POST /v1/notes': { effect: 'write', reversibility: 2 },
    'PUT /v1/notes/*': { effect: 'write', reversibility: 1, windowMs: 60_000 },
    'DELETE /v1/notes/*': { effect: 'write', reversibility: 3 },
  })
  plane = extAuthzClient(`localhost:${node.grpcPort}`)
  access = await allow(node.ambit, [
    { target: 'desk', capability: 'echo', decision: 'autonomous' },
    { target: 'notes', capability: 'GET *', decision: 'autonomous' },
    { target: 'notes', capability: 'P*', decision: 'autonomous' },
    { target: 'notes', capability: 'DELETE *', decision: 'ask' },
  ])
})

afterAll(async () => {
  plane.close()
  await node[Symbol.asyncDispose]()
  await desk.close()
})

const bearer = (token = access.token) => ({ authorization: `Bearer ${token}` })
const toDesk = { 'ambit-target': 'desk' }
const toNotes = { host: 'notes.example:8080' }

function toolCall(name: string, args: unknown): CheckQuestion {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }
  return {
    method: 'POST',
    path: '/mcp',
    headers: { ...bearer(), 'content-type': 'application/json' },
    body: JSON.stringify(message, undefined, 1),
    context: toDesk,
  }
}

test('what the mandate allows is let through, and the log says that nobody here saw what came of it', async () => {
  const before = desk.calls.length
  const answer = await plane.check(toolCall('echo', { text: 'hello' }))
  expect(answer).toMatchObject({ code: 0, headers: { 'ambit-act': expect.stringMatching(/^[0-9a-f]{32}$/) } })
  expect(answer.remove).toContain('authorization')
  expect(desk.calls.length).toBe(before)
  const act = answer.headers['ambit-act']!
  await until('both leaves', async () => (await leavesOf(act)).length === 2)
  expect(await leavesOf(act)).toMatchObject([
    { kind: 'act.intent', capability: 'echo', in: 'ext-authz/v3', out: 'ext-authz/v3' },
    { kind: 'act.outcome', status: 'not-observed' },
  ])
  const receipt = await node.ambit.acts.receipt(act)
  expect(await verifyReceipt(receipt)).toMatchObject({ ok: true })
  expect((await node.ambit.acts.list({ limit: 5 })).acts).toContainEqual(
    expect.objectContaining({ act, status: 'not-observed' }),
  )
})

async function leavesOf(act: string) {
  return (await readLog(node.url, 'activity')).filter((leaf) => 'act' in leaf && leaf.act === act)
}

test('what the mandate does not allow is refused, with the reason, and recorded', async () => {
  const answer = await plane.check(toolCall('add', { a: 1, b: 2 }))
  expect(answer).toMatchObject({ code: 7, http: 403, headers: { 'ambit-reason': 'mandate.no-entry' } })
  expect(JSON.parse(answer.body!)).toMatchObject({ code: 'act.refused', status: 403 })
  const act = answer.headers['ambit-act']!
  await until('the leaf', async () => (await leavesOf(act)).length === 1)
  expect(await leavesOf(act)).toMatchObject([{ kind: 'act.refused', capability: 'add' }])
})

test('a caller that is not known is told so', async () => {
  for (const headers of [{}, bearer('mallory'), { authorization: 'Bearer a,Bearer b' }])
    expect(await plane.check({ headers, context: toDesk })).toMatchObject({
      code: 16,
      http: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^Bearer realm="ambit"/) },
    })
})

test('the token may come in a header of its own', async () => {
  const headers = { authorization: 'Basic abc', 'ambit-authorization': `Bearer ${access.token}` }
  const answer = await plane.check({ ...toNotes, path: '/v1/notes/7', headers })
  expect(answer.code).toBe(0)
  expect(answer.remove).not.toContain('authorization')
  expect(answer.remove).toContain('ambit-authorization')
})

test('a client names no target: that header is nothing but a header', async () => {
  const headers = { ...bearer(), 'ambit-target': 'notes', 'ambit-capability': 'GET /v1/notes/*' }
  expect(await plane.check({ path: '/v1/notes/7', headers })).toMatchObject({
    code: 7,
    headers: { 'ambit-reason': 'check.target' },
  })
  expect(
    (await plane.check({ ...toolCall('add', {}), headers: { ...toolCall('add', {}).headers, ...headers } }))
      .headers,
  ).toMatchObject({ 'ambit-reason': 'mandate.no-entry' })
})

test('headers that came twice are refused', async () => {
  const rawHeaders = ['authorization', `Bearer ${access.token}`, 'Authorization', 'Bearer other']
  expect(await plane.check({ ...toNotes, path: '/v1/notes/7', rawHeaders })).toMatchObject({
    code: 7,
    headers: { 'ambit-reason': 'check.request' },
  })
  expect(
    (await plane.check({ ...toNotes, path: '/v1/notes/7', rawHeaders: rawHeaders.slice(0, 2) })).code,
  ).toBe(0)
})

test('a request that a person must decide passes once, after they approved exactly it', async () => {
  const wanted = { ...toNotes, method: 'DELETE', path: '/v1/notes/7', headers: bearer() }
  const asked = await plane.check(wanted)
  expect(asked).toMatchObject({ code: 7, http: 403, headers: { 'ambit-reason': 'user.ask' } })
  const id = /\/approvals\/(\w+)$/.exec(asked.headers['ambit-approval']!)![1]!
  expect((await plane.check(wanted)).headers['ambit-approval']).toBe(asked.headers['ambit-approval'])
  const card = await node.ambit.approvals.get(id)
  expect(card).toMatchObject({
    state: 'pending',
    arguments: [{ name: '*', text: expect.stringContaining('7') }],
  })
  expect(card.alternatives).not.toContain('edit')
  await node.ambit.approvals.approve(id, card.digest)
  // Another note, or another of those who approve nothing, is another request.
  expect((await plane.check({ ...wanted, path: '/v1/notes/8' })).code).toBe(7)
  expect((await node.ambit.approvals.get(id)).state).toBe('approved')
  const answers = await Promise.all([plane.check(wanted), plane.check(wanted), plane.check(wanted)])
  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1)
  const act = answers.find(({ code }) => code === 0)!.headers['ambit-act']!
  expect(act).toBe(card.act)
  expect((await plane.check(wanted)).code).toBe(7)
  expect(await node.ambit.approvals.get(id)).toMatchObject({
    state: 'done',
    outcome: { status: 'not-observed' },
  })
  await until('its outcome', async () => (await leavesOf(act)).some(({ kind }) => kind === 'act.outcome'))
  expect(await leavesOf(act)).toMatchObject([
    { kind: 'approval', step: 'asked' },
    { kind: 'approval', step: 'approved' },
    { kind: 'approval', step: 'used' },
    { kind: 'act.intent', approval: id },
    { kind: 'act.outcome', status: 'not-observed' },
  ])
})

test('what was approved for a data plane is never performed here', async () => {
  const { token } = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'ask' }])
  const headers = { ...bearer(token), 'content-type': 'application/json' }
  const wanted = { ...toolCall('echo', { text: 'elsewhere' }), headers }
  const id = (await plane.check(wanted)).headers['ambit-approval']!.split('/').at(-1)!
  const card = await node.ambit.approvals.get(id)
  expect(card.elsewhere).toBe('POST /mcp')
  await node.ambit.approvals.approve(id, card.digest)
  // The same call through the node itself is another one, which nobody approved.
  const own = await rawCall(node.port, { token, name: 'echo', args: { text: 'elsewhere' } })
  expect(JSON.stringify(own.json())).toContain('/approvals/')
  expect((await node.ambit.approvals.get(id)).state).toBe('approved')
  expect((await plane.check(wanted)).code).toBe(0)
  expect(desk.calls.some((call) => JSON.stringify(call.arguments).includes('elsewhere'))).toBe(false)
})

test('what a person refused does not pass', async () => {
  const wanted = { ...toNotes, method: 'DELETE', path: '/v1/notes/9', headers: bearer() }
  const id = (await plane.check(wanted)).headers['ambit-approval']!.split('/').at(-1)!
  const { digest } = await node.ambit.approvals.get(id)
  await node.ambit.approvals.deny(id, digest)
  const again = await plane.check(wanted)
  expect(again.code).toBe(7)
  expect(again.headers['ambit-approval']).not.toContain(id)
})

test('what could be vetoed for a while is asked first', async () => {
  const body = { headers: { ...bearer(), 'content-type': 'application/json' }, body: '{"text":"x"}' }
  const answer = await plane.check({ ...toNotes, ...body, method: 'PUT', path: '/v1/notes/7' })
  expect(answer).toMatchObject({ code: 7, headers: { 'ambit-reason': 'check.window' } })
  expect((await plane.check({ ...toNotes, ...body, method: 'POST', path: '/v1/notes' })).code).toBe(0)
})

test('budgets count what was let through', async () => {
  const { token } = await allow(
    node.ambit,
    [{ target: 'notes', capability: 'GET *', decision: 'autonomous' }],
    { limits: { calls: 2 } },
  )
  const look = async () => await plane.check({ ...toNotes, path: '/v1/notes/7', headers: bearer(token) })
  expect([(await look()).code, (await look()).code]).toEqual([0, 0])
  expect(await look()).toMatchObject({ code: 7, headers: { 'ambit-reason': 'budget.calls' } })
})

test('an act counts as under way no longer once it was let through', async () => {
  await Promise.all(
    Array.from({ length: 20 }, async () => await plane.check(toolCall('echo', { text: 'many' }))),
  )
  const metrics = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
  expect(metrics).toMatch(/^ambit_acts_in_flight 0$/m)
  expect(metrics).toMatch(/^ambit_acts_total\{decision="allow",status="not-observed"\} \d+$/m)
})

test('a session of MCP can begin where the mandate shows the server', async () => {
  const greet = (method: string, token = access.token): CheckQuestion => ({
    ...toolCall('echo', {}),
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
  })
  for (const method of ['initialize', 'tools/list', 'ping']) {
    const answer = await plane.check(greet(method))
    expect(answer, method).toMatchObject({ code: 0, headers: {} })
    expect(answer.remove).toContain('ambit-act')
  }
  const stranger = await allow(node.ambit, [{ target: 'notes', capability: '*', decision: 'autonomous' }])
  expect((await plane.check(greet('initialize', stranger.token))).code).toBe(7)
  expect((await plane.check(greet('resources/read'))).code).toBe(7)
})

test('bytes that are no question are refused', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from([0x0a, 0x7f, 1]), Buffer.from('hello')])
    expect(await plane.check(bytes)).toMatchObject({ code: 7, headers: { 'ambit-reason': 'check.request' } })
  await expect(plane.check({ headers: bearer(), body: 'x'.repeat(5 * 1024 * 1024) })).rejects.toMatchObject({
    code: 8,
  })
})

test('a node that stops decides nothing', async () => {
  const other = await startTestNode()
  await bringPlainOnline(other.ambit, 'notes', 'http://notes.example:8080/', {
    'GET /*': { effect: 'read', reversibility: 0 },
  })
  const { token } = await allow(other.ambit, [{ target: 'notes', capability: '*', decision: 'autonomous' }])
  const client = extAuthzClient(`localhost:${other.grpcPort}`)
  const look = { ...toNotes, path: '/', headers: bearer(token) }
  expect((await client.check(look)).code).toBe(0)
  await other.stop()
  await expect(client.check(look)).rejects.toMatchObject({ code: 14 })
  client.close()
  await other[Symbol.asyncDispose]()
})
