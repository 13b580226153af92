import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, der, derInteger, derOid, derSequence, derTime, tags } from '@ambit/core/der'
import { pem, pemBlocks } from '@ambit/core/pem'
import { fewRecords, openCaRoom } from '@ambit/testkit/ca-room'
import type { CaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localSigner } from '../kernel/key-signer.ts'
import { openStore } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import type { CaParts } from './ca.ts'
import {
  algorithmOf,
  alternativeNames,
  authorityConstraints,
  certify,
  endConstraints,
  extension,
  nameOf,
  newSerial,
  signedWith,
  stateAddresses,
} from './make.ts'
import type { CertificatePlan, Issuer } from './make.ts'
import { oids } from './x509.ts'

/*
 * Who is believed at a handshake: agents of foreign authorities, and certificates that are almost right.
 */

const day = 86_400_000
const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const certs = `${folder}/aip/certs`
const present = existsSync(certs)
if (!present)
  console.log('skipped: certificates of the reference authority, because ../shared/data is not here')

const clock = handClock(Date.UTC(2026, 10, 25))
let store: Store
let temporary: string
let listServer: Server
let list: Buffer | undefined
let asked: number

beforeEach(async () => {
  store = await openStore('sqlite::memory:')
  temporary = mkdtempSync(join(tmpdir(), 'ambit-peer-'))
  list = undefined
  asked = 0
  listServer = createServer((_request, response) => {
    asked += 1
    response.writeHead(list === undefined ? 503 : 200).end(list)
  })
  await new Promise<void>((resolve) => listServer.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  listServer.close()
  await store[Symbol.asyncDispose]()
  rmSync(temporary, { recursive: true, force: true })
})

const code = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'
const otherCode = '1.2.156.3088.1.1.34C2.478BDF.3GF547.0GGS'

function newIssuer(commonName: string): Issuer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { name: nameOf({ commonName }), signer: localSigner(privateKey) }
}

async function made(
  issuer: Issuer,
  subject: Issuer,
  plan: Partial<CertificatePlan>,
): Promise<X509Certificate> {
  const bytes = await certify(
    {
      serial: newSerial(clock),
      subject: subject.name,
      publicKey: subject.signer.publicKey,
      notBefore: clock.now() - day,
      notAfter: clock.now() + 49 * day,
      extensions: [],
      ...plan,
    },
    issuer,
  )
  return new X509Certificate(bytes)
}

const listUrl = () => `http://127.0.0.1:${(listServer.address() as { port: number }).port}/list`

/** A foreign authority, trusted by a room, and what it makes. */
async function foreign(more: Omit<Partial<CaParts>, 'clock'> = {}) {
  const issuer = newIssuer('foreign root')
  const root = await made(issuer, issuer, { extensions: authorityConstraints() })
  const trustRootsFile = join(temporary, 'roots.pem')
  writeFileSync(trustRootsFile, pem('CERTIFICATE', root.raw))
  const room = await openCaRoom(store, { clock, trustRootsFile, ...more })
  const leaf = async (
    plan: Partial<CertificatePlan> = {},
    marks: readonly Uint8Array[] = [alternativeNames({ uri: `acps://${code}`, dns: [], ip: [] })],
    commonName = code,
  ) =>
    await made(issuer, newIssuer(commonName), {
      extensions: [
        ...endConstraints(oids.clientAuth),
        ...marks,
        ...stateAddresses('http://x.example', listUrl()),
      ],
      ...plan,
    })
  return { room, issuer, root, leaf, listOf: async (...serials: string[]) => await listFor(issuer, serials) }
}

async function listFor(issuer: Issuer, serials: readonly string[], from = clock.now(), until = from + day) {
  const entries = serials.map((serial) => derSequence(derInteger(Buffer.from(serial, 'hex')), derTime(from)))
  const head = [derInteger(1), algorithmOf(issuer.signer), issuer.name, derTime(from), derTime(until)]
  const body = derSequence(...head, ...(entries.length === 0 ? [] : [derSequence(...entries)]))
  return await signedWith(body, issuer.signer)
}

function reason(
  { ca }: CaRoom,
  certificate: X509Certificate,
  above: readonly X509Certificate[] = [],
): unknown {
  try {
    return ca.peer(certificate, above).aic
  } catch (error) {
    return (error as { extra?: { reason?: unknown } }).extra?.reason ?? error
  }
}

test('an agent of a foreign authority is believed with a list that is here, and not without', async () => {
  const { room, leaf, listOf } = await foreign()
  await using _ = room
  const certificate = await leaf()
  expect(reason(room, certificate)).toBe('list-missing')
  await expect.poll(() => asked).toBe(1)
  // What failed is not asked for again at once.
  list = await listOf('1234')
  await expect(room.ca.meet(certificate, [])).rejects.toMatchObject({ extra: { reason: 'list-missing' } })
  clock.advance(31_000)
  expect(await room.ca.meet(certificate, [])).toMatchObject({ aic: code, organization: undefined })
  expect(reason(room, certificate)).toBe(code)
  expect(asked).toBe(2)
  // The list ends, and no other comes: nobody is believed on an old one.
  list = undefined
  clock.advance(day)
  expect(reason(room, certificate)).toBe('list-missing')
})

