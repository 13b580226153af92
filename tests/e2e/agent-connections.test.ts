import { certificateRequest } from '@ambit/sdk/certificate-request'
import { certifiedClient, knock } from '@ambit/testkit/agent-client'
import type { AgentIdentity, CertifiedClient } from '@ambit/testkit/agent-client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { selfSigned } from '@ambit/testkit/certificate'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Agents that reach the node with a certificate of their own (mutual TLS): they act under the mandate that names them,
 * without a token, and whoever no longer counts is disconnected, what it had under way included.
 */

let node: TestNode
let server: TestMcpServer
let agent: A2aAgent
let roots: string
const clients: CertifiedClient[] = []
const everything = [{ target: 'desk', capability: '*', decision: 'autonomous' as const }]

beforeAll(async () => {
  ;[server, agent] = await Promise.all([startMcpServer(), startA2aAgent()])
  node = await startTestNode({ env: { AMBIT_AGENTS_PORT: '0' } })
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  roots = (await node.ambit.certificates.list()).trustBundle
})

afterAll(async () => {
  for (const client of clients) client.close()
  await node[Symbol.asyncDispose]()
  await server.close()
  await agent.close()
})

interface TestAgent extends AgentIdentity {
  readonly slug: string
  readonly aic: string
  readonly serial: string
}

/** Registers an agent and gets it a certificate. */
async function registered(
  slug: string,
  usage: 'clientAuth' | 'serverAuth' = 'clientAuth',
): Promise<TestAgent> {
  const { ambit } = node
  await bringOnline(ambit, { url: agent.url }, slug)
  return await certified(slug, usage)
}

async function certified(
  slug: string,
  usage: 'clientAuth' | 'serverAuth' = 'clientAuth',
): Promise<TestAgent> {
  const aic = (await node.ambit.records.get(slug)).record.id
  const { request, privateKey } = await certificateRequest(aic)
  const { chain, certificate } = await node.ambit.certificates.issue(slug, { usage, csr: request })
  return { slug, aic, privateKey, chain, serial: certificate.serial }
}

async function give(slug: string): Promise<string> {
  return (await node.ambit.mandates.grant({ purpose: 'a test', allow: everything, agent: slug })).id
}

function clientOf(identity: AgentIdentity | undefined): CertifiedClient {
  const client = certifiedClient(roots, identity)
  clients.push(client)
  return client
}

const url = (path = '/mcp') => `https://localhost:${node.agentsPort}${path}`
const shown = ({ privateKey: key, chain: cert }: AgentIdentity) => ({ ca: roots, key, cert })
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
}
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

async function ping({ fetch: send }: CertifiedClient, more: Record<string, string> = {}) {
  const answer = await send(url(), { method: 'POST', headers: { ...headers, ...more }, body })
  return { status: answer.status, text: await answer.text() }
}

