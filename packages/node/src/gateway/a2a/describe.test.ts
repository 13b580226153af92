import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import { keyOfJwk } from '@ambit/core/id/public-jwk'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { signCard } from '@ambit/testkit/a2a-card'
import { rawCard, startRawAgent } from '@ambit/testkit/a2a-raw'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { digestValue } from '../../kernel/digest.ts'
import { createAddressGuard } from '../../net/address.ts'
import { createUpstream } from '../../net/upstream.ts'
import type { Described } from '../../registry/describe.ts'
import { knownKeysOf, signatureRemarks } from './card-signature.ts'
import { createA2aDescribe } from './describe.ts'

const guard = createAddressGuard(['127.0.0.0/8'])
const upstream = createUpstream(guard)
const describer = createA2aDescribe({ upstream, guard, clock: systemClock })
afterAll(async () => await upstream.close())

async function described(url: string): Promise<Described> {
  return await describer.describe({ url }, {}, new AbortController().signal)
}

test('reads an agent of the official SDK from its address and from its card', async () => {
  const agent = await startA2aAgent()
  const fromAddress = await described(agent.url)
  const fromCard = await described(agent.cardUrl)
  await agent.close()
  expect(fromCard).toEqual(fromAddress)
  expect(fromAddress).toMatchObject({ kind: 'agent', name: 'Echo', version: '1.2.3', remarks: [] })
  expect(fromAddress.interfaces).toEqual([
    { protocol: 'a2a', version: '1.0', url: `${agent.url}/rpc`, transport: 'jsonrpc', security: [] },
    { protocol: 'a2a', version: '1.0', url: `${agent.url}/rest`, transport: 'http+json', security: [] },
  ])
  expect(fromAddress.capabilities.map(({ id, hints }) => [id, hints.readOnly])).toEqual([
    ['message', undefined],
    ['task.get', true],
    ['task.list', true],
    ['task.cancel', false],
    ['task.track', true],
  ])
})

test('makes the same definition of an agent that only moved or was signed anew', async () => {
  await using here = await startRawAgent((_, response) => response.end())
  await using there = await startRawAgent((_, response) => response.end(), {
    signatures: [{ protected: '', signature: '' }],
  })
  await using other = await startRawAgent((_, response) => response.end(), { description: 'Something else.' })
  const [first, moved, changed] = await Promise.all(
    [here, there, other].map(async ({ url }) => await described(url)),
  )
  const definition = (of: Described | undefined) => digestValue(of?.capabilities[0]?.served)
  expect(definition(moved)).toBe(definition(first))
  expect(definition(changed)).not.toBe(definition(first))
})

test('offers no subscription where the card does not stream', async () => {
  await using agent = await startRawAgent((_, response) => response.end(), { capabilities: {} })
  const ids = (await described(agent.url)).capabilities.map(({ id }) => id)
  expect(ids).toEqual(['message', 'task.get', 'task.list', 'task.cancel'])
})

test('offers push notifications where the card does, with what the protocol says of each', async () => {
  const capabilities = { streaming: true, pushNotifications: true }
  await using agent = await startRawAgent((_, response) => response.end(), { capabilities })
  const found = (await described(agent.url)).capabilities.filter(({ id }) => id.startsWith('task.push.'))
  expect(found.map(({ id, profile }) => [id, profile?.effect, profile?.reversibility])).toEqual([
    ['task.push.set', 'egress', 1],
    ['task.push.get', 'read', 0],
    ['task.push.list', 'read', 0],
    ['task.push.delete', 'write', 1],
  ])
})