test('what a foreign list names is refused, also where lists are only preferred', async () => {
  const { room, leaf, listOf } = await foreign({ foreignListRequired: false })
  await using _ = room
  const [good, bad] = [await leaf(), await leaf()]
  expect(reason(room, bad)).toBe(code)
  await expect.poll(() => asked).toBe(1)
  list = await listOf(bad.serialNumber)
  clock.advance(31_000)
  await expect(room.ca.meet(bad, [])).rejects.toMatchObject({ extra: { reason: 'revoked' } })
  expect(reason(room, good)).toBe(code)
})

test('a list of another key, of another name or of yesterday is none', async () => {
  const { room, leaf, issuer } = await foreign()
  await using _ = room
  const certificate = await leaf()
  const thief = { ...newIssuer('thief'), name: issuer.name }
  const lists = [
    await listFor(thief, []),
    await listFor(newIssuer('foreign root '), []),
    await listFor(issuer, [], clock.now() - 2 * day, clock.now() - day),
    Buffer.from('nonsense'),
  ]
  for (const wrong of lists) {
    list = wrong
    await expect(room.ca.meet(certificate, [])).rejects.toMatchObject({ extra: { reason: 'list-missing' } })
    clock.advance(31_000)
  }
  expect(asked).toBe(lists.length)
})

test('an older list that is in force still does not replace a newer one', async () => {
  const { room, leaf, issuer, listOf } = await foreign()
  await using _ = room
  const [good, bad] = [await leaf(), await leaf()]
  const older = await listFor(issuer, [], clock.now() - 1000)
  list = await listOf(bad.serialNumber)
  await expect(room.ca.meet(bad, [])).rejects.toMatchObject({ extra: { reason: 'revoked' } })
  list = older
  clock.advance(900_000)
  expect(reason(room, good)).toBe(code)
  await expect.poll(() => asked).toBe(2)
  await room.ca.meet(good, [])
  expect(reason(room, bad)).toBe('revoked')
})

test('a certificate whose serial number is negative is found in the list that names it', async () => {
  const { room, issuer, listOf } = await foreign()
  await using _ = room
  const agent = newIssuer(code)
  const marks = [...endConstraints(oids.clientAuth), ...stateAddresses('http://x.example', listUrl())]
  const body = derSequence(
    der(context(0), derInteger(2)),
    der(tags.integer, Uint8Array.of(0x91, 0x22, 0x33)),
    algorithmOf(issuer.signer),
    issuer.name,
    derSequence(derTime(clock.now() - day), derTime(clock.now() + day)),
    agent.name,
    agent.signer.publicKey.export({ format: 'der', type: 'spki' }),
    der(context(3), derSequence(...marks)),
  )
  const certificate = new X509Certificate(await signedWith(body, issuer.signer))
  list = await listOf()
  expect(await room.ca.meet(certificate, [])).toMatchObject({ serial: '912233' })
  const entry = derSequence(der(tags.integer, Uint8Array.of(0x91, 0x22, 0x33)), derTime(clock.now()))
  const head = [derInteger(1), algorithmOf(issuer.signer), issuer.name]
  clock.advance(900_000)
  const times = [derTime(clock.now()), derTime(clock.now() + day)]
  list = await signedWith(derSequence(...head, ...times, derSequence(entry)), issuer.signer)
  expect(reason(room, certificate)).toBe(code)
  await expect.poll(() => reason(room, certificate)).toBe('revoked')
})

test('a list at a private address is not fetched', async () => {
  const { createAddressGuard } = await import('../net/address.ts')
  const { createUpstream } = await import('../net/upstream.ts')
  const upstream = createUpstream(createAddressGuard([]))
  const { room, leaf, listOf } = await foreign({ upstream })
  await using _ = room
  list = await listOf()
  await expect(room.ca.meet(await leaf(), [])).rejects.toMatchObject({ extra: { reason: 'list-missing' } })
  expect(asked).toBe(0)
  await upstream.close()
})

test('a foreign authority certifies nobody who is registered here', async () => {
  const records = fewRecords()
  records.put(code, 'ours')
  const { room, leaf, listOf } = await foreign({ registry: records.registry })
  await using _ = room
  list = await listOf()
  await expect(room.ca.meet(await leaf(), [])).rejects.toMatchObject({ extra: { reason: 'name' } })
})

