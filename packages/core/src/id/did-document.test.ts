import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildDidDocument, methodId, readDidDocument } from './did-document.ts'
import { keyBytes } from './did-key.ts'
import { jwkOfKey, keyOfJwk, keyThumbprint } from './public-jwk.ts'

const did = 'did:web:agents.example:mailer'
const keyOf = (jwk: object) => keyOfJwk(jwk as Record<string, unknown>)!
function fresh(kind: 'ed25519' | 'p256'): { key: string; jwk: Record<string, unknown> } {
  const { publicKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, unknown>
  return { key: keyOf(jwk), jwk }
}

test('a key is the same as JWK and as did:key', () => {
  for (const kind of ['ed25519', 'p256', 'p256', 'p256'] as const) {
    const { key, jwk } = fresh(kind)
    expect(keyBytes(key)?.alg).toBe(kind)
    expect(jwkOfKey(key)).toEqual(jwk)
    expect(createPublicKey({ key: jwkOfKey(key)!, format: 'jwk' }).export({ format: 'jwk' })).toEqual(jwk)
  }
})

test('agrees with the thumbprint of RFC 8037, appendix A.3', async () => {
  const key = keyOf({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  expect(await keyThumbprint(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

test('takes no point beside the curve and no coordinate of another length', () => {
  const { jwk } = fresh('p256')
  for (const change of [
    { y: jwk['x'] },
    { x: 'AA' },
    { y: undefined },
    { x: `${String(jwk['x'])}A` },
    { crv: 'P-384' },
  ])
    expect(keyOfJwk({ ...jwk, ...change })).toBeUndefined()
})

test('what is built is read again, with each key by the id that signatures name', () => {
  const keys = [fresh('ed25519').key, fresh('p256').key]
  const services = [{ fragment: 'a2a', type: 'A2A', url: 'https://agents.example/a2a/mailer' }]
  const built = buildDidDocument({ did, keys, services, alsoKnownAs: ['did:web:other.example'] })
  const reading = readDidDocument(JSON.stringify(built), did)
  expect(reading.ok && reading.keys).toEqual(keys.map((key) => ({ id: methodId(did, key), key })))
  expect(reading.ok && reading.document.service?.[0]?.serviceEndpoint).toBe(
    'https://agents.example/a2a/mailer',
  )
})

const { key, jwk } = fresh('ed25519')
const method = { id: `${did}#k`, type: 'JsonWebKey2020', controller: did, publicKeyJwk: jwk }
const keysOf = (document: object) => {
  const reading = readDidDocument(JSON.stringify({ id: did, ...document }), did)
  return reading.ok ? reading.keys.map((each) => each.key) : reading.why
}

test('reads JsonWebKey2020 and relative ids, by reference and in place', () => {
  expect(keysOf({ verificationMethod: [method], authentication: [`${did}#k`] })).toEqual([key])
  expect(keysOf({ verificationMethod: [{ ...method, id: '#k' }], assertionMethod: ['#k'] })).toEqual([key])
  expect(keysOf({ authentication: [method] })).toEqual([key])
})

test.each([
  ['is listed for nothing', { verificationMethod: [method] }],
  ['is there for agreement alone', { verificationMethod: [method], keyAgreement: [`${did}#k`] }],
  ['somebody else controls', { authentication: [{ ...method, controller: 'did:web:other.example' }] }],
  ['belongs to another DID', { authentication: [{ ...method, id: 'did:web:other.example#k' }] }],
  ['has no name', { authentication: [{ ...method, id: did }] }],
  ['is of another type', { authentication: [{ ...method, type: 'EcdsaSecp256k1VerificationKey2019' }] }],
])('does not take a key that %s', (_what, document) => {
  expect(keysOf(document)).toEqual([])
})

test.each([
  ['another DID', { id: 'did:web:evil.example' }, 'is about another DID'],
  [
    'a private key',
    { authentication: [{ ...method, publicKeyJwk: { ...jwk, d: 'x' } }] },
    'shows the private half of a key',
  ],
  ['too many methods', { verificationMethod: Array.from({ length: 51 }, () => method) }, /not of its form/],
  ['no list', { authentication: { k: 1 } }, /not of its form/],
  ['too much', { x: 'a'.repeat(70_000) }, /larger than/],
])('refuses a document with %s', (_what, document, why) => {
  expect(keysOf(document)).toMatch(why)
})

test('refuses what is nested too deep before it is walked, and never throws', () => {
  const deep = `{"id":"${did}","x":${'['.repeat(5000)}${']'.repeat(5000)}}`
  expect(readDidDocument(deep, did)).toEqual({ ok: false, why: 'is nested too deep' })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((text) => `{"id":"${did}","authentication":${text}}`),
      ),
      (text) => {
        const reading = readDidDocument(text, did)
        if (!reading.ok) expect(reading.why).not.toBe('')
      },
    ),
  )
})
