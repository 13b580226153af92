import { createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { context, der, derBits, derInteger, derOid, derSequence } from '@ambit/core/der'
import { didKey } from '@ambit/core/id/did-key'
import { pemBlocks } from '@ambit/core/pem'
import {
  account,
  jwkOf,
  newKey,
  nonceOf,
  order,
  post,
  postRaw,
  readyOrder,
  signed,
} from '@ambit/testkit/acme-hand'
import { bindingOf, certificateRequest, createCertificateKeys } from '@ambit/testkit/certificate-request'
import { busPair } from '@ambit/testkit/bus-pair'
import { fewRecords, openCaRoom } from '@ambit/testkit/ca-room'
import type { CaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localSigner } from '../kernel/key-signer.ts'
import { silentLog } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'
import { openAcmeStore } from './acme-store.ts'
import { openCertificateStore } from './ca-store.ts'
import { openRevocationLists } from './revocation-lists.ts'
import { followRevocations } from './revoke.ts'
import { Standing } from './standing.ts'

/*
 * What somebody does who wants a certificate, a place or an answer that is not theirs.
 */

const nameOfError = (answer: { json(): Record<string, unknown> }) =>
  String(answer.json()['type']).replace('urn:acps:error:acme:', '')

/** A key as both, for certificates and for accounts. */
async function twofold() {
  const keys = await createCertificateKeys()
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { keys, key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

describe.each(storeEngines)('against a certificate authority on $name', (engine) => {
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
  const nonces = async () =>
    await store.tables<{ acme_nonce: { nonce: string } }>().selectFrom('acme_nonce').selectAll().execute()

  test('keys that nobody knows write nothing, however many are made', async () => {
    for (const key of [newKey(), newKey(), newKey()]) {
      expect(nameOfError(await post(room, '/new-account', { key, payload: {} }))).toBe(
        'external_account_required',
      )
      const certificate = text(new X509Certificate(room.ca.trustBundle()).raw)
      expect((await post(room, '/revoke-cert', { key, payload: { certificate } })).status).toBe(404)
    }
    expect(await nonces()).toEqual([])
    // One that is bound uses its nonce up, and the same request is none the second time.
    const credential = await room.ca.credential(aic, 'p_1')
    const key = newKey()
    const url = `${room.origin}/acps-atr-v2/acme/new-account`
    const binding = await bindingOf(credential, jwkOf(key) as never, url)
    const asked = { key, payload: { externalAccountBinding: binding } }
    const body = JSON.stringify(signed(asked, url, await nonceOf(room)))
    expect((await postRaw(room, '/new-account', body)).status).toBe(201)
    expect(nameOfError(await postRaw(room, '/new-account', body))).toBe('bad_nonce')
    expect(await nonces()).toHaveLength(1)
  })

  test('the key of a certificate makes no account, and that of any account gets no certificate', async () => {
    const { keys, key } = await twofold()
    const { der: csr } = await certificateRequest(aic, keys)
    await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    expect(nameOfError((await account(room, aic, key)).answer)).toBe('unauthorized')
    // Nor does an account get that key later.
    const one = await account(room, aic)
    const url = `${room.origin}/acps-atr-v2/acme/key-change`
    const inner = signed({ key, payload: { account: one.kid, oldKey: jwkOf(one.key) } }, url)
    expect(nameOfError(await post(room, '/key-change', { ...one, payload: inner }))).toBe('unauthorized')
    // That of somebody else's account, in a request for one's own agent.
    const other = await twofold()
    await account(room, room.records.add('two'), other.key)
    const request = await certificateRequest(aic, other.keys)
    const finalize = await readyOrder(room, one, aic)
    const answer = await post(room, finalize, { ...one, payload: { csr: text(request.der) } })
    expect(answer.json()).toMatchObject({ code: 'ca.key' })
  })

  test('an account whose key was reported gets nothing more', async () => {
    const { key } = await twofold()
    const one = await account(room, aic, key)
    const { x = '', y = '' } = jwkOf(key)
    const point = Buffer.from(x, 'base64url')
    const half = 2 + (Buffer.from(y, 'base64url').at(-1)! & 1)
    const did = didKey('p256', Buffer.concat([Buffer.of(half), point]))
    room.bus.publish('agent-key.compromised', { aic, key: did })
    await expect
      .poll(async () => nameOfError(await post(room, '/new-order', { ...one, payload: order(aic) })))
      .toBe('unauthorized')
  })

  test('of two accounts that are made at once with one key there is one, and one credential is left', async () => {
    const key = newKey()
    const credentials = [await room.ca.credential(aic, 'p_1'), await room.ca.credential(aic, 'p_1')]
    const url = `${room.origin}/acps-atr-v2/acme/new-account`
    const bodies = await Promise.all(
      credentials.map(async (credential) => {
        const externalAccountBinding = await bindingOf(credential, jwkOf(key) as never, url)
        return JSON.stringify(signed({ key, payload: { externalAccountBinding } }, url, await nonceOf(room)))
      }),
    )
    const answers = await Promise.all(bodies.map(async (body) => await postRaw(room, '/new-account', body)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.every(({ status }) => status < 500)).toBe(true)
    const rows = store.tables<{ acme_binding: { used_at: number | null } }>().selectFrom('acme_binding')
    expect(await rows.selectAll().where('used_at', 'is', null).execute()).toHaveLength(1)
  })

  test('one credential that is used at once on two replicas makes one account', async () => {
    await using second = await openCaRoom(store, { records: room.records, clock: room.clock })
    const credential = await room.ca.credential(aic, 'p_1')
    const made = await Promise.all(
      [room, second, room, second].map(async (replica) => {
        const key = newKey()
        const url = `${replica.origin}/acps-atr-v2/acme/new-account`
        const externalAccountBinding = await bindingOf(credential, jwkOf(key) as never, url)
        return await post(replica, '/new-account', { key, payload: { externalAccountBinding } })
      }),
    )
    expect(made.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      201, 403, 403, 403,
    ])
  })

  test('a request that names nobody is certified for nobody: whoever saw it could take its key', async () => {
    const { keys, key } = await twofold()
    const csr = await namelessRequest(key, keys.publicKey)
    await expect(room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })).rejects.toMatchObject({
      code: 'ca.name',
    })
  })

  test('who asks for an organisation that keeps the record no more gets nothing', async () => {
    const { der: csr } = await certificateRequest(aic)
    const asked = { aic, usage: 'clientAuth', csr, by: 'p_1' } as const
    room.records.set(aic, { organization: 'buyer' })
    await expect(room.ca.issue({ ...asked, organization: 'main' })).rejects.toMatchObject({ code: 'ca.name' })
    await expect(room.ca.issue({ ...asked, organization: 'buyer' })).resolves.toBeDefined()
  })

  test('a record that has all the certificates it may have fills no log by asking for more', async () => {
    for (let at = 0; at < 50; at++) {
      const { der: csr } = await certificateRequest(aic)
      await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    }
    const before = room.entries.length
    const { der: csr } = await certificateRequest(aic)
    await expect(room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })).rejects.toMatchObject({
      code: 'ca.too-many',
    })
    expect(room.entries).toHaveLength(before)
  })

  test('many revocations in one hour leave one list of it, and numbers that only grow', async () => {
    const rows = store.tables<{ ca_list: { number: number } }>().selectFrom('ca_list').select('number')
    const { der: csr } = await certificateRequest(aic)
    const numbers: number[] = []
    for (let at = 0; at < 5; at++) {
      const { certificate } = await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
      await room.ca.revoke({ aic, serial: certificate.serial, reason: 4, by: 'p_1' })
      const kept = await rows.execute()
      expect(kept).toHaveLength(1)
      numbers.push(kept[0]!.number)
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5])
    room.clock.advance(3_600_000)
    const { certificate } = await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    await room.ca.revoke({ aic, serial: certificate.serial, reason: 4, by: 'p_1' })
    expect(
      (await rows.execute()).map(({ number }) => number).toSorted((left, right) => left - right),
    ).toEqual([5, 6])
  })

  test('names of hosts are certified where they are proved, or this machine, and nowhere else', async () => {
    const ownsHost = ({ organization }: { organization: string }, host: string) =>
      organization === 'main' && host.endsWith('.example.com')
    await using own = await openCaRoom(store, { ownsHost, clock: room.clock })
    let agents = 0
    const attempt = async (certificate: { dns?: string[]; ip?: string[] }, organization = 'main') => {
      const id = own.records.add(`agent-${(agents += 1)}`, { certificate }, organization)
      const { der: csr } = await certificateRequest(id)
      return await own.ca.issue({ aic: id, usage: 'serverAuth', csr, by: 'p_1' }).then(
        ({ chain }) => new X509Certificate(chain).subjectAltName ?? '',
        (error: unknown) => (error as { code?: string }).code,
      )
    }
    expect(await attempt({ dns: ['Mail.Example.com', 'localhost'], ip: ['127.0.0.2', '::1'] })).toContain(
      'DNS:mail.example.com',
    )
    expect(await attempt({ dns: ['mail.example.com'] }, 'others')).toBe('ca.host')
    for (const name of ['bank.example', 'example.com.evil.example'])
      expect(await attempt({ dns: [name] }), name).toBe('ca.host')
    for (const address of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '0.0.0.0'])
      expect(await attempt({ ip: [address] }), address).toBe('ca.host')
    for (const name of ['*.example.com', 'a..example.com', '-a.example.com', '192.0.2.1', 'a.example.com\0'])
      expect(await attempt({ dns: [name] }), name).toMatch(/^ca\.(provider|host)$/)
  })

  test('what is revoked while the key of the authority does not sign is refused, logged and listed later', async () => {
    const { der: csr } = await certificateRequest(aic)
    const { certificate } = await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    const rows = await openCertificateStore(store)
    const signer = localSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    let isAway = true
    const moody = {
      ...signer,
      async sign(bytes: Uint8Array) {
        if (isAway) throw new Error('the token is away')
        return await signer.sign(bytes)
      },
    }
    const parts = { store: rows, clock: room.clock, log: silentLog }
    const lists = openRevocationLists({ ...parts, issuer: { name: derSequence(), signer: moody } })
    const entries: string[] = []
    const revocations = followRevocations({
      ...parts,
      acmeStore: openAcmeStore(store),
      standing: new Standing(),
      lists,
      registry: room.records.registry,
      leaves: { write: async (entry: string) => entries.push(entry) },
      bus: busPair()[0],
    })
    const { serial } = certificate
    expect(await revocations.revoke({ aic, serial, reason: 0, by: 'p_1' })).toBe(1)
    expect(entries.join()).toContain(serial)
    await expect(lists.current()).rejects.toThrow('away')
    isAway = false
    expect((await lists.current()).entries).toBe(1)
    lists.stop()
    await revocations.stop()
  })

  test('a node that ended before it made the list makes it when it starts', async () => {
    const { der: csr } = await certificateRequest(aic)
    const { certificate } = await room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    room.clock.advance(5000)
    // As far as a process comes that is killed in between.
    const rows = await openCertificateStore(store)
    await rows.revoke({ aic, serial: certificate.serial }, 0, room.clock.now())
    await using again = await openCaRoom(store, { records: room.records, clock: room.clock })
    expect((await rows.list())?.entries).toBe(1)
    expect(again.ca.holds(certificate.serial)).toBe(false)
  })
})

