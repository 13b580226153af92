import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import {
  account,
  acmeBase as base,
  csrFor,
  jwkOf,
  newKey,
  nonceOf,
  order,
  pathOf,
  post,
  postRaw,
  readyOrder,
  signed,
} from '@ambit/testkit/acme-hand'
import type { Asked } from '@ambit/testkit/acme-hand'
import { bindingOf, certificateRequest } from '@ambit/testkit/certificate-request'
import { openCaRoom } from '@ambit/testkit/ca-room'
import type { CaRoom } from '@ambit/testkit/ca-room'
import { send } from '@ambit/testkit/raw-http'
import type { RawAnswer } from '@ambit/testkit/raw-http'
import { storeEngines } from '@ambit/testkit/stores'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { proveBinding, readJwk, readJws } from './acme-jws.ts'

/*
 * ACME by hand: what a client does, and what somebody does who is none.
 */

function refusal(answer: RawAnswer): string {
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.headers['replay-nonce']).toMatch(/^[A-Za-z0-9_-]{51}$/)
  return `${answer.status} ${String(answer.json()['type']).replace('urn:acps:error:acme:', '')}`
}

describe.each(storeEngines)('ACME on $name', (engine) => {
  let store: Store
  let room: CaRoom
  let aic: string
  beforeEach(async () => {
    store = await engine.open()
    room = await openCaRoom(store)
    aic = room.records.add('one')
  })
  afterEach(async () => {
    await room[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })

  test('goes from the directory to the certificate and back, each step as the reference has it', async () => {
    const directory = (await send(room.server.port, { path: `${base}/directory` })).json()
    expect(directory).toEqual({
      newNonce: `${room.origin}${base}/new-nonce`,
      newAccount: `${room.origin}${base}/new-account`,
      newOrder: `${room.origin}${base}/new-order`,
      newAuthz: null,
      revokeCert: `${room.origin}${base}/revoke-cert`,
      keyChange: `${room.origin}${base}/key-change`,
      meta: { externalAccountRequired: true },
    })
    const who = await account(room, aic)
    expect(who.answer.status).toBe(201)
    const again = await post(room, '/new-account', { key: who.key, payload: { onlyReturnExisting: true } })
    expect([again.status, again.headers.location]).toEqual([200, who.kid])
    const made = await post(room, '/new-order', { ...who, payload: order(aic, 'serverAuth') })
    expect(made.json()).toMatchObject({ status: 'ready', ...order(aic, 'serverAuth') })
    const { authorizations, finalize } = made.json() as { authorizations: string[]; finalize: string }
    const authorization = await post(room, pathOf(room, authorizations[0]), who)
    expect(authorization.json()).toMatchObject({ status: 'valid', identifier: { type: 'agent', value: aic } })
    const done = await post(room, pathOf(room, finalize), { ...who, payload: { csr: await csrFor(aic) } })
    expect(done.json()).toMatchObject({ status: 'valid' })
    const chain = await post(room, pathOf(room, done.json()['certificate']), who)
    expect(chain.headers['content-type']).toBe('application/pem-certificate-chain')
    expect(chain.text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    const reread = await post(room, pathOf(room, made.headers.location), who)
    expect(reread.json()).toEqual(done.json())
    const der = chain.text.split('-----')[2]!.replaceAll('\n', '')
    const certificate = Buffer.from(der, 'base64').toString('base64url')
    expect((await post(room, '/revoke-cert', { ...who, payload: { certificate, reason: 5 } })).status).toBe(
      200,
    )
    const twice = await post(room, '/revoke-cert', { ...who, payload: { certificate, reason: 5 } })
    expect(refusal(twice)).toBe('400 malformed')
    const ended = await post(room, pathOf(room, who.kid), { ...who, payload: { status: 'deactivated' } })
    expect(ended.json()).toMatchObject({ status: 'deactivated' })
    expect(refusal(await post(room, '/new-order', { ...who, payload: order(aic) }))).toBe('403 unauthorized')
  })

  test('takes accounts with keys of every kind that is named', async () => {
    const keys = [
      ['ES256', newKey()],
      ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
      ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
      ['EdDSA', generateKeyPairSync('ed25519').privateKey],
    ] as const
    for (const [alg, key] of keys) expect((await account(room, aic, key, alg)).answer.status).toBe(201)
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    expect(refusal((await account(room, aic, p384, 'ES256')).answer)).toBe('400 unsupported_algorithm')
    const hmac = { key: newKey(), head: { alg: 'HS256' }, payload: {} }
    expect(refusal(await post(room, '/new-account', hmac))).toBe('400 unsupported_algorithm')
    const none = { key: newKey(), head: { alg: 'none' }, payload: {} }
    expect(refusal(await post(room, '/new-account', none))).toBe('400 unsupported_algorithm')
  })

  test('a binding is good once, for its key, its address and a day', async () => {
    const first = await account(room, aic)
    const key = newKey()
    const url = `${room.origin}${base}/new-account`
    const ask = async (binding: unknown, by = key) =>
      await post(room, '/new-account', { key: by, payload: { externalAccountBinding: binding } })
    expect(refusal(await ask(undefined))).toBe('403 external_account_required')
    expect(refusal(await ask(await bindingOf(first.credential, jwkOf(key) as never, url)))).toBe(
      '403 external_account_required',
    )
    const fresh = await room.ca.credential(aic, 'p_1')
    const own = jwkOf(key) as never
    const wrong = [
      await bindingOf(fresh, jwkOf(newKey()) as never, url),
      await bindingOf(fresh, own, `${url}/`),
      await bindingOf({ ...fresh, macKey: 'AAAA' }, own, url),
      await bindingOf({ ...fresh, keyId: '0'.repeat(32) }, own, url),
    ]
    for (const binding of wrong) expect(refusal(await ask(binding))).toBe('403 external_account_required')
    // Of two that use one at once, one has it.
    const good = await bindingOf(fresh, own, url)
    const other = newKey()
    const two = await Promise.all([ask(good), ask(await bindingOf(fresh, jwkOf(other) as never, url), other)])
    expect(two.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 403])
    const late = await room.ca.credential(aic, 'p_1')
    room.clock.advance(86_400_000)
    const last = newKey()
    expect(refusal(await ask(await bindingOf(late, jwkOf(last) as never, url), last))).toBe(
      '403 external_account_required',
    )
    expect(
      refusal(await post(room, '/new-account', { key: last, payload: { onlyReturnExisting: true } })),
    ).toBe('400 account_not_found')
  })

  test('a nonce is good once, for an hour, and only one that was given here', async () => {
    const { key, kid } = await account(room, aic)
    const url = `${room.origin}${base}/new-order`
    const body = JSON.stringify(signed({ key, kid, payload: order(aic) }, url, await nonceOf(room)))
    expect((await postRaw(room, '/new-order', body)).status).toBe(201)
    expect(refusal(await postRaw(room, '/new-order', body))).toBe('400 bad_nonce')
    const aged = await nonceOf(room)
    room.clock.advance(3_600_000)
    const forged = `${aged.slice(0, -2)}${aged.endsWith('AA') ? 'BA' : 'AA'}`
    for (const nonce of [aged, forged, 'x', undefined]) {
      const asked = JSON.stringify(signed({ key, kid, payload: order(aic) }, url, nonce))
      expect(refusal(await postRaw(room, '/new-order', asked))).toBe('400 bad_nonce')
    }
  })

  test('requests that are changed, moved or signed by somebody else are refused by name', async () => {
    const one = await account(room, aic)
    const other = room.records.add('two')
    const two = await account(room, other)
    const own = { key: one.key, kid: one.kid }
    const cases: readonly (readonly [string, Asked, string])[] = [
      ['/new-order', { key: two.key, kid: one.kid, payload: order(aic) }, '400 bad_signature'],
      [
        '/new-order',
        { ...own, payload: order(aic), head: { url: `${room.origin}${base}/revoke-cert` } },
        '403 unauthorized',
      ],
      ['/new-order', { ...own, payload: order(aic), head: { kid: `${one.kid}0` } }, '400 account_not_found'],
      ['/new-order', { key: one.key, payload: order(aic) }, '400 malformed'],
      ['/new-order', { ...own, payload: order(aic), head: { jwk: jwkOf(one.key) } }, '400 malformed'],
      ['/new-order', { ...own, payload: order(aic), head: { crit: ['x'] } }, '400 malformed'],
      ['/new-order', { ...own, payload: order(other) }, '403 unauthorized'],
      ['/new-order', { ...own, payload: order(aic, 'codeSigning') }, '400 invalid_identifier'],
      ['/new-order', { ...own, payload: order('nobody') }, '400 invalid_identifier'],
      [
        '/new-order',
        { ...own, payload: order('agent.example', 'clientAuth', 'dns') },
        '400 unsupported_identifier',
      ],
      ['/new-order', { ...own, payload: { identifiers: [] } }, '400 invalid_identifier'],
      [
        '/new-account',
        { key: newKey(), payload: {}, head: { jwk: one.key.export({ format: 'jwk' }) } },
        '400 malformed',
      ],
      ['/key-change', { ...own, payload: { account: one.kid, oldKey: jwkOf(one.key) } }, '403 unauthorized'],
      [pathOf(room, two.kid), own, '403 unauthorized'],
    ]
    for (const [path, asked, expected] of cases)
      expect([path, refusal(await post(room, path, asked))]).toEqual([path, expected])
    const bodies = [
      '',
      'null',
      '[]',
      '{}',
      '{"protected":"e30","payload":"","signature":"","header":{}}',
      '{"protected":"!","payload":"","signature":""}',
    ]
    for (const body of bodies) expect(refusal(await postRaw(room, '/new-order', body))).toBe('400 malformed')
    expect(refusal(await postRaw(room, '/new-order', '{}', 'application/json'))).toBe('400 malformed')
    expect(refusal(await postRaw(room, '/new-order', 'x'.repeat(70_000)))).toBe('413 malformed_request')
  })

  test('an order is its account’s alone, for its own code and a key of its own, once', async () => {
    const one = await account(room, aic)
    const other = room.records.add('two')
    const two = await account(room, other)
    const finalize = await readyOrder(room, one, aic)
    const csr = await csrFor(aic)
    expect(refusal(await post(room, finalize, { ...two, payload: { csr } }))).toBe('404 order_not_found')
    const mine = async (request: unknown) => await post(room, finalize, { ...one, payload: { csr: request } })
    expect(refusal(await mine(await csrFor(other)))).toBe('403 unauthorized')
    expect(refusal(await mine('AAAA'))).toBe('400 malformed')
    expect(refusal(await mine(7))).toBe('400 malformed')
    // The key of the account is for orders, not for certificates.
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      jwkOf(one.key),
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['verify'],
    )
    const privateKey = await crypto.subtle.importKey(
      'jwk',
      one.key.export({ format: 'jwk' }) as never,
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign'],
    )
    const { der } = await certificateRequest(aic, { publicKey, privateKey })
    expect(refusal(await mine(Buffer.from(der).toString('base64url')))).toBe('409 malformed')
    expect(await room.ca.certificates('main')).toEqual([])
    const both = await Promise.all([mine(csr), mine(await csrFor(aic))])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403])
    expect(await room.ca.certificates('main')).toHaveLength(1)
    const done = both.find(({ status }) => status === 200)!
    const certificate = pathOf(room, done.json()['certificate'])
    expect(refusal(await post(room, certificate, two))).toBe('404 certificate_not_found')
    const der64 = (await post(room, certificate, one)).text.split('-----')[2]!.replaceAll('\n', '')
    const taken = { certificate: Buffer.from(der64, 'base64').toString('base64url') }
    expect(refusal(await post(room, '/revoke-cert', { ...two, payload: taken }))).toBe('403 unauthorized')
    expect(refusal(await post(room, '/revoke-cert', { key: newKey(), payload: taken }))).toBe(
      '403 unauthorized',
    )
    const wrong = { ...taken, reason: 6 }
    expect(refusal(await post(room, '/revoke-cert', { ...one, payload: wrong }))).toBe('400 malformed')
    // An order that has ended, and a record that is not in force.
    const late = await readyOrder(room, one, aic)
    room.records.set(aic, { state: 'suspended' })
    const next = { ...one, payload: { csr: await csrFor(aic) } }
    expect(refusal(await post(room, late, next))).toBe('409 unauthorized')
    room.records.set(aic, { state: 'active', organization: 'other' })
    expect(refusal(await post(room, late, next))).toBe('403 unauthorized')
    room.records.set(aic, { organization: 'main' })
    room.clock.advance(86_400_000)
    expect(refusal(await post(room, late, next))).toBe('403 order_not_ready')
  })
})

