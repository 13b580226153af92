import { Fault } from '@ambit/core/fault'
import { startControlServer } from '@ambit/testkit/control-server'
import { send, sendBytes } from '@ambit/testkit/raw-http'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createMetrics } from '../kernel/metrics.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { HttpServer, ServerOptions } from './server.ts'

const itemRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/items/:id',
    summary: 'Reads.',
    access: ['operator'],
    params: z.strictObject({ id: z.string().max(10) }),
    query: z.strictObject({ limit: z.coerce.number().int().optional() }),
    reply: z.object({ id: z.string(), origin: z.string() }),
    handle: async ({ params, origin }) => ({ body: { id: params.id, origin } }),
  }),
  route({
    method: 'POST',
    path: '/api/items',
    summary: 'Writes.',
    access: ['operator'],
    body: z.strictObject({ name: z.string(), tags: z.array(z.strictObject({ a: z.int() })).optional() }),
    reply: z.object({ name: z.string() }),
    status: 201,
    handle: async ({ body }) => ({ body: { name: body.name } }),
  }),
  route({
    method: 'POST',
    path: '/api/approve',
    summary: 'Approves.',
    access: ['operator'],
    sessionOnly: true,
    reply: z.undefined(),
    status: 204,
    handle: async () => ({ body: undefined }),
  }),
  route({
    method: 'POST',
    path: '/api/open',
    summary: 'Public.',
    access: 'public',
    reply: z.object({}),
    handle: async () => ({ body: {} }),
  }),
  route({
    method: 'GET',
    path: '/api/broken',
    summary: 'Fails.',
    access: 'public',
    reply: z.object({}),
    handle: async () => {
      throw new TypeError('the secret is hunter2')
    },
  }),
  route({
    method: 'GET',
    path: '/api/split',
    summary: 'Splits.',
    access: 'public',
    query: z.object({ to: z.string() }),
    reply: z.object({}),
    handle: async ({ query }) => ({ body: {}, headers: { 'x-to': query.to } }),
  }),
  route({
    method: 'GET',
    path: '/api/wrong',
    summary: 'Replies what it does not declare.',
    access: 'public',
    reply: z.object({ a: z.string() }),
    handle: async () => ({ body: { a: 1 as unknown as string } }),
  }),
]

async function start(options: Partial<ServerOptions> = {}): Promise<HttpServer> {
  return await startControlServer({ routes: itemRoutes, ...options })
}

const operator = { authorization: 'Bearer ambs_operator' }

test('answers at both loopback addresses, with a problem for everything that is none', async () => {
  await using server = await start()
  for (const address of server.at.length === 2 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
    const answer = await send(server.port, { path: '/api/nothing', address })
    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ code: 'input.not-found', where: 'GET /api/nothing' })
  }
  expect(server.origin).toBe(`http://localhost:${server.port}`)
})

test('refuses a Host or Origin that is none of its own, on routes and data paths, before they run', async () => {
  let acts = 0
  const dataPath: DataPath = {
    claims: (path) => path === '/mcp',
    handle: (_request, response) => {
      acts += 1
      response.end('act')
    },
  }
  await using server = await start({ dataPaths: [dataPath], hosts: ['ambit.example'] })
  const { port } = server
  for (const path of ['/mcp', '/mcp?a=1', '/api/items/a', '/']) {
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const answer = await send(port, { path, headers })
      expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(403)
      expect(answer.json()['code']).toBe('request.host')
    }
  }
  expect(acts).toBe(0)
  const known = [
    {},
    { host: 'ambit.example' },
    { host: `[::1]:${port}` },
    { origin: 'https://ambit.example' },
  ]
  for (const headers of known) expect((await send(port, { path: '/mcp?a=1', headers })).text).toBe('act')
  expect(acts).toBe(4)
})

test('a data path that throws is answered as a problem and the server goes on', async () => {
  const dataPath: DataPath = {
    claims: (path) => path === '/mcp',
    handle: () => {
      throw new Fault('node.draining', { detail: 'no' })
    },
  }
  await using server = await start({ dataPaths: [dataPath] })
  const { port } = server
  expect((await send(port, { path: '/mcp' })).status).toBe(503)
  expect((await send(port, { path: '/mcp/x' })).status).toBe(404)
})