const shared = storeEngines.find(({ name }) => name === 'postgres')
if (shared === undefined)
  console.log('skipped: replicas that hear nothing of each other, because there is no PostgreSQL')

test.runIf(shared !== undefined)(
  'a replica that hears nothing refuses what another one revoked after half a second, and ends its connections',
  async () => {
    await using store = await shared!.open()
    const records = fewRecords()
    const clock = handClock(Date.UTC(2026, 10, 21))
    const aic = records.add('one')
    // Each with a bus of its own: no broker joins them.
    await using first = await openCaRoom(store, { records, clock })
    await using second = await openCaRoom(store, { records, clock })
    const { der: csr } = await certificateRequest(aic)
    const { certificate, chain } = await first.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
    const [leaf] = pemBlocks('CERTIFICATE', chain).map((one) => new X509Certificate(one))
    expect(() => second.ca.peer(leaf!, [])).toThrow(/not know/)
    clock.advance(500)
    await expect.poll(() => second.ca.holds(certificate.serial)).toBe(true)
    const told: unknown[] = []
    second.bus.subscribe('certificate.revoked', ({ serials }) => void told.push(serials))
    await first.ca.revoke({ aic, serial: certificate.serial, reason: 4, by: 'p_1' })
    expect(second.ca.holds(certificate.serial)).toBe(true)
    clock.advance(500)
    await expect.poll(() => second.ca.holds(certificate.serial)).toBe(false)
    expect(told).toEqual([[certificate.serial]])
    expect(() => second.ca.peer(leaf!, [])).toThrow(/revoked/)
  },
)

/** PKCS #10 with an empty subject and no attributes. */
async function namelessRequest(key: KeyObject, publicKey: CryptoKey): Promise<Uint8Array> {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
  const body = derSequence(derInteger(0), derSequence(), spki, der(context(0)))
  return derSequence(
    body,
    derSequence(derOid('1.2.840.10045.4.3.2')),
    derBits(sign('sha256', Buffer.from(body), key)),
  )
}