const vector = `${process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname}/aip/acme-eab.json`
const present = existsSync(vector)
if (!present) console.log('skipped: the published binding of an account, because ../shared/data is not here')

test.skipIf(!present)('the published binding holds, and no other', async () => {
  const {
    accountPrivateKeyPem,
    accountJwk,
    jwkThumbprint,
    eabCredential,
    newAccountUrl,
    externalAccountBinding,
  } = JSON.parse(readFileSync(vector, 'utf8'))
  const key = readJwk(accountJwk)
  expect(key.thumbprint).toBe(jwkThumbprint)
  expect(readJwk(jwkOf(createPrivateKey(accountPrivateKeyPem))).thumbprint).toBe(jwkThumbprint)
  expect(await bindingOf(eabCredential, accountJwk, newAccountUrl)).toEqual(externalAccountBinding)
  const mac = Buffer.from(eabCredential.macKey, 'base64url')
  const prove = (binding: object, url = newAccountUrl) => proveBinding(readJws(binding), mac, url, key)
  expect(() => prove(externalAccountBinding)).not.toThrow()
  expect(() => prove(externalAccountBinding, 'http://localhost:9003/other')).toThrow('another address')
  expect(() => prove({ ...externalAccountBinding, signature: 'AAAA' })).toThrow('not made with the key')
})