test('certificates that are almost right are refused by what is wrong', async () => {
  const { room, leaf, issuer, listOf } = await foreign()
  await using _ = room
  list = await listOf()
  await room.ca.meet(await leaf(), [])
  const named = (uri: string) => [alternativeNames({ uri, dns: [], ip: [] })]
  const marks = (...extensions: Uint8Array[]) => ({ extensions })
  const [constraints, usage, purpose] = endConstraints(oids.clientAuth)
  const twoPurposes = endConstraints(oids.clientAuth).slice(0, 2)
  const both = extension(oids.purposes, derSequence(derOid(oids.clientAuth), derOid(oids.serverAuth)), true)
  const ber = derSequence(derOid('1.2.3.4'), der(tags.boolean, Uint8Array.of(1)), der(tags.octets))
  const strange = extension('1.2.3.4', Buffer.from('0500', 'hex'), true)
  const cases: readonly (readonly [string, X509Certificate])[] = [
    ['name', await leaf({}, named(`acps://${otherCode}`))],
    ['name', await leaf({}, [], 'not a code')],
    ['name', await leaf({ subject: derSequence() })],
    ['not-yet', await leaf({ notBefore: clock.now() + day })],
    ['expired', await leaf({ notAfter: clock.now() })],
    ['profile', await leaf(marks(...twoPurposes, both))],
    ['profile', await leaf(marks(constraints!, usage!))],
    ['profile', await leaf(marks(usage!, purpose!))],
    ['profile', await leaf(marks(...authorityConstraints(), purpose!))],
    ['profile', await leaf(marks(constraints!, usage!, purpose!, strange))],
    ['profile', await leaf(marks(constraints!, usage!, purpose!, ber))],
    ['name', await leaf({}, [], `${code} `)],
    ['name', await leaf({}, [], code.replace('.34C2', '. 34C2'))],
    ['name', await leaf({}, named(`acps://${code} `))],
    ['name', await leaf({}, named(`ACPS://${otherCode}`))],
    ['usage', await leaf(marks(...endConstraints(oids.serverAuth)))],
    ['list-missing', await leaf(marks(...endConstraints(oids.clientAuth)))],
    [
      'untrusted',
      await made(newIssuer('foreign root'), newIssuer(code), marks(constraints!, usage!, purpose!)),
    ],
  ]
  for (const [expected, certificate] of cases) expect(reason(room, certificate)).toBe(expected)
  // An agent that makes certificates itself, with its own as if it were an authority.
  const agent = newIssuer(code)
  const own = await made(issuer, agent, marks(...endConstraints(oids.clientAuth)))
  const child = await made(agent, newIssuer(otherCode), marks(...endConstraints(oids.clientAuth)))
  expect(reason(room, child, [own])).toBe('untrusted')
  // An authority between that may have none below it, and one that has.
  const [upper, lower] = [newIssuer('upper'), newIssuer('lower')]
  const narrow = await made(issuer, upper, marks(...authorityConstraints(0)))
  const below = await made(upper, lower, marks(...authorityConstraints()))
  const far = await made(lower, newIssuer(code), marks(...endConstraints(oids.clientAuth)))
  expect(reason(room, far, [below, narrow])).toBe('untrusted')
})

test('a certificate under our root that we did not give is refused', async () => {
  await using room = await openCaRoom(store, { clock })
  const aic = room.records.add('one')
  const issuer = newIssuer('example.com agents')
  const forged = await made(issuer, newIssuer(aic), { extensions: [...endConstraints(oids.clientAuth)] })
  expect(reason(room, forged)).toBe('untrusted')
})

test.skipIf(!present)('reads the certificates of the reference authority', async () => {
  const read = (name: string) =>
    pemBlocks('CERTIFICATE', readFileSync(`${certs}/${name}`, 'utf8')).map((one) => new X509Certificate(one))
  await using room = await openCaRoom(store, {
    clock: handClock(Date.UTC(2026, 10, 25)),
    trustRootsFile: `${certs}/root.pem`,
    foreignListRequired: false,
  })
  const { ca } = room
  const [leader, ...above] = read('leader-chain.pem')
  const peer = ca.peer(leader!, above)
  expect(peer).toMatchObject({
    aic: code,
    organization: undefined,
    serial: '7D05CD0910B69405655F56D9068D25969907327E',
  })
  const [partner] = read(`${otherCode}.clientAuth.pem`)
  expect(ca.peer(partner!, above).aic).toBe(otherCode)
  const [server, ...chain] = read('server-chain.pem')
  expect(ca.peer(server!, chain, 'serverAuth').aic).toBe(otherCode)
  expect(reason(room, server!, chain)).toBe('usage')
  const fresh = read(`${code}.clientAuth.pem`)[0]!
  await using untrusting = await openCaRoom(store, { clock })
  expect(reason(untrusting, fresh, above)).toBe('untrusted')
})
