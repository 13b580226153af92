import { verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createKeyring } from './keyring.ts'
import { openSigningKeys, parseKeyPlace } from './key-signer.ts'

const clock = handClock()
const keyring = createKeyring(Buffer.alloc(32, 7), clock)
const noCells = { read: async () => undefined, keep: async (_: string, sealed: Buffer) => sealed }

test('reads where keys lie, and nothing that it does not understand', () => {
  expect(parseKeyPlace('store', {})).toEqual({ kind: 'store' })
  expect(parseKeyPlace('file:/keys/ca', {})).toEqual({ kind: 'file', path: '/keys/ca' })
  const uri = 'pkcs11:token=my%20token;object=ca?module-path=/lib/p.so&pin-source=file:/run/pin'
  expect(parseKeyPlace(uri, { A: '1' })).toEqual({
    kind: 'token',
    token: 'my token',
    object: 'ca',
    module: '/lib/p.so',
    pinFile: '/run/pin',
    environment: { A: '1' },
  })
  for (const wrong of [
    '',
    'file:',
    '/keys/ca',
    'pkcs11:',
    'pkcs11:token=a?module-path=/lib/p.so',
    'pkcs11:token=a?module-path=lib/p.so&pin-source=/pin',
    'pkcs11:token=a?module-path=/lib/p.so&pin-value=1234',
    'pkcs11:token=a;token=b?module-path=/lib/p.so&pin-source=/pin',
    'pkcs11:token=--login?module-path=/lib/p.so&pin-source=/pin%',
  ])
    expect(parseKeyPlace(wrong, {}), wrong).toBeUndefined()
})

test('keys in files are sealed, made once and readable by their owner alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-keys-'))
  try {
    const path = join(folder, 'deep', 'ca')
    const open = (ring = keyring) => openSigningKeys({ kind: 'file', path }, noCells, ring, handClock())
    const made = await Promise.all([open().key('root'), open().key('root')])
    expect(made[0].publicKey.equals(made[1].publicKey)).toBe(true)
    const bytes = Buffer.from('to be signed')
    expect(verify('sha256', bytes, made[1].publicKey, await made[0].sign(bytes))).toBe(true)
    expect(statSync(`${path}.root`).mode & 0o077).toBe(0)
    // Neither the key nor anything of its form lies open.
    expect(readFileSync(`${path}.root`).includes(Buffer.from('2a8648ce3d', 'hex'))).toBe(false)
    const other = createKeyring(Buffer.alloc(32, 8), clock)
    await expect(open(other).key('root')).rejects.toMatchObject({ code: 'internal' })
    const log = await open().key('log', 'ed25519')
    expect(verify(null, bytes, log.publicKey, await log.sign(bytes))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
