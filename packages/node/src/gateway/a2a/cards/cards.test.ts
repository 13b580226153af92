import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { JsonWebKeyInput } from 'node:crypto'
import { verifyAgentCardSignature } from '@a2a-js/sdk'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { signCard } from '@ambit/testkit/a2a-card'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { rawCard, startRawAgent } from '@ambit/testkit/a2a-raw'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

type Json = Record<string, unknown>
type JsonWebKey = JsonWebKeyInput['key']

let agent: A2aAgent
let known: A2aAgent
let node: A2aNode
beforeAll(async () => {
  agent = await startA2aAgent()
  known = await startA2aAgent({
    legacy: 'also',
    change: (card) => ({ ...card, capabilities: { ...card.capabilities!, extendedAgentCard: true } }),
    extended: (card) => ({ ...card, description: 'Says more to those it knows.' }),
  })
  node = await startA2aNode({ agents: { echo: agent.url, known: known.url } })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await agent.close()
  await known.close()
})

const v1 = { 'a2a-version': '1.0' }

async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; text: string; body: Json }> {
  const response = await fetch(path.startsWith('http') ? path : `${node.url}/a2a/${path}`, { headers })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? {} : (JSON.parse(text) as Json),
  }
}

test('serves the card of 1.0 with its own addresses and its own way of signing in', async () => {
  const { headers, text, body } = await get('echo/.well-known/agent-card.json', v1)
  const url = node.agentUrl('echo')
  expect(body).toMatchObject({
    name: 'Echo',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url: node.grpcAddress, protocolBinding: 'GRPC', protocolVersion: '1.0', tenant: 'echo' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
    securitySchemes: { ambit: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
  })
  for (const name of ['url', 'preferredTransport', 'security']) expect(body).not.toHaveProperty(name)
  expect(text).not.toContain(agent.url)
  expect(headers.get('cache-control')).toBe('public, max-age=60')
  expect(headers.get('vary')).toBe('A2A-Version')
})

test('serves the card of both versions to whoever asks for 0.3, or names none of an agent that speaks it', async () => {
  const both = {
    protocolVersion: '0.3.0',
    url: node.agentUrl('echo'),
    preferredTransport: 'JSONRPC',
    supportsAuthenticatedExtendedCard: false,
    securitySchemes: {
      ambit: { type: 'http', scheme: 'Bearer', httpAuthSecurityScheme: { scheme: 'Bearer' } },
    },
    security: [{ ambit: [] }],
    supportedInterfaces: [{ protocolVersion: '1.0' }, {}, {}, {}, {}],
  }
  const asked = await get('echo/.well-known/agent-card.json', { 'a2a-version': '0.3' })
  expect(asked.body).toMatchObject(both)
  const own = await get('echo/.well-known/agent-card.json', v1)
  expect(asked.headers.get('etag')).not.toBe(own.headers.get('etag'))
  expect((await get('known/.well-known/agent-card.json')).body).toMatchObject({ protocolVersion: '0.3.0' })
  // What an agent of 1.0 alone gives: some readers of it know no other member.
  expect((await get('echo/.well-known/agent-card.json')).text).toBe(own.text)
})

test.each(['.well-known/agent.json', 'v1/.well-known/agent-card.json', 'v1/.well-known/agent.json'])(
  'serves the card of both versions at %s, where only clients of 0.3 look',
  async (path) => {
    const [there, here] = await Promise.all([
      get(`echo/${path}`),
      get('echo/.well-known/agent-card.json', { 'a2a-version': '0.3' }),
    ])
    expect([there.status, there.text]).toEqual([200, here.text])
  },
)

test('tells who has the card already that it is still good', async () => {
  const first = await get('echo/.well-known/agent-card.json', v1)
  const etag = first.headers.get('etag')!
  const modified = first.headers.get('last-modified')!
  expect(new Date(modified).toUTCString()).toBe(modified)
  const asked: Record<string, string>[] = [
    { 'if-none-match': etag },
    { 'if-modified-since': modified },
    { 'if-none-match': '"other"', 'if-modified-since': modified },
  ]
  const statuses = await Promise.all(
    asked.map(
      async (headers) => (await get('echo/.well-known/agent-card.json', { ...v1, ...headers })).status,
    ),
  )
  expect(statuses).toEqual([304, 304, 200])
})

/** Verifies as section 8.4.3 says, with the key that the signature's own header leads to. */
async function holdsByTheBook(card: Json): Promise<boolean> {
  for (const { protected: head, signature } of card['signatures'] as {
    protected: string
    signature: string
  }[]) {
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as {
      alg: string
      typ: string
      kid: string
      jku: string
    }
    expect(header).toMatchObject({ alg: 'EdDSA', typ: 'JOSE' })
    const key = createPublicKey({ key: await keyOf(header.jku, header.kid), format: 'jwk' })
    const input = `${head}.${Buffer.from(canonicalCard(card)).toString('base64url')}`
    if (verify(null, Buffer.from(input), key, Buffer.from(signature, 'base64url'))) return true
  }
  return false
}

async function keyOf(jku: string, kid: string): Promise<JsonWebKey> {
  const { keys } = (await get(jku)).body as { keys: (JsonWebKey & { kid: string })[] }
  return keys.find((key) => key.kid === kid)!
}

test.each([
  ['1.0', v1],
  ['both', { 'a2a-version': '0.3' }],
])('signs the card of %s again with a key it publishes', async (_, headers) => {
  const { body } = await get('echo/.well-known/agent-card.json', headers)
  expect(await holdsByTheBook(body)).toBe(true)
  expect(await holdsByTheBook({ ...body, name: 'Other' })).toBe(false)
})

/** It writes to the console which of several signatures did not hold. */
function quiet(): Disposable {
  const spy = vi.spyOn(console, 'debug').mockImplementation(() => undefined)
  return { [Symbol.dispose]: () => spy.mockRestore() }
}

test('the official SDK verifies the card', async () => {
  using _quiet = quiet()
  const { body } = await get('echo/.well-known/agent-card.json', v1)
  const verifier = verifyAgentCardSignature(async (kid, jku) =>
    createPublicKey({ key: await keyOf(jku!, kid), format: 'jwk' }),
  )
  // The received JSON as it is: decoding it first loses members.
  await verifier(body as never)
  await expect(verifier({ ...body, description: 'Other' } as never)).rejects.toThrow(/No valid signatures/)
})

test('the card that the agent signed stays what it was, and its signature holds after the way through the node', async () => {
  const signed = await signCard({ ...rawCard('http://127.0.0.1:1'), skills: [] })
  // Not the form that anything here would write: spaces, another order, an escape.
  const text = JSON.stringify(signed, null, 3).replace('"Raw"', String.raw`"R\u0061w"`)
  const raw = await startRawAgent((_, response) =>
    response.setHeader('content-type', 'application/json').end(text),
  )
  await using _raw = raw
  await using own = await startA2aNode({ agents: { raw: `${raw.url}/card.json` } })
  const served = await get(`${own.agentUrl('raw')}/.well-known/agent-card.json`, v1)
  expect(JSON.stringify(served.body['signatures'])).not.toContain(
    (signed['signatures'] as { signature: string }[])[0]!.signature,
  )
  const [, address] = /^<(.+)>; rel="via"/.exec(served.headers.get('link') ?? '') ?? []
  const original = await get(address!)
  expect(original.text).toBe(text)
  const { jwk } = JSON.parse(
    Buffer.from(
      (original.body['signatures'] as { protected: string }[])[0]!.protected,
      'base64url',
    ).toString(),
  ) as { jwk: JsonWebKey }
  await verifyAgentCardSignature(
    async () => await Promise.resolve(createPublicKey({ key: jwk, format: 'jwk' })),
  )(original.body as never)
})

test('a card that its agent signed over the form of the specification verifies from the original by the book', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const card = { ...rawCard('http://127.0.0.1:1'), skills: [], securityRequirements: [] }
  const head = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'k', typ: 'JOSE' })).toString('base64url')
  const form = Buffer.from(canonicalCard(card)).toString('base64url')
  const signature = sign(null, Buffer.from(`${head}.${form}`), privateKey).toString('base64url')
  const text = JSON.stringify({ ...card, signatures: [{ protected: head, signature }] })
  const raw = await startRawAgent((_, response) =>
    response.setHeader('content-type', 'application/json').end(text),
  )
  await using _raw = raw
  await using own = await startA2aNode({ agents: { raw: `${raw.url}/card.json` } })
  const { body } = await get(`${own.agentUrl('raw')}/original-agent-card.json`)
  const input = `${head}.${Buffer.from(canonicalCard(body)).toString('base64url')}`
  expect(verify(null, Buffer.from(input), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('shows no original of what is not active, and none where there is none', async () => {
  await using other = await startA2aNode({
    agents: { echo: agent.url },
    change: (target) => ({ ...target, state: 'suspended' }),
  })
  for (const url of [
    `${other.agentUrl('echo')}/original-agent-card.json`,
    `${node.agentUrl('nobody')}/original-agent-card.json`,
  ])
    expect((await get(url)).status).toBe(404)
})

test('the extended card holds by the book, is an act of the caller, and is for nobody else', async () => {
  const headers = { ...v1, authorization: 'Bearer ada' }
  const before = node.gateway.intakes.length
  const { body } = await get('known/extendedAgentCard', headers)
  expect(await holdsByTheBook(body)).toBe(true)
  expect(body['description']).toBe('Says more to those it knows.')
  expect(node.gateway.intakes.slice(before).map(({ capability }) => capability.id)).toEqual(['card.extended'])
  expect((await get('known/extendedAgentCard', v1)).status).toBe(401)
  expect((await get('known/.well-known/agent-card.json', v1)).body).toMatchObject({
    description: 'Says back what it is told.',
    capabilities: { extendedAgentCard: true },
  })
  expect(await get('echo/extendedAgentCard', headers)).toMatchObject({
    status: 400,
    body: { error: { details: [{ reason: 'UNSUPPORTED_OPERATION' }] } },
  })
})

test('a card that has no canonical form is refused where it is registered: it could not be signed', async () => {
  await using odd = await startRawAgent((_, response) => response.end(), { description: '\ud800' })
  await expect(startA2aNode({ agents: { odd: odd.url } })).rejects.toThrow(/cannot be signed/)
})
