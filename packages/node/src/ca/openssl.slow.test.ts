import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pemBlocks } from '@ambit/core/pem'
import { openCaRoom } from '@ambit/testkit/ca-room'
import type { CaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../store/store.ts'
import type { Store } from '../store/store.ts'

/*
 * OpenSSL is the judge of what the authority makes: certificates, lists and answers.
 */

const run = promisify(execFile)
const present = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0
  } catch {
    return false
  }
})()
if (!present)
  console.log('skipped: what OpenSSL says of certificates, because the program openssl is not here')

let store: Store
let room: CaRoom
let folder: string
let aic: string
const file = (name: string) => join(folder, name)
const openssl = async (...args: string[]) => {
  const { stdout, stderr } = await run('openssl', args)
  return stdout + stderr
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-openssl-'))
  store = await openStore('sqlite::memory:')
  // OpenSSL looks at the clock of the machine.
  const clock = handClock(Math.floor(Date.now() / 1000) * 1000)
  room = await openCaRoom(store, { ownsHost: () => true, clock })
  aic = room.records.add('one', { certificate: { dns: ['agent.example'], ip: ['127.0.0.1', '::1'] } })
  const [root] = pemBlocks('CERTIFICATE', room.ca.trustBundle())
  expect(root).toBeDefined()
  writeFileSync(file('root.pem'), room.ca.trustBundle())
  writeFileSync(file('intermediate.pem'), room.ca.intermediate())
})
afterAll(async () => {
  await room[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** A certificate for a request that OpenSSL made. */
async function issued(
  name: string,
  key: readonly string[],
  usage: 'clientAuth' | 'serverAuth' = 'clientAuth',
) {
  await openssl('genpkey', ...key, '-out', file(`${name}.key`))
  await openssl(
    'req',
    '-new',
    '-key',
    file(`${name}.key`),
    '-subj',
    `/CN=${aic}`,
    '-outform',
    'DER',
    '-out',
    file(`${name}.csr`),
  )
  const csr = readFileSync(file(`${name}.csr`))
  const { certificate, chain } = await room.ca.issue({ aic, usage, csr, by: 'p_1' })
  writeFileSync(file(`${name}.pem`), chain)
  return certificate
}

const p256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
const keys: Record<string, readonly string[]> = {
  p256,
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ed25519: ['-algorithm', 'ed25519'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
}

test.skipIf(!present)(
  'verifies certificates for keys of every kind, each for its purpose alone',
  async () => {
    for (const [name, key] of Object.entries(keys)) {
      await issued(name, key)
      const verify = [
        'verify',
        '-x509_strict',
        '-CAfile',
        file('root.pem'),
        '-untrusted',
        file('intermediate.pem'),
      ]
      expect(await openssl(...verify, '-purpose', 'sslclient', file(`${name}.pem`))).toContain(': OK')
      await expect(openssl(...verify, '-purpose', 'sslserver', file(`${name}.pem`))).rejects.toThrow(
        'purpose',
      )
    }
  },
)

test.skipIf(!present)('reads the profile as it was meant', async () => {
  await issued('profile', p256, 'serverAuth')
  const text = await openssl('x509', '-in', file('profile.pem'), '-noout', '-text')
  const lines = text.split('\n').map((line) => line.trim())
  for (const line of [
    'Version: 3 (0x2)',
    `Subject: CN = ${aic}, O = Example Bank, OU = Payments, C = CN`,
    'X509v3 Basic Constraints: critical',
    'CA:FALSE',
    'X509v3 Key Usage: critical',
    'Digital Signature, Key Encipherment',
    'X509v3 Extended Key Usage: critical',
    'TLS Web Server Authentication',
    'X509v3 Subject Alternative Name:',
    `URI:acps://${aic}, DNS:agent.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1`,
    `OCSP - URI:${room.origin}/acps-atr-v2/ocsp`,
    `URI:${room.origin}/acps-atr-v2/crl/current`,
    'X509v3 Subject Key Identifier:',
    'X509v3 Authority Key Identifier:',
  ])
    expect(lines).toContain(line)
})

test.skipIf(!present)('weak keys and requests of other keys are refused', async () => {
  const weak = [
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
    ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    ['-algorithm', 'ed448'],
  ]
  for (const key of weak) await expect(issued('weak', key)).rejects.toMatchObject({ code: 'ca.key' })
  await issued('good', p256)
  const csr = readFileSync(file('good.csr'))
  csr[csr.length - 1]! ^= 1
  await expect(room.ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })).rejects.toMatchObject({
    code: 'ca.request',
  })
  // A request under a key of one's own, with the public key of somebody else in it.
  const { publicKey } = generateKeyPairSync('ed25519')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  expect(spki.length).toBe(44)
  await issued('ed', keys['ed25519']!)
  const stolen = readFileSync(file('ed.csr'))
  const at = stolen.indexOf(spki.subarray(0, 12))
  spki.copy(stolen, at)
  await expect(room.ca.issue({ aic, usage: 'clientAuth', csr: stolen, by: 'p_1' })).rejects.toMatchObject({
    code: 'ca.request',
  })
})

test.skipIf(!present)('lists and answers tell what was revoked, and verify', async () => {
  const [good, bad] = [await issued('kept', p256), await issued('gone', p256)]
  await room.ca.revoke({ aic, serial: bad.serial, reason: 4, by: 'p_1' })
  const der = Buffer.from(await (await fetch(`${room.origin}/acps-atr-v2/crl/current`)).arrayBuffer())
  expect(Buffer.from(await (await fetch(`${room.origin}/acps-atr-v2/crl`)).arrayBuffer())).toEqual(der)
  writeFileSync(file('list.der'), der)
  writeFileSync(file('list.pem'), await (await fetch(`${room.origin}/acps-atr-v2/crl/current/pem`)).text())
  const text = await openssl(
    'crl',
    '-inform',
    'DER',
    '-in',
    file('list.der'),
    '-noout',
    '-text',
    '-CAfile',
    file('intermediate.pem'),
  )
  expect(text).toContain('verify OK')
  expect(text).toContain(`Serial Number: ${bad.serial}`)
  expect(text).toContain('Superseded')
  expect(text).not.toContain(good.serial)
  const verify = [
    'verify',
    '-crl_check',
    '-CRLfile',
    file('list.pem'),
    '-CAfile',
    file('root.pem'),
    '-untrusted',
    file('intermediate.pem'),
  ]
  expect(await openssl(...verify, file('kept.pem'))).toContain(': OK')
  await expect(openssl(...verify, file('gone.pem'))).rejects.toThrow('certificate revoked')
  const hour = new Date(room.clock.now()).toISOString().replaceAll(/\D/g, '').slice(0, 10)
  const old = await fetch(`${room.origin}/acps-atr-v2/crl/version/${hour}`)
  expect(Buffer.from(await old.arrayBuffer()).equals(der)).toBe(true)

  const ask = [
    'ocsp',
    '-issuer',
    file('intermediate.pem'),
    '-CAfile',
    file('root.pem'),
    '-verify_other',
    file('intermediate.pem'),
  ]
  const url = `${room.origin}/acps-atr-v2/ocsp`
  const both = await openssl(
    ...ask,
    '-cert',
    file('kept.pem'),
    '-cert',
    file('gone.pem'),
    '-url',
    url,
    '-nonce',
  )
  expect(both).toContain('Response verify OK')
  expect(both).toContain(`${file('kept.pem')}: good`)
  expect(both).toContain(`${file('gone.pem')}: revoked`)
  expect(both).toContain('Reason: superseded')
  expect(both).not.toContain('WARNING: no nonce')
  const unknown = await openssl(...ask, '-sha256', '-serial', '0x1234', '-url', url)
  expect(unknown).toContain('0x1234: unknown')
  // GET, as browsers and proxies ask.
  await openssl(
    'ocsp',
    '-issuer',
    file('intermediate.pem'),
    '-cert',
    file('gone.pem'),
    '-no_nonce',
    '-reqout',
    file('ask.der'),
  )
  const got = await fetch(`${url}/${encodeURIComponent(readFileSync(file('ask.der')).toString('base64'))}`)
  expect(got.headers.get('content-type')).toBe('application/ocsp-response')
  writeFileSync(file('answer.der'), Buffer.from(await got.arrayBuffer()))
  const answer = await openssl(...ask, '-cert', file('gone.pem'), '-respin', file('answer.der'), '-no_nonce')
  expect(answer).toContain(': revoked')
  const nonsense = await fetch(url, { method: 'POST', body: 'nonsense' })
  expect(Buffer.from(await nonsense.arrayBuffer())).toEqual(Buffer.from('30030a0101', 'hex'))
})
