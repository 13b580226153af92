import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connectAmbit } from './client.ts'
import { AmbitProblem } from './problem.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server on a free port that answers as told, and keeps what it was asked. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { line: string; authorization: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      const { authorization } = request.headers
      asked.push({ line: `${request.method} ${request.url}`, authorization, body })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked }
}

async function problem(run: Promise<unknown>): Promise<AmbitProblem> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AmbitProblem)) throw new Error('no AmbitProblem', { cause: error })
  return error
}

const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

test('sends each call to its route, with the token and escaped names', async () => {
  const { url, asked } = await serve((_, response) =>
    json(response, 200, {
      records: [],
      mandates: [],
      approvals: [],
      acts: [],
      people: [],
      tokens: [],
      rulings: [],
    }),
  )
  const ambit = connectAmbit({ url: `${url}/`, token: 'amba_x' })
  await ambit.records.list({ search: 'a b', state: 'active' })
  await ambit.records.get('../me')
  await ambit.records.register({ url: 'http://a/mcp' })
  await ambit.records.import({ mcpServers: {} })
  await ambit.records.apply({ v: 1 })
  await ambit.records.edit('a', { places: [] })
  await ambit.records.accept('a', { capabilities: ['x'] })
  await ambit.records.submit('a')
  await ambit.records.suspend('a', 'why')
  await ambit.records.certify('a')
  await ambit.records.probe('a')
  await ambit.records.recall('a', { version: '1.0.0', note: 'n' })
  await ambit.records.putSecret('a', { header: 'h', value: 'v', for: 'me' })
  await ambit.records.rulings('1.2')
  await ambit.mandates.grant({ purpose: 'p', allow: [] })
  await ambit.mandates.narrow('m', { task: 't' })
  await ambit.mandates.revoke('m')
  await ambit.mandates.connect('m', { client: 'cursor' })
  await ambit.mandates.disconnect('t')
  await ambit.approvals.list({ state: 'pending' })
  await ambit.approvals.approve('p', 'sha256:0')
  await ambit.approvals.deny('p', 'no')
  await ambit.acts.list({ limit: 3 })
  await ambit.acts.receipt('1')
  await ambit.people.me()
  await ambit.people.change('p', { roles: [] })
  await ambit.status()
  expect(asked.map(({ line, body }) => `${line} ${body}`.trim())).toEqual([
    'GET /api/records?search=a+b&state=active',
    'GET /api/records/..%2Fme',
    'POST /api/records/register {"url":"http://a/mcp"}',
    'POST /api/records/import {"mcpServers":{}}',
    'PUT /api/records {"v":1}',
    'PATCH /api/records/a {"places":[]}',
    'POST /api/records/a/accept {"capabilities":["x"]}',
    'POST /api/records/a/submit {}',
    'POST /api/records/a/suspend {"note":"why"}',
    'POST /api/records/a/certify {}',
    'POST /api/records/a/probe {}',
    'POST /api/records/a/recall {"version":"1.0.0","note":"n"}',
    'PUT /api/records/a/secrets {"header":"h","value":"v","for":"me"}',
    'GET /api/rulings?record=1.2',
    'POST /api/mandates {"purpose":"p","allow":[]}',
    'POST /api/mandates/m/narrow {"task":"t"}',
    'POST /api/mandates/m/revoke {}',
    'POST /api/mandates/m/tokens {"client":"cursor"}',
    'DELETE /api/mandate-tokens/t',
    'GET /api/approvals?state=pending',
    'POST /api/approvals/p/approve {"digest":"sha256:0"}',
    'POST /api/approvals/p/deny {"note":"no"}',
    'GET /api/acts?limit=3',
    'GET /api/acts/1/receipt',
    'GET /api/me',
    'PATCH /api/people/p {"roles":[]}',
    'GET /api/status',
  ])
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer amba_x']))
})

test('a refusal says what, where and what to do', async () => {
  const { url } = await serve((_, response) =>
    json(response, 409, {
      code: 'record.state',
      title: 'T',
      detail: 'D',
      where: 'W',
      remedy: 'R',
      later: 1,
    }),
  )
  const error = await problem(connectAmbit({ url }).records.activate('a'))
  expect(error).toMatchObject({ status: 409, code: 'record.state', detail: 'D', where: 'W', remedy: 'R' })
  expect(error.members['later']).toBe(1)
})

test.for([
  ['a page instead of JSON', 200, '<html>'],
  ['a page as an error', 502, '<html>'],
  ['JSON that is no problem', 500, '[]'],
] as const)('answers of something that is no node are named as such: %s', async ([, status, body]) => {
  const { url } = await serve((_, response) => response.writeHead(status).end(body))
  const error = await problem(connectAmbit({ url }).status())
  expect(error).toMatchObject({ status, code: 'client.unreadable' })
})

test('silence and absence are told apart', async () => {
  const { url } = await serve(() => undefined)
  expect((await problem(connectAmbit({ url, timeoutMs: 30 }).status())).code).toBe('client.timeout')
  const gone = await serve(() => undefined)
  closers.pop()?.()
  expect((await problem(connectAmbit({ url: gone.url }).status())).code).toBe('client.unreachable')
})

test('an abort throws its own reason', async () => {
  const { url } = await serve(() => undefined)
  const reason = new Error('enough')
  await expect(connectAmbit({ url }).status({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('never follows a redirect, which would carry the token elsewhere', async () => {
  const other = await serve((_, response) => json(response, 200, {}))
  const { url } = await serve((_, response) => response.writeHead(302, { location: other.url }).end())
  await problem(connectAmbit({ url, token: 'ambs_x' }).status())
  expect(other.asked).toEqual([])
})

test('reads events as they come, and ends with the stream', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': hello\n\nevent: approval\ndata: {"id":"p","state":"pend')
    setImmediate(() => response.end('ing"}\n\nevent: record\ndata: {"slug":"a"}\n\n'))
  })
  const events = await Array.fromAsync(connectAmbit({ url }).events())
  expect(events).toEqual([
    { event: 'approval', data: { id: 'p', state: 'pending' } },
    { event: 'record', data: { slug: 'a' } },
  ])
})

test('leaving the events early closes the connection', async () => {
  let closed = () => undefined as void
  const gone = new Promise<void>((resolve) => (closed = resolve))
  const { url } = await serve((_, response) => {
    response.on('close', closed)
    response.writeHead(200).write('event: record\ndata: {}\n\n')
  })
  for await (const { event } of connectAmbit({ url }).events()) {
    expect(event).toBe('record')
    break
  }
  await gone
})