test('asks who calls, and what they may', async () => {
  await using server = await start()
  const { port } = server
  const read = async (headers: Record<string, string>) => await send(port, { path: '/api/items/a', headers })
  const missing = await read({})
  expect(missing.status).toBe(401)
  expect(missing.headers['www-authenticate']).toContain('Bearer')
  expect((await read({ authorization: 'Bearer ambs_nobody' })).json()['code']).toBe('auth.unknown-token')
  expect((await read({ authorization: 'Basic b3duZXI6' })).status).toBe(401)
  expect((await read({ authorization: 'Bearer ambm_mandate' })).json()['detail']).toContain('mandate token')
  expect((await read(operator)).status).toBe(200)
  expect((await read({ authorization: 'bearer ambs_owner' })).status).toBe(200)
  expect((await read({ authorization: 'Bearer ambs_auditor' })).status).toBe(200)
  expect((await read({ cookie: 'a=b; ambit_session=ambs_operator' })).status).toBe(200)
  expect((await read({ cookie: 'ambit_session=amba_operator' })).status).toBe(401)

  const write = async (authorization: string) =>
    await send(port, { method: 'POST', path: '/api/items', headers: { authorization }, body: '{"name":"a"}' })
  expect((await write('Bearer ambs_auditor')).json()).toMatchObject({ status: 403, code: 'auth.role' })
  expect((await write('Bearer amba_operator')).status).toBe(201)
  const approve = async (authorization: string) =>
    await send(port, { method: 'POST', path: '/api/approve', headers: { authorization } })
  expect((await approve('Bearer amba_operator')).json()['code']).toBe('auth.session-only')
  expect((await approve('Bearer ambs_operator')).status).toBe(204)
})

