import { verify, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { openCaRoom } from '@ambit/testkit/ca-room'
import { handClock } from '@ambit/testkit/clock'
import { certificateRequest } from '@ambit/testkit/certificate-request'
import { makeSoftToken, softTokenPresent as present } from '@ambit/testkit/soft-token'
import type { SoftToken } from '@ambit/testkit/soft-token'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../store/store.ts'
import { parseKeyPlace } from './key-signer.ts'
import type { KeyPlace } from './key-signer.ts'
import { tokenKeys } from './key-signer-token.ts'

/*
 * Keys in a token, which is one of software here: the node reaches it in no other way than a card or an appliance.
 */

if (!present) console.log('skipped: keys in a PKCS #11 token, because pkcs11-tool or softhsm2 is not here')

let soft: SoftToken
beforeAll(() => {
  if (present) soft = makeSoftToken()
})
afterAll(() => soft?.[Symbol.dispose]())

function place(more = '', pin: 'pin' | 'wrong-pin' = 'pin') {
  const parsed = parseKeyPlace(soft.uri(more, pin), soft.environment)
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
    await expect(
      tokenKeys({ ...place(), pinFile: join(soft.folder, 'none') }).key('new'),
    ).rejects.toMatchObject({
      code: 'ca.signer',
      detail: 'the file of the PIN cannot be read',
    })
    await expect(tokenKeys({ ...place(), token: 'nowhere' }).key('root')).rejects.toMatchObject({
      code: 'ca.signer',
    })
  },
)

test.skipIf(!present)(
  'keys of Ed25519 sign what fits, are found and never made by looking, and go',
  async () => {
    const keys = tokenKeys(place(';object=logs'), 'AMBIT_LOG_KEY')
    expect(await keys.find('one', 'ed25519')).toBeUndefined()
    const one = await keys.key('one', 'ed25519')
    const found = (await keys.find('one', 'ed25519'))!
    expect(one.publicKey.asymmetricKeyType).toBe('ed25519')
    expect(found.publicKey.equals(one.publicKey)).toBe(true)
    for (const length of [1, 300, 1024]) {
      const bytes = Buffer.alloc(length, 7)
      expect(verify(null, bytes, one.publicKey, await found.sign(bytes))).toBe(true)
    }
    await expect(one.sign(Buffer.alloc(1025))).rejects.toThrow('at most 1024 bytes')
    await keys.remove('one')
    await keys.remove('one')
    expect(await keys.find('one', 'ed25519')).toBeUndefined()
    await expect(one.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ledger.signer',
      where: 'AMBIT_LOG_KEY',
    })
  },
)

test.skipIf(!present)(
  'a token that is away is not one without keys: nothing is made in its place',
  async () => {
    const keys = tokenKeys(place(';object=away'), 'AMBIT_LOG_KEY')
    const { publicKey } = await keys.key('one', 'ed25519')
    soft.away()
    try {
      await expect(keys.find('one', 'ed25519')).rejects.toMatchObject({ code: 'ledger.signer' })
      await expect(keys.key('one', 'ed25519')).rejects.toMatchObject({ code: 'ledger.signer' })
      await expect(keys.remove('one')).rejects.toMatchObject({ code: 'ledger.signer' })
    } finally {
      soft.back()
    }
    expect((await keys.find('one', 'ed25519'))!.publicKey.equals(publicKey)).toBe(true)
    const locked = tokenKeys(place(';object=away', 'wrong-pin'), 'AMBIT_LOG_KEY')
    await expect(locked.remove('one')).rejects.toMatchObject({
      detail: expect.stringContaining('CKR_PIN_INCORRECT') as string,
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
