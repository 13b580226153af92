import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Fault } from '@ambit/core/fault'
import { z } from 'zod'
import type { Clock } from './clock.ts'

/** scrypt (RFC 7914) with these takes about half a second and 128 MiB for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1 }
const memoryMax = 1024 * 1024 * 1024
/** Shorter ones are found by trying. */
const passphraseCharactersMin = 12
const nonceBytes = 12
const tagBytes = 16

const base64Schema = z
  .string()
  .max(200)
  .transform((text) => Buffer.from(text, 'base64'))
const wrappedSchema = z.strictObject({
  v: z.literal(1),
  kdf: z.literal('scrypt'),
  N: z
    .int()
    .min(2)
    .max(2 ** 20),
  r: z.int().min(1).max(32),
  p: z.int().min(1).max(16),
  salt: base64Schema,
  nonce: base64Schema.refine((bytes) => bytes.length === nonceBytes),
  tag: base64Schema.refine((bytes) => bytes.length === tagBytes),
  key: base64Schema,
})

/** A key as JSON under a passphrase: scrypt and AES-256-GCM. Throws `key.passphrase`. */
export function wrapByPassphrase(key: Buffer, passphraseFile: string, clock: Clock): Buffer {
  const salt = clock.random(16)
  const nonce = clock.random(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', stretched(passphraseFile, salt, cost), nonce)
  const sealed = Buffer.concat([cipher.update(key), cipher.final()])
  const parts = { salt, nonce, tag: cipher.getAuthTag(), key: sealed }
  const texts = Object.entries(parts).map(([name, bytes]) => [name, bytes.toString('base64')])
  return Buffer.from(`${JSON.stringify({ v: 1, kdf: 'scrypt', ...cost, ...Object.fromEntries(texts) })}\n`)
}

/** Throws `key.malformed` and `key.passphrase`. */
export function unwrapByPassphrase(
  stored: Buffer,
  { path, passphraseFile }: { readonly path: string; readonly passphraseFile: string },
): Buffer {
  const wrapped = wrappedSchema.safeParse(jsonOf(stored))
  if (!wrapped.success) {
    throw new Fault('key.malformed', { detail: 'the file holds no key under a passphrase', where: path })
  }
  const { salt, nonce, tag, key, ...given } = wrapped.data
  const own = stretched(passphraseFile, salt, given)
  try {
    const decipher = createDecipheriv('aes-256-gcm', own, nonce)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(key), decipher.final()])
  } catch (error) {
    throw new Fault('key.passphrase', {
      detail: 'it is another passphrase',
      where: passphraseFile,
      cause: error,
    })
  }
}

function stretched(
  passphraseFile: string,
  salt: Buffer,
  { N, r, p }: { readonly N: number; readonly r: number; readonly p: number },
): Buffer {
  const passphrase = readPassphrase(passphraseFile)
  try {
    return scryptSync(passphrase, salt, 32, { N, r, p, maxmem: memoryMax })
  } catch (error) {
    // Numbers that scrypt does not take (N no power of two, too much memory) are no file of ours.
    throw new Fault('key.malformed', { detail: 'its numbers for scrypt cannot be used', cause: error })
  }
}

function readPassphrase(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
      .replace(/\r?\n$/, '')
      .normalize('NFC')
  } catch (error) {
    throw new Fault('key.passphrase', {
      detail: 'the file with the passphrase cannot be read',
      where: path,
      cause: error,
    })
  }
  if (text.length >= passphraseCharactersMin) return text
  throw new Fault('key.passphrase', {
    detail: `the passphrase has fewer than ${passphraseCharactersMin} characters`,
    where: path,
  })
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Not JSON is an answer too: the caller says what it should have been.
    return undefined
  }
}