test('a change by cookie needs a page of this very origin', async () => {
  await using server = await start()
  const { port } = server
  const own = `http://localhost:${port}`
  const write = async (headers: Record<string, string>) =>
    await send(port, {
      method: 'POST',
      path: '/api/items',
      headers: { cookie: 'ambit_session=ambs_operator', ...headers },
      body: '{"name":"a"}',
    })
  for (const headers of [
    {},
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: own },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://localhost:3000' },
    { origin: 'http://127.0.0.1' },
  ]) {
    const answer = await write(headers)
    expect(answer.json()['code'], JSON.stringify(headers)).toBe('request.cross-site')
  }
  expect((await write({ origin: own })).status).toBe(201)
  expect((await write({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  expect((await write({ 'sec-fetch-site': 'same-origin', origin: own })).status).toBe(201)

  const sign = async (headers: Record<string, string>) =>
    await send(port, { method: 'POST', path: '/api/open', headers })
  expect((await sign({})).status).toBe(200)
  expect((await sign({ origin: 'http://localhost:3000' })).status).toBe(403)
})

test('names the member that is wrong', async () => {
  await using server = await start()
  const { port } = server
  const write = async (body: string, headers: Record<string, string> = {}) =>
    await send(port, { method: 'POST', path: '/api/items', headers: { ...operator, ...headers }, body })
  expect((await write('{"name":1}')).json()).toMatchObject({
    status: 400,
    code: 'input.invalid',
    where: 'body.name',
  })
  expect((await write('{"name":"a","tags":[{"a":1},{"a":"x"}]}')).json()['where']).toBe('body.tags[1].a')
  expect((await write('{"a":1,"tags":2}')).json()['issues']).toHaveLength(3)
  expect((await write('')).json()['where']).toBe('body.name')
  expect((await write('{"name": "a",\n "tags": [}')).json()).toMatchObject({
    status: 400,
    code: 'input.invalid',
  })
  expect((await write('{"name":"hunter2",,,')).text).not.toContain('hunter2')
  expect((await write('{\n  "name": "a"\n  "b": 1}')).json()['where']).toBe('body, line 3 column 3')
  expect((await write('["a"]')).json()['where']).toBe('body')
  const query = await send(port, { path: '/api/items/a?limit=x&other=1', headers: operator })
  expect(query.json()['where']).toBe('query.limit')
  const params = await send(port, { path: `/api/items/${'a'.repeat(20)}`, headers: operator })
  expect(params.json()['where']).toBe('params.id')
})

test('refuses hostile bodies before anything reads them', async () => {
  await using server = await start()
  const { port } = server
  const write = async (body: string, headers: Record<string, string> = operator) =>
    await send(port, { method: 'POST', path: '/api/items', headers, body })
  const large = `{"name":"${'a'.repeat(4 * 1024 * 1024)}"}`
  expect((await write(large)).json()).toMatchObject({ status: 413, code: 'input.too-large', where: 'body' })
  expect((await write(large, {})).status).toBe(401)
  expect((await write('['.repeat(100_000))).json()['detail']).toContain('nests deeper')
  expect((await write(`{"name":"${'['.repeat(1000)}\\""}`)).status).toBe(201)
  expect((await write('{"name":"a","__proto__":{"x":1}}')).status).toBe(400)
  const media = await write('name=a', { ...operator, 'content-type': 'application/x-www-form-urlencoded' })
  expect(media.json()).toMatchObject({ status: 415, code: 'request.media-type' })
  expect((await write('name', { ...operator, 'content-type': 'text/plain' })).status).toBe(415)
  const latin = await sendBytes(
    port,
    `POST /api/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ambs_operator\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"\xff"`,
  )
  expect(latin).toContain('400')
})

test('says which methods a path takes', async () => {
  await using server = await start()
  const { port } = server
  const answer = await send(port, { method: 'PUT', path: '/api/items', headers: operator, body: '{}' })
  expect(answer.status).toBe(405)
  expect(answer.headers['allow']).toBe('POST')
  expect((await send(port, { method: 'DELETE', path: '/api/items/a' })).headers['allow']).toBe('GET')
  expect((await send(port, { method: 'OPTIONS', path: '/api/items/a' })).status).toBe(405)
})

test('never shows the inside of a failure, and holds replies against their declaration in tests', async () => {
  await using server = await start()
  const { port } = server
  const answer = await send(port, { path: '/api/broken' })
  expect(answer.status).toBe(500)
  expect(answer.json()['code']).toBe('internal')
  expect(answer.text).not.toMatch(/hunter2|TypeError|server\.test|node_modules/)
  expect((await send(port, { path: '/api/wrong' })).status).toBe(500)
  await using lenient = await start({ checkReplies: false })
  expect((await send(lenient.port, { path: '/api/wrong' })).json()).toEqual({ a: 1 })
})

test('lets nothing split a header', async () => {
  await using server = await start()
  const { port } = server
  const answer = await send(port, { path: '/api/split?to=a%0d%0aset-cookie:%20x=y' })
  expect(answer.status).toBe(500)
  expect(answer.headers['set-cookie']).toBeUndefined()
  expect((await send(port, { path: '/api/split?to=a' })).headers['x-to']).toBe('a')
})

test('answers what is not HTTP with a problem, and very long tokens and headers too', async () => {
  await using server = await start()
  const { port } = server
  expect(await sendBytes(port, 'GET / NOT-HTTP\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 400 .*"code":"input\.invalid"/s,
  )
  expect(
    await sendBytes(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
  ).toMatch(/^HTTP\/1\.1 431 /)
  expect(await sendBytes(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 40[03] /)
  expect(
    await sendBytes(port, 'GET http://localhost/api/items/a HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  ).toMatch(/^HTTP\/1\.1 400 /)
  const long = await send(port, {
    path: '/api/items/a',
    headers: { authorization: `Bearer ambs_${'a'.repeat(12_000)}` },
  })
  expect(long.status).toBe(401)
  expect((await send(port, { path: '/api/items/%zz', headers: operator })).status).toBe(400)
  expect((await send(port, { path: '/api/items/%ff', headers: operator })).status).toBe(400)
  expect((await send(port, { path: `/api/items/${'a'.repeat(600)}`, headers: operator })).status).toBe(400)
})

test('writes nothing about a malformed request into an answer that is under way', async () => {
  const dataPath: DataPath = {
    claims: (path) => path === '/late' || path === '/stream',
    handle(request, response) {
      if (request.url === '/stream') response.write('begun')
      else setImmediate(() => response.end('its own answer'))
    },
  }
  await using server = await start({ dataPaths: [dataPath] })
  const behind = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\nGET / NOT-HTTP\r\n\r\n`
  expect(await sendBytes(server.port, behind('/late'))).toMatch(/^HTTP\/1\.1 200 .*its own answer$/s)
  expect(await sendBytes(server.port, behind('/stream'))).not.toContain('input.invalid')
})

test('serves public logs to everyone, from any page', async () => {
  const files = new Map([
    [
      'activity',
      async (path: string) =>
        path === '2026h2/tile/0/000' || path === ''
          ? {
              bytes: Buffer.from(path === '' ? 'list' : 'tile'),
              contentType: 'application/octet-stream',
              cacheControl: 'immutable',
            }
          : undefined,
    ],
  ])
  await using server = await start({ files })
  const { port } = server
  const headers = { host: 'mirror.example', origin: 'https://verifier.example' }
  const tile = await send(port, { path: '/log/activity/2026h2/tile/0/000', headers })
  expect(tile.text).toBe('tile')
  expect(tile.headers['access-control-allow-origin']).toBe('*')
  expect(tile.headers['cross-origin-resource-policy']).toBe('cross-origin')
  for (const path of ['/log/activity', '/log/activity/'])
    expect((await send(port, { path, headers })).text).toBe('list')
  expect((await send(port, { path: '/log/activity/nothing', headers })).status).toBe(404)
  expect((await send(port, { path: '/log/other/tile/0/000', headers })).status).toBe(404)
  expect((await send(port, { path: '/log/../api/items/a', headers })).status).toBe(404)
})

test('gives links the public origin, and what comes by another known name links by that name', async () => {
  await using server = await start({ origin: 'https://ambit.example', hosts: ['ambit.example'] })
  const { port } = server
  const originBy = async (host: string) =>
    (await send(port, { path: '/api/items/a', headers: { ...operator, host } })).json()['origin']
  expect(await originBy('ambit.example')).toBe('https://ambit.example')
  expect(await originBy(`localhost:${port}`)).toBe(`http://localhost:${port}`)
})

test('counts requests and refusals in few series', async () => {
  const metrics = createMetrics()
  await using server = await start({ metrics })
  const { port } = server
  await send(port, { path: '/api/items/a', headers: operator })
  await send(port, { path: '/api/items/b', headers: operator })
  await send(port, { headers: { host: 'evil.example' } })
  expect(metrics.text()).toContain('ambit_http_requests_total{method="GET",status="200"} 2')
  expect(metrics.text()).toContain('ambit_http_refused_total{reason="request.host"} 1')
})
