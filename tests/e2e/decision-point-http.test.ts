import { bringPlainOnline } from '@ambit/testkit/plain-server'
import { allow, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * The decision point as Envoy's `http_service` asks it: the client's own method, path, host and body behind a prefix.
 */

let node: TestNode
let access: TestAccess

beforeAll(async () => {
  node = await startTestNode({ env: { AMBIT_AUTHZ_PLACE_HEADER: 'X-Place' } })
  await bringPlainOnline(node.ambit, 'shop', 'https://shop.example/api', {
    'GET /api/orders': { effect: 'read', reversibility: 0 },
    'POST /api/orders': { effect: 'write', reversibility: 2 },
  })
  access = await allow(node.ambit, [
    { target: 'shop', capability: 'GET *', decision: 'autonomous' },
    {
      target: 'shop',
      capability: 'POST *',
      decision: 'autonomous',
      arguments: { amount: { max: 100 } },
      places: ['office'],
    },
  ])
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Headers as they are sent: names and values in turn. */
async function ask(method: string, path: string, headers: readonly string[], body = ''): Promise<Answer> {
  const length = body === '' ? [] : ['content-length', String(Buffer.byteLength(body))]
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: node.port,
        method,
        path: `/ext-authz${path}`,
        headers: [...headers, ...length],
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const token = () => ['authorization', `Bearer ${access.token}`]
const shop = ['host', 'shop.example', 'origin', 'https://elsewhere.example']
const json = ['content-type', 'application/json; charset=utf-8', 'x-place', 'office']

test('the host of the client names the record, whatever host this node has', async () => {
  const answer = await ask('GET', '/api/orders?page=2', [...shop, ...token()])
  expect(answer).toMatchObject({ status: 200, body: '' })
  expect(answer.headers['ambit-act']).toMatch(/^[0-9a-f]{32}$/)
  expect(answer.headers['x-envoy-auth-headers-to-remove']).toContain('authorization')
  expect((await ask('GET', '/api/orders', ['host', 'SHOP.example:443', ...token()])).status).toBe(200)
  expect((await ask('GET', '/other', [...shop, ...token()])).headers['ambit-reason']).toBe('check.target')
  expect((await ask('GET', '/api/orders', ['host', 'x.example', ...token()])).headers['ambit-reason']).toBe(
    'check.target',
  )
})

test('arguments in the body are decided, and so is the place that the data plane names', async () => {
  const order = async (body: unknown, headers = json, path = '/api/orders') =>
    (await ask('POST', path, [...shop, ...token(), ...headers], JSON.stringify(body))).headers['ambit-reason']
  expect(await order({ amount: 100 })).toBeUndefined()
  expect(await order({ amount: 101 })).toBe('mandate.no-entry')
  expect(await order({ amount: 100 }, ['content-type', 'application/json'])).toBe('mandate.no-entry')
  expect(await order({ amount: 1 }, json, '/api/orders?amount=1000')).toBe('check.request')
  expect(await order({ amount: 1 }, ['content-type', 'text/plain', 'x-place', 'office'])).toBe('check.body')
  expect(await order({ amount: 1 }, [...json, 'content-encoding', 'gzip'])).toBe('check.body')
  expect(await order({ amount: 1 }, [...json, 'x-envoy-auth-partial-body', 'true'])).toBe('check.body')
  expect(await order([{ amount: 1 }])).toBe('check.body')
  expect(await order({ amount: 1, Amount: 1000 })).toBe('check.body')
})

test('tricks with headers are refused', async () => {
  const reason = async (headers: readonly string[], path = '/api/orders') =>
    (await ask('GET', path, headers)).headers['ambit-reason']
  expect(await reason([...shop, ...token(), ...token()])).toBe('check.request')
  expect(await reason([...shop, ...token(), 'ambit-target', 'shop', 'Ambit-Target', 'other'])).toBe(
    'check.request',
  )
  expect(
    await reason([...shop, ...token(), 'x-original-uri', '/api/orders', 'x-original-method', 'GET']),
  ).toBe('check.request')
  expect(await reason([...shop, ...token()], '')).toBe('check.request')
  expect(await reason([...shop, ...token(), 'x-original-uri', '/api/orders'], '')).toBe('check.request')
  expect(await reason([...shop, ...token(), 'ambit-target', '../shop'])).toBe('check.target')
})

test('a body that is too large is refused without being kept', async () => {
  const answer = await ask(
    'POST',
    '/api/orders',
    [...shop, ...token(), ...json],
    `{"a":"${'x'.repeat(5 << 20)}"}`,
  )
  expect(answer).toMatchObject({ status: 403, headers: { 'ambit-reason': 'input.too-large' } })
})

test('without a token nothing is read, and the challenge says what is wanted', async () => {
  expect(await ask('POST', '/api/orders', [...shop, ...json], '{')).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="ambit"', 'ambit-reason': 'auth.missing' },
  })
})

test('the address may stand in headers, as nginx sends it, and its host beside it', async () => {
  const original = [
    'host',
    'localhost',
    'x-original-uri',
    '/api/orders',
    'x-original-method',
    'GET',
    ...token(),
  ]
  expect((await ask('GET', '', [...original, 'ambit-target', 'shop', 'ambit-capability', ''])).status).toBe(
    200,
  )
  expect((await ask('GET', '', [...original, 'x-original-host', 'shop.example'])).status).toBe(200)
  // The host of the request itself is that of the node then.
  expect((await ask('GET', '', original)).headers['ambit-reason']).toBe('check.target')
})

test('who asks faster than they may is not answered, and told when to ask again', async () => {
  const slow = await startTestNode({ env: { AMBIT_CALLER_RATE_MAX: '1' } })
  await bringPlainOnline(slow.ambit, 'shop', 'https://shop.example/', {
    'GET /*': { effect: 'read', reversibility: 0 },
  })
  const own = await allow(slow.ambit, [{ target: 'shop', capability: '*', decision: 'autonomous' }])
  const look = async () =>
    await fetch(`http://127.0.0.1:${slow.port}/ext-authz/`, {
      headers: { authorization: `Bearer ${own.token}`, 'ambit-target': 'shop' },
    })
  const answers = await Promise.all(Array.from({ length: 10 }, look))
  const busy = answers.find(({ status }) => status === 503)
  expect(busy?.headers.get('ambit-reason')).toBe('act.rate-limited')
  expect(Number(busy?.headers.get('retry-after'))).toBeGreaterThan(0)
  await slow[Symbol.asyncDispose]()
})

test('a node that only observes lets through what it would have refused', async () => {
  const observing = await startTestNode({ env: { AMBIT_OBSERVE: 'on' } })
  await bringPlainOnline(observing.ambit, 'shop', 'https://shop.example/', {
    'GET /*': { effect: 'read', reversibility: 0 },
    'DELETE /*': { effect: 'write', reversibility: 3 },
  })
  const own = await allow(observing.ambit, [{ target: 'shop', capability: 'GET *', decision: 'autonomous' }])
  const send = async (method: string) =>
    await fetch(`http://127.0.0.1:${observing.port}/ext-authz/x`, {
      method,
      headers: { authorization: `Bearer ${own.token}`, 'ambit-target': 'shop' },
    })
  expect((await send('DELETE')).status).toBe(200)
  expect((await send('PUT')).headers.get('ambit-reason')).toBe('check.capability')
  await observing[Symbol.asyncDispose]()
})

test('other addresses still answer for this node only', async () => {
  const answer = await fetch(`http://127.0.0.1:${node.port}/ext-authzother`, {
    headers: { origin: 'https://x.example' },
  })
  expect(answer.status).toBe(403)
})