/** A counter of the node with that reason. */
async function counted(name: string, reason: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)
  const line = (await answer.text())
    .split('\n')
    .find((each) => each.startsWith(`${name}{reason="${reason}"}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('an agent calls a tool with a stock client, by its certificate alone', async () => {
  const helper = await registered('helper')
  await give('helper')
  const mcp = await connectMcpClient(url(), { fetch: clientOf(helper).fetch })
  const echo = (await mcp.tools()).find(({ name }) => name.includes('echo'))!
  expect(JSON.stringify(await mcp.call(echo.name, { text: 'by certificate' }))).toContain('by certificate')
  await mcp.close()
  const [act] = (await node.ambit.acts.list()).acts
  expect(JSON.stringify(act)).toContain(helper.aic)
})

test('A2A is there as well; console and control API are not', async () => {
  const walker = await registered('walker')
  await node.ambit.mandates.grant({
    purpose: 'a test',
    allow: [{ target: 'walker', capability: '*', decision: 'autonomous' }],
    agent: 'walker',
  })
  const { fetch: send } = clientOf(walker)
  const card = await send(url('/a2a/walker/.well-known/agent-card.json'))
  expect([card.status, (await card.text()).includes('supportedInterfaces')]).toEqual([200, true])
  for (const path of ['/', '/api/status', '/registry', '/ext-authz']) {
    const answer = await send(url(path))
    expect([path, answer.status]).toEqual([path, 404])
  }
  const page = await send(url(), {
    method: 'POST',
    headers: { ...headers, origin: 'https://localhost' },
    body,
  })
  expect(page.status).toBe(403)
})

describe('the handshake', () => {
  test('refuses whoever shows no certificate, one of nobody, or one for something else', async () => {
    const good = await registered('good')
    const serving = await certified('good', 'serverAuth')
    const forged = selfSigned(good.aic)
    const attempts = [
      ['no-certificate', { ca: roots }],
      ['untrusted', { ca: roots, key: forged.key, cert: forged.cert }],
      ['usage', shown(serving)],
      ['protocol', { ...shown(good), maxVersion: 'TLSv1.2' }],
    ] as const
    expect((await knock(node.agentsPort, shown(good))).refused).toBeUndefined()
    for (const [reason, options] of attempts) {
      const before = await counted('ambit_agent_connections_refused_total', reason)
      const { refused } = await knock(node.agentsPort, options)
      expect([reason, refused === undefined]).toEqual([reason, false])
      await until(`${reason} is counted`, async () => {
        const after = await counted('ambit_agent_connections_refused_total', reason)
        return after === before + 1
      })
    }
  })

  test('is TLS 1.3, takes a certificate without its chain, and is never resumed', async () => {
    const agile = await registered('agile')
    const [leaf] = agile.chain.split(/(?<=-----END CERTIFICATE-----\n)/)
    const first = await knock(node.agentsPort, { ...shown(agile), cert: leaf! })
    expect([first.refused, first.protocol]).toEqual([undefined, 'TLSv1.3'])
    const again = await knock(node.agentsPort, {
      ...shown(agile),
      ...(first.session === undefined ? {} : { session: first.session }),
    })
    expect([again.refused, again.resumed]).toEqual([undefined, false])
  })
})

describe('a certificate that is revoked', () => {
  test('ends its connections and what they have under way, and opens no new one', async () => {
    const fleeting = await registered('fleeting')
    await give('fleeting')
    const client = clientOf(fleeting)
    const mcp = await connectMcpClient(url(), { fetch: client.fetch })
    const slow = (await mcp.tools()).find(({ name }) => name.includes('slow'))!
    const calling = mcp.call(slow.name, { steps: 10_000, ms: 20 }).then(
      () => 'answered',
      () => 'broke off',
    )
    const underWay = await until('the call is at the server', () =>
      server.calls.find(({ tool, arguments: given }) => tool === 'slow' && given !== undefined),
    )
    await node.ambit.certificates.revoke('fleeting', { serial: fleeting.serial, reason: 1 })
    await until('the connections are closed', () => client.open() === 0)
    await until('the server was told', () => underWay.cancelled === true)
    await until('new ones are refused', async () => {
      const { refused } = await knock(node.agentsPort, shown(fleeting))
      return refused !== undefined
    })
    await mcp.close().catch(() => undefined)
    expect(await calling).toBe('broke off')
    expect(await counted('ambit_agent_connections_ended_total', 'revoked')).toBeGreaterThan(0)
    // Its next certificate counts.
    const next = await certified('fleeting')
    expect((await ping(clientOf(next))).status).toBe(200)
  })

  test('leaves the connections of other certificates of the agent alone', async () => {
    const first = await registered('twofold')
    const second = await certified('twofold')
    await give('twofold')
    const [one, two] = [clientOf(first), clientOf(second)]
    expect([(await ping(one)).status, (await ping(two)).status]).toEqual([200, 200])
    await node.ambit.certificates.revoke('twofold', { serial: first.serial, reason: 4 })
    await until('the first is closed', () => one.open() === 0)
    expect((await ping(two)).status).toBe(200)
    await expect(ping(one)).rejects.toThrow()
  })
})

test('an agent whose record is suspended is disconnected, and comes back with a new certificate', async () => {
  const paused = await registered('paused')
  await give('paused')
  const client = clientOf(paused)
  expect((await ping(client)).status).toBe(200)
  await node.ambit.records.suspend('paused', 'a test')
  await until('the connection is closed', () => client.open() === 0)
  await expect(ping(client)).rejects.toThrow()
  await node.ambit.records.reinstate('paused', 'a test')
  expect((await ping(clientOf(await certified('paused')))).status).toBe(200)
})

describe('under which mandate', () => {
  test('is said by the agent where it has several, and asked for where it has none', async () => {
    const client = clientOf(await registered('chooser'))
    const none = await ping(client)
    expect([none.status, none.text]).toEqual([401, expect.stringContaining('auth.mandate')])
    const first = await give('chooser')
    expect((await ping(client)).status).toBe(200)
    const second = await give('chooser')
    const unclear = await ping(client)
    expect([unclear.status, unclear.text]).toEqual([401, expect.stringContaining(second)])
    for (const mandate of [first, second])
      expect((await ping(client, { 'ambit-mandate': mandate })).status).toBe(200)
    await node.ambit.mandates.revoke(first)
    expect((await ping(client)).status).toBe(200)
    expect((await ping(client, { 'ambit-mandate': first })).status).toBe(401)
  })

  test('is never that of another agent: neither by its token nor by its name', async () => {
    await registered('neighbour')
    const theirs = await allow(node.ambit, everything, { agent: 'neighbour' })
    const mine = clientOf(await registered('borrower'))
    const own = await give('borrower')
    expect((await ping(mine)).status).toBe(200)
    const token = await ping(mine, { authorization: `Bearer ${theirs.token}` })
    expect([token.status, token.text]).toEqual([401, expect.stringContaining('auth.sender')])
    const named = await ping(mine, { 'ambit-mandate': theirs.mandate })
    expect([named.status, named.text]).toEqual([401, expect.stringContaining('auth.mandate')])
    expect(await counted('ambit_agent_requests_refused_total', 'auth.sender')).toBeGreaterThan(0)
    // The same token passes where it is shown by whoever it was made for, and one that names nobody passes here.
    const plain = await fetch(`${node.url}/mcp`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${theirs.token}` },
      body,
    })
    expect(plain.status).toBe(200)
    const nobodys = await allow(node.ambit, everything)
    expect((await ping(mine, { authorization: `Bearer ${nobodys.token}` })).status).toBe(200)
    expect((await ping(mine, { 'ambit-mandate': own })).status).toBe(200)
  })
})

test('a token that is exchanged over such a connection counts over no other', async () => {
  const holder = await registered('bound')
  const access = await allow(node.ambit, everything, { agent: 'bound' })
  const client = clientOf(holder)
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: access.token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    authorization_details: JSON.stringify([{ type: 'ambit_mandate', identifier: 'desk', actions: ['*'] }]),
  })
  const answer = await client.fetch(url('/oauth/token'), { method: 'POST', body: form })
  const made = (await answer.json()) as { access_token: string; token_type: string }
  expect([answer.status, made.token_type]).toEqual([200, 'Bearer'])
  const authorization = `Bearer ${made.access_token}`
  expect((await ping(client, { authorization })).status).toBe(200)
  const elsewhere = await fetch(`${node.url}/mcp`, {
    method: 'POST',
    headers: { ...headers, authorization },
    body,
  })
  expect([elsewhere.status, await elsewhere.text()]).toEqual([401, expect.stringContaining('auth.proof')])
  const other = clientOf(await certified('bound'))
  expect((await ping(other, { authorization })).status).toBe(401)
})
