import { execFileSync } from 'node:child_process'
import { verify, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { certificateRequest } from '@ambit/testkit/certificate-request'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../store/store.ts'
import { parseKeyPlace } from './key-signer.ts'
import type { KeyPlace } from './key-signer.ts'
import { tokenKeys } from './key-signer-token.ts'

/*
 * Keys in a token, which is one of software here: the node reaches it in no other way than a card or an appliance.
 */

const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'].find(existsSync)
const present =
  module !== undefined &&
  ['pkcs11-tool', 'softhsm2-util'].every((program) => {
    try {
      execFileSync('which', [program])
      return true
    } catch {
      return false
    }
  })
if (!present) console.log('skipped: keys in a PKCS #11 token, because pkcs11-tool or softhsm2 is not here')

let folder: string
let environment: Record<string, string | undefined>

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-token-'))
  if (!present) return
  mkdirSync(join(folder, 'tokens'))
  writeFileSync(join(folder, 'softhsm.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`)
  writeFileSync(join(folder, 'pin'), '271828\n', { mode: 0o600 })
  writeFileSync(join(folder, 'wrong-pin'), '314159\n', { mode: 0o600 })
  environment = { PATH: process.env['PATH'], SOFTHSM2_CONF: join(folder, 'softhsm.conf') }
  const init = ['--init-token', '--free', '--label', 'ambit test', '--pin', '271828', '--so-pin', '3333']
  execFileSync('softhsm2-util', init, { env: environment, stdio: 'ignore' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function place(more = '', pin = 'pin') {
  const uri = `pkcs11:token=ambit%20test${more}?module-path=${module}&pin-source=file:${join(folder, pin)}`
  const parsed = parseKeyPlace(uri, environment)
  if (parsed?.kind !== 'token') throw new Error('no token')
  return parsed
}

test.skipIf(!present)('a key is made once, stays in the token, and signs', async () => {
  const keys = tokenKeys(place())
  const [one, again, other] = [await keys.key('root'), await keys.key('root'), await keys.key('intermediate')]
  expect(one.publicKey.equals(again.publicKey)).toBe(true)
  expect(one.publicKey.equals(other.publicKey)).toBe(false)
  const bytes = Buffer.from('to be signed')
  const signatures = await Promise.all([one.sign(bytes), other.sign(bytes), one.sign(bytes)])
  expect(verify('sha256', bytes, one.publicKey, signatures[0])).toBe(true)
  expect(verify('sha256', bytes, other.publicKey, signatures[1])).toBe(true)
  expect(verify('sha256', bytes, other.publicKey, signatures[2])).toBe(false)
})

test.skipIf(!present)(
  'another object name is another key; a wrong PIN or token is said by name',
  async () => {
    const own = await tokenKeys(place()).key('root')
    const other = await tokenKeys(place(';object=second')).key('root')
    expect(own.publicKey.equals(other.publicKey)).toBe(false)
    const locked = await tokenKeys(place('', 'wrong-pin')).key('root')
    const refused = await locked.sign(Buffer.from('x')).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ca.signer' })
    expect(String(refused)).not.toContain('314159')
    await expect(tokenKeys({ ...place(), pinFile: join(folder, 'none') }).key('new')).rejects.toMatchObject({
      code: 'ca.signer',
      detail: 'the file of the PIN cannot be read',
    })
    await expect(tokenKeys({ ...place(), token: 'nowhere' }).key('root')).rejects.toMatchObject({
      code: 'ca.signer',
    })
  },
)

test.skipIf(!present)(
  'an authority whose keys lie in a token certifies agents, and is the same later',
  async () => {
    await using store = await openStore('sqlite::memory:')
    const clock = handClock(Date.UTC(2026, 10, 21))
    const keyPlace: KeyPlace = place(';object=authority')
    const first = await openCaRoom(store, { keyPlace, clock })
    const aic = first.records.add('one')
    const { der } = await certificateRequest(aic)
    const { chain } = await first.ca.issue({ aic, usage: 'clientAuth', csr: der, by: 'p_1' })
    expect(first.ca.peer(new X509Certificate(chain), [])).toMatchObject({ aic })
    await first[Symbol.asyncDispose]()
    await using again = await openCaRoom(store, { keyPlace, clock, records: first.records })
    expect(again.ca.peer(new X509Certificate(chain), [])).toMatchObject({ aic })
    // The certificates that are kept belong to the token; with other keys the node does not start.
    await expect(openCaRoom(store, { clock })).rejects.toMatchObject({
      code: 'ca.signer',
      where: 'AMBIT_CA_KEY',
    })
  },
)