test('keeps only interfaces that it speaks and may call, in the order of the card, those of 0.3 last', async () => {
  const offer = (url: string, protocolBinding: string, more: object = {}) => ({
    url,
    protocolBinding,
    protocolVersion: '1.0',
    ...more,
  })
  await using agent = await startRawAgent((_, response) => response.end(), {
    supportedInterfaces: [
      offer('127.0.0.1:1', 'GRPC'),
      offer('http://127.0.0.1:1/old', 'JSONRPC', { protocolVersion: '0.3' }),
      offer('http://169.254.169.254/', 'JSONRPC'),
      offer('file:///etc/passwd', 'JSONRPC'),
      offer('http://127.0.0.1:1/rest', 'HTTP+JSON', { tenant: 'blue' }),
      offer('/rpc', 'JSONRPC'),
      offer('/rpc', 'JSONRPC', { tenant: 'blue' }),
    ],
  })
  const { interfaces, remarks } = await described(agent.url)
  expect(interfaces.map(({ url, version, tenant }) => [url, version, tenant])).toEqual([
    ['http://127.0.0.1:1/', '1.0', undefined],
    ['http://127.0.0.1:1/rest/blue', '1.0', undefined],
    [`${agent.url}/rpc`, '1.0', undefined],
    [`${agent.url}/rpc`, '1.0', 'blue'],
    ['http://127.0.0.1:1/old', '0.3', undefined],
  ])
  const host = new URL(agent.url).host
  expect(remarks).toEqual([
    `supportedInterfaces.0 is at 127.0.0.1:1, the card at ${host}`,
    `supportedInterfaces.1 is at 127.0.0.1:1, the card at ${host}`,
    'supportedInterfaces.2 is left out: 169.254.169.254 is a private, loopback or otherwise special address',
    'supportedInterfaces.3 is left out: only http and https addresses are called, not file:',
    `supportedInterfaces.4 is at 127.0.0.1:1, the card at ${host}`,
  ])
})

const wrong: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['without a name', { name: undefined }, 'record.unreachable'],
  [
    'without an interface that it speaks',
    { supportedInterfaces: [{ url: 'x:1', protocolBinding: 'GRPC', protocolVersion: '0.3' }] },
    'record.unreachable',
  ],
  [
    'with nothing but refused addresses',
    { supportedInterfaces: [{ url: 'http://10.0.0.1', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] },
    'address.refused',
  ],
  ['that is too large', { description: 'x'.repeat(2 * 1024 * 1024) }, 'upstream.too-large'],
]

test.each([...wrong])('refuses a card %s', async (_, change, code) => {
  await using agent = await startRawAgent((__, response) => response.end(), change)
  await expect(described(agent.url)).rejects.toMatchObject({ code })
})

