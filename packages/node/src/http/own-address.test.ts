import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from '@ambit/testkit/raw-http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import type { Target } from '../registry/target.ts'
import { createOwnAddresses } from './own-address.ts'
import type { OwnPath } from './own-address.ts'

const address = '2001:db8:a9e::5:1'
let state: Target['state'] | undefined = 'active'
let isDown = false
let record: string | undefined = 'aic'
let before: (() => Promise<boolean> | undefined) | undefined

function path(name: string): OwnPath {
  return {
    own(request, response: ServerResponse, place) {
      response.end(`${name} ${place.target.slug} ${place.origin.replace(/\d+$/, '')} ${request.url}`)
    },
  }
}

const own = createOwnAddresses({
  addresses: { at: () => ({ record }) },
  registry: {
    target: () => (state === undefined ? undefined : ({ id: 'aic', slug: 'desk', state } as Target)),
    takedowns: { tombstone: () => (isDown ? {} : undefined) } as never,
  },
  a2a: path('a2a'),
  mcp: path('mcp'),
  documents: new Map([['/doc', { contentType: 'application/json', read: async ({ slug }) => ({ slug }) }]]),
  log: silentLog,
})
// As if every connection had come to the agent's address.
const server = createServer((request, response) => {
  own.at(address)!.serve(request, response, () => before?.())
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

async function ask(at: string, headers: Record<string, string> = {}, method = 'GET') {
  return await send(port, { method, path: at, headers: { host: `[${address}]:7100`, ...headers } })
}

test('passes the paths of one agent on, as they came', async () => {
  for (const [at, text] of [
    ['/a2a', 'a2a desk'],
    ['/a2a/v1/message:send?x=1', 'a2a desk'],
    ['/.well-known/agent-card.json', 'a2a desk'],
    ['/mcp?x', 'mcp desk'],
  ] as const)
    expect((await ask(at)).text, at).toBe(`${text} http://[${address}]: ${at}`)
  expect((await ask('/doc')).json()).toEqual({ slug: 'desk' })
  expect((await ask('/doc', {}, 'POST')).status).toBe(405)
})

test('has nothing of the node', async () => {
  for (const at of [
    '/',
    '/api/records',
    '/mcp/other',
    '/a2ab',
    '/log/registry/',
    '/agents/desk/did.json',
    '/oauth/token',
  ])
    expect((await ask(at)).status, at).toBe(404)
})

test('answers for its address in brackets, whatever the port, and for nothing else', async () => {
  for (const host of [`[${address}]`, `[${address}]:443`, `[${address.toUpperCase()}]:7100`])
    expect((await ask('/doc', { host })).status, host).toBe(200)
  for (const host of [
    'localhost:7100',
    '[::1]:7100',
    address,
    `[${address}].evil.example`,
    `[${address}`,
    '[2001:db8:a9e:0::5:1]',
    '[2001:db8:a9e::5:2]',
    `[${address}]:7100, localhost`,
  ])
    expect((await ask('/doc', { host })).status, host).toBe(403)
  expect((await ask('/doc', { origin: 'https://evil.example' })).status).toBe(403)
  expect((await ask('/doc', { origin: `http://[${address}]:${port}` })).status).toBe(200)
})

test('nobody is there before, and nobody after', async () => {
  record = undefined
  expect((await ask('/doc')).status).toBe(404)
  record = 'aic'
  const statuses: number[] = []
  for (const each of ['retired', 'recalled', undefined, 'suspended', 'active'] as const) {
    state = each
    statuses.push((await ask('/mcp')).status)
  }
  expect(statuses).toEqual([410, 410, 410, 200, 200])
  isDown = true
  expect((await ask('/mcp')).json()['code']).toBe('address.gone')
  isDown = false
})

test('a protocol gets a request only when it is known who sent it, and that is still there', async () => {
  before = async () => await Promise.resolve(true)
  expect((await ask('/mcp')).status).toBe(200)
  before = async () => await Promise.resolve(false)
  await expect(ask('/mcp')).rejects.toThrow()
  before = undefined
})
