import { X509Certificate } from 'node:crypto'
import { didKey } from '@ambit/core/id/did-key'
import { pemBlocks } from '@ambit/core/pem'
import { certificateRequest, createCertificateKeys } from '@ambit/testkit/certificate-request'
import { busPair } from '@ambit/testkit/bus-pair'
import { fewRecords, openCaRoom } from '@ambit/testkit/ca-room'
import type { CaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import type { Usage } from './ca.ts'

const day = 86_400_000

async function issue({ ca }: CaRoom, aic: string, usage: Usage = 'clientAuth') {
  const { der } = await certificateRequest(aic)
  const issued = await ca.issue({ aic, usage, csr: der, by: 'p_1' })
  const [leaf, intermediate] = pemBlocks('CERTIFICATE', issued.chain).map((one) => new X509Certificate(one))
  return { ...issued, leaf: leaf!, above: [intermediate!] }
}

const reasonOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return (error as { extra?: { reason?: unknown } }).extra?.reason ?? error
  }
}

describe.each(storeEngines)('a certificate authority on $name', (engine) => {
  let store: Store
  beforeEach(async () => void (store = await engine.open()))
  afterEach(async () => await store[Symbol.asyncDispose]())

  test('believes the peer it certified, for its purpose, until the certificate ends', async () => {
    await using room = await openCaRoom(store)
    const aic = room.records.add('one')
    const { certificate, leaf, above } = await issue(room, aic)
    const { serial, thumbprint, key } = certificate
    expect(room.ca.peer(leaf, above)).toEqual({ aic, organization: 'main', serial, thumbprint, key })
    // The intermediate is known here, so that a peer need not send it.
    expect(room.ca.peer(leaf, [])).toMatchObject({ aic })
    expect(reasonOf(() => room.ca.peer(leaf, above, 'serverAuth'))).toBe('usage')
    expect(certificate.notAfter - room.clock.now()).toBe(49 * day)
    room.clock.advance(49 * day)
    expect(room.ca.holds(serial)).toBe(false)
    expect(reasonOf(() => room.ca.peer(leaf, above))).toBe('expired')
  })

  test('is the same after a restart, and remembers what holds and what does not', async () => {
    const records = fewRecords()
    const clock = handClock(Date.UTC(2026, 10, 21))
    const aic = records.add('one')
    const before = await openCaRoom(store, { records, clock })
    const [kept, gone] = [await issue(before, aic), await issue(before, aic, 'serverAuth')]
    await before.ca.revoke({ aic, serial: gone.certificate.serial, reason: 4, by: 'p_1' })
    const bundle = before.ca.trustBundle()
    await before[Symbol.asyncDispose]()
    await using room = await openCaRoom(store, { records, clock })
    expect(room.ca.trustBundle()).toBe(bundle)
    expect(room.ca.peer(kept.leaf, kept.above)).toMatchObject({ aic })
    expect(reasonOf(() => room.ca.peer(gone.leaf, gone.above, 'serverAuth'))).toBe('revoked')
    expect(await room.ca.certificates('main', aic)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ serial: gone.certificate.serial, reason: 4 })]),
    )
  })

  test('revokes what a node that ended in between left of a record that is not in force', async () => {
    const records = fewRecords()
    const aic = records.add('one')
    const before = await openCaRoom(store, { records })
    const { leaf, above } = await issue(before, aic)
    await before[Symbol.asyncDispose]()
    records.set(aic, { state: 'recalled' })
    await using room = await openCaRoom(store, { records })
    records.set(aic, { state: 'active' })
    expect(reasonOf(() => room.ca.peer(leaf, above))).toBe('revoked')
  })

  test('takes back by one serial, by record, by ruling and by a key that was reported', async () => {
    await using room = await openCaRoom(store)
    const { ca, bus, records } = room
    const [one, two] = [records.add('one'), records.add('two')]
    const [first, second, third] = [await issue(room, one), await issue(room, one), await issue(room, two)]
    await expect(
      ca.revoke({ aic: two, serial: first.certificate.serial, reason: 0, by: 'p_1' }),
    ).rejects.toMatchObject({ code: 'ca.not-found' })
    expect(await ca.revoke({ aic: one, serial: first.certificate.serial, reason: 0, by: 'p_1' })).toBe(1)
    expect([first, second].map(({ certificate: { serial } }) => ca.holds(serial))).toEqual([false, true])
    records.set(one, { state: 'suspended' })
    bus.publish('ruling.suspension', { id: 'r_1', record: one, digests: [], epoch: 1 })
    await expect.poll(() => ca.holds(second.certificate.serial)).toBe(false)
    // A ruling on an old version leaves a record in force alone.
    bus.publish('ruling.recall', { id: 'r_2', record: two, digests: [], epoch: 2 })
    bus.publish('agent-key.compromised', { aic: two, key: third.certificate.key! })
    await expect.poll(() => ca.holds(third.certificate.serial)).toBe(false)
    const [kept] = await ca.certificates('main', two)
    expect(kept).toMatchObject({ reason: 1 })
    expect(
      room.entries.filter(({ kind, step }) => kind === 'certificate' && step === 'revoked'),
    ).toHaveLength(3)
  })

  test('certifies no key of another agent, none that was compromised and none of another name', async () => {
    await using room = await openCaRoom(store, { keyHolder: (did) => holders.get(did) })
    const holders = new Map<string, string>()
    const { ca, records } = room
    const [one, two] = [records.add('one'), records.add('two')]
    const keys = await createCertificateKeys()
    const ask = async (aic: string, name = aic) => {
      const { der } = await certificateRequest(name, keys)
      return await ca.issue({ aic, usage: 'clientAuth', csr: der, by: 'p_1' })
    }
    await expect(ask(one, two)).rejects.toMatchObject({ code: 'ca.name' })
    await expect(ask(one, 'somebody')).rejects.toMatchObject({ code: 'ca.name' })
    expect(await ca.certificates('main')).toEqual([])
    expect(room.entries).toEqual([])
    const { certificate } = await ask(one)
    await expect(ask(two)).rejects.toMatchObject({ code: 'ca.key' })
    await ca.revoke({ aic: one, serial: certificate.serial, reason: 1, by: 'p_1' })
    await expect(ask(one)).rejects.toMatchObject({
      code: 'ca.key',
      detail: 'the key was reported as compromised',
    })
    const other = await createCertificateKeys()
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', other.publicKey))
    const point = Uint8Array.of(2 + (raw.at(-1)! & 1), ...raw.subarray(1, 33))
    holders.set(didKey('p256', point), two)
    const { der } = await certificateRequest(one, other)
    await expect(ca.issue({ aic: one, usage: 'clientAuth', csr: der, by: 'p_1' })).rejects.toMatchObject({
      code: 'ca.key',
    })
  })

  test('of two that ask at once with one key, one gets a certificate', async () => {
    await using room = await openCaRoom(store)
    const agents = ['one', 'two', 'three'].map((slug) => room.records.add(slug))
    const keys = await createCertificateKeys()
    const asked = agents.map(async (aic) => {
      const { der } = await certificateRequest(aic, keys)
      return await room.ca.issue({ aic, usage: 'clientAuth', csr: der, by: 'p_1' })
    })
    const results = await Promise.allSettled(asked)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await room.ca.certificates('main')).toHaveLength(1)
  })

  test('gives nothing to a record that is not in force or says too little', async () => {
    await using room = await openCaRoom(store)
    const provider = { organization: ' ', domains: [] }
    const named = { certificate: { dns: ['*.example.com'] } }
    const cases = [
      [room.records.add('bare', { provider }), 'ca.provider'],
      [room.records.add('wide', { provider: { ...provider, organization: 'x'.repeat(65) } }), 'ca.provider'],
      [room.records.add('star', named), 'ca.provider'],
      [room.records.add('net', { certificate: { ip: ['10.0.0.0/8'] } }), 'ca.provider'],
      ['1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4', 'ca.name'],
    ] as const
    for (const [aic, code] of cases) await expect(issue(room, aic)).rejects.toMatchObject({ code })
    const draft = room.records.add('draft')
    room.records.set(draft, { state: 'draft' })
    await expect(issue(room, draft)).rejects.toMatchObject({ code: 'ca.record' })
    expect(room.entries).toEqual([])
  })

  test('a record that another organisation is given loses what the one before had', async () => {
    await using room = await openCaRoom(store)
    const aic = room.records.add('one')
    const { certificate } = await issue(room, aic)
    room.records.set(aic, { organization: 'other' })
    const next = await issue(room, aic)
    room.bus.publish('ruling.transfer', { id: 'r_1', record: aic, digests: [], epoch: 1 })
    await expect.poll(() => room.ca.holds(certificate.serial)).toBe(false)
    expect(room.ca.holds(next.certificate.serial)).toBe(true)
  })

  test('what one replica gives and takes back, the other knows', async () => {
    const [left, right] = busPair()
    const records = fewRecords()
    const aic = records.add('one')
    await using one = await openCaRoom(store, { records, bus: left })
    await using two = await openCaRoom(store, { records, bus: right })
    expect(two.ca.trustBundle()).toBe(one.ca.trustBundle())
    const { certificate, leaf, above } = await issue(one, aic)
    await expect.poll(() => two.ca.holds(certificate.serial)).toBe(true)
    // Both have the list before the revocation in memory.
    for (const { origin } of [one, two])
      expect(await (await fetch(`${origin}/acps-atr-v2/crl/info`)).json()).toMatchObject({ revokedCount: 0 })
    await two.ca.revoke({ aic, reason: 0, by: 'p_1' })
    expect(reasonOf(() => one.ca.peer(leaf, above))).toBe('revoked')
    const lists = await Promise.all(
      [one, two].map(async ({ origin }) => await (await fetch(`${origin}/acps-atr-v2/crl/info`)).json()),
    )
    expect(lists[0]).toMatchObject({ revokedCount: 1 })
    expect(lists[1]).toEqual(lists[0])
    // What a deaf replica missed it finds when it looks at the store.
    left.deaf = true
    const missed = await issue(two, aic)
    expect(one.ca.holds(missed.certificate.serial)).toBe(false)
    await left.heal()
    expect(one.ca.holds(missed.certificate.serial)).toBe(true)
  })

  test('keeps its own server certificate new, and tells whoever uses it', async () => {
    await using room = await openCaRoom(store)
    const identity = await room.ca.listenerIdentity({ dns: ['localhost'], ip: ['127.0.0.1', '::1'] })
    const first = new X509Certificate(identity.chain)
    expect(first.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(first.checkPrivateKey(identity.key)).toBe(true)
    let told = 0
    identity.onChange(() => (told += 1))
    room.clock.advance(4 * day)
    await expect.poll(() => told).toBe(1)
    const next = new X509Certificate(identity.chain)
    expect(next.validToDate.getTime() - first.validToDate.getTime()).toBe(4 * day)
    expect(next.checkPrivateKey(identity.key)).toBe(true)
  })
})