test('refuses what is no card, no address, not allowed or no URL at all', async () => {
  await using agent = await startRawAgent((_, response) => response.writeHead(404).end())
  const missing = await startRawAgent((request, response) => {
    response.setHeader('content-type', 'application/json').end(request.path === '/text.json' ? 'hello' : '[]')
  })
  await using _missing = missing
  await expect(described(`${agent.url}/nothing`)).rejects.toMatchObject({ code: 'record.unreachable' })
  await expect(described(`${missing.url}/text.json`)).rejects.toMatchObject({ code: 'record.unreachable' })
  await expect(described('http://10.0.0.1/')).rejects.toMatchObject({ code: 'address.refused' })
  await expect(described('hello')).rejects.toMatchObject({ code: 'input.invalid' })
  const command = { program: 'x', args: [], env: {} }
  await expect(describer.describe({ command }, {}, new AbortController().signal)).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

test('sends the credentials to the address given and nowhere else', async () => {
  await using agent = await startRawAgent((_, response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  )
  await describer
    .describe({ url: `${agent.url}/card.json` }, { 'x-key': 'secret' }, new AbortController().signal)
    .catch(() => undefined)
  expect(agent.requests.map(({ path, headers }) => [path, headers['x-key']])).toEqual([
    ['/card.json', 'secret'],
  ])
})

test('tells a signature that holds, and over which form of the card, from one that does not', () => {
  const card = { ...rawCard('http://x'), documentationUrl: '', skills: [], securityRequirements: [] }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'JOSE', jwk })).toString(
    'base64url',
  )
  const signed = (body: unknown) =>
    sign('sha256', Buffer.from(`${head}.${Buffer.from(canonicalJson(body)).toString('base64url')}`), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url')
  // `documentationUrl` is `optional` and was given, `skills` is REQUIRED, `securityRequirements` is neither.
  const { securityRequirements: _none, ...specified } = card
  const { documentationUrl: _empty, skills: _skills, ...emptied } = specified
  const forms = [specified, card, emptied, { ...card, name: 'Other' }]
  const remarks = [...forms.map((form) => signed(form)), 'AAAA'].map((signature) =>
    signatureRemarks({ ...card, signatures: [{ protected: head, signature }] }),
  )
  expect(remarks.flat()).toEqual([
    "signed by key k1, which only the card names: no proof of who signed; it holds over the specification's form",
    'signed by key k1, which only the card names: no proof of who signed; it holds over the card as it came',
    "signed by key k1, which only the card names: no proof of who signed; it holds over the official JavaScript SDK's form",
    'card signature does not hold (key k1)',
    'card signature does not hold (key k1)',
  ])
})

test('reads what the official SDK signs', async () => {
  const signed = await signCard(rawCard('http://x'))
  expect(signatureRemarks(signed)).toEqual([
    "signed by key sdk-key, which only the card names: no proof of who signed; it holds over the official JavaScript SDK's form",
  ])
  expect(signatureRemarks({ ...signed, name: 'Other' })).toEqual([
    'card signature does not hold (key sdk-key)',
  ])
})

test.each([
  [{ protected: 'x', signature: 'y' }, 'card signature is not a JWS'],
  [{}, 'card signature is not a JWS'],
  [
    { protected: Buffer.from('{"alg":"none","kid":"k\\n<b>"}').toString('base64url'), signature: '' },
    'signed by key k?<b>, not pinned; not checked, because the card does not carry the key',
  ],
  [
    {
      protected: Buffer.from('{"alg":"none","kid":"k","jwk":{"kty":"oct","k":"AA"}}').toString('base64url'),
      signature: '',
    },
    'card signature does not hold (key k)',
  ],
])('never takes %o for a signature', (signature, remark) => {
  expect(signatureRemarks({ ...rawCard('http://x'), signatures: [signature] })).toEqual([remark])
})

test('reads a card of 0.3, and has no use for what only 1.0 can do', async () => {
  await using agent = await startRawAgent((_, response) => response.end(), {
    supportedInterfaces: undefined,
    protocolVersion: '0.3.0',
    url: '/rpc',
    additionalInterfaces: [
      { url: '/rpc', transport: 'JSONRPC' },
      { url: '/rest', transport: 'HTTP+JSON' },
      { url: '127.0.0.1:1', transport: 'GRPC' },
    ],
    supportsAuthenticatedExtendedCard: true,
    capabilities: { streaming: true, pushNotifications: true },
  })
  const found = await described(agent.url)
  expect(found.interfaces).toEqual([
    { protocol: 'a2a', version: '0.3', url: `${agent.url}/rpc`, transport: 'jsonrpc', security: [] },
    { protocol: 'a2a', version: '0.3', url: `${agent.url}/rest`, transport: 'http+json', security: [] },
  ])
  const ids = found.capabilities.map(({ id }) => id)
  expect(ids).toEqual(
    expect.arrayContaining(['message', 'task.get', 'task.track', 'task.push.set', 'card.extended']),
  )
  expect(ids).not.toContain('task.list')
  expect(JSON.parse(found.document!)).toMatchObject({ protocolVersion: '0.3.0' })
})

/** A card signed as the specification has it, under that `kid`, by a key that it also carries. */
function signedCard(kid: string, signer: KeyObject, jwk: unknown) {
  const card = rawCard('http://x')
  const head = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid, typ: 'JOSE', jwk })).toString('base64url')
  const input = Buffer.from(`${head}.${Buffer.from(canonicalCard(card)).toString('base64url')}`)
  const signature = sign(null, input, signer).toString('base64url')
  return { ...card, signatures: [{ protected: head, signature }] }
}

test('a signature counts by the key that a record or a domain names, and not by one that the card brings', async () => {
  const [own, foreign] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const jwkOf = (pair: typeof own) => pair.publicKey.export({ format: 'jwk' }) as Record<string, unknown>
  const key = keyOfJwk(jwkOf(own))!
  const kid = 'did:web:agents.example#k'
  const asked: string[] = []
  const keyOf = async (name: string) => {
    asked.push(name)
    return name === kid ? { key, of: 'did:web:agents.example' } : undefined
  }
  const remarks = async (card: Record<string, unknown>) =>
    signatureRemarks(card, await knownKeysOf(card, keyOf, new AbortController().signal))
  expect(await remarks(signedCard(kid, own.privateKey, undefined))).toEqual([
    `signed by did:web:agents.example with its key ${kid}; it holds over the specification's form`,
  ])
  // It names the domain's key, and brings another one along.
  expect(await remarks(signedCard(kid, foreign.privateKey, jwkOf(foreign)))).toEqual([
    `card signature does not hold (key ${kid})`,
  ])
  expect(await remarks(signedCard('mine', foreign.privateKey, jwkOf(foreign)))).toEqual([
    "signed by key mine, which only the card names: no proof of who signed; it holds over the specification's form",
  ])
  const many = signedCard(kid, own.privateKey, undefined)
  await remarks({ ...many, signatures: Array.from({ length: 1000 }, () => many.signatures[0]) })
  expect(asked.length).toBeLessThan(10)
})
