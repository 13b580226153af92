import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { isSoundRsa, thumbprintOf } from './x509.ts'

/** What an algorithm of JWS asks of its key (RFC 7518 section 3.1, RFC 8037). */
const algorithms: Readonly<Record<string, { digest: string | null; type: string; curve?: string }>> = {
  RS256: { digest: 'sha256', type: 'rsa' },
  RS384: { digest: 'sha384', type: 'rsa' },
  RS512: { digest: 'sha512', type: 'rsa' },
  ES256: { digest: 'sha256', type: 'ec', curve: 'prime256v1' },
  ES384: { digest: 'sha384', type: 'ec', curve: 'secp384r1' },
  ES512: { digest: 'sha512', type: 'ec', curve: 'secp521r1' },
  EdDSA: { digest: null, type: 'ed25519' },
}
const headerCharactersMax = 8192

/** A flattened JWS (RFC 7515, section 7.2.2), read and not yet believed. */
export interface Jws {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Buffer
  /** What is signed. */
  readonly input: string
  readonly signature: Buffer
  readonly algorithm: string
}

/** A public key as it came, with its name. */
export interface AccountKey {
  readonly key: KeyObject
  readonly thumbprint: string
  readonly jwk: Readonly<Record<string, string>>
}

/** Throws `acme.malformed`; nothing of it is believed before `proveJws`. */
export function readJws(value: unknown): Jws {
  const { protected: head, payload, signature, ...rest } = isObject(value) ? value : {}
  if (typeof head !== 'string' || typeof payload !== 'string' || typeof signature !== 'string')
    throw malformed('a JWS has the members protected, payload and signature, each a text')
  if (Object.keys(rest).length > 0) throw malformed('a JWS has no other members than those three')
  if (head.length > headerCharactersMax) throw malformed('the protected header is too long')
  const header = parsed(bytes(head, 'protected').toString('utf8'), 'protected')
  if (header['crit'] !== undefined || header['b64'] !== undefined)
    throw malformed('no extension of JWS is understood here', 'crit')
  const { alg } = header
  if (typeof alg !== 'string') throw malformed('the header names no algorithm', 'alg')
  return {
    header,
    payload: bytes(payload, 'payload'),
    input: `${head}.${payload}`,
    signature: bytes(signature, 'signature'),
    algorithm: alg,
  }
}

/** Throws `acme.algorithm` or `acme.signature` unless this key made the signature. */
export function proveJws({ algorithm, input, signature }: Jws, key: KeyObject): void {
  const form = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined
  if (form === undefined)
    throw new Fault('acme.algorithm', {
      detail: 'the algorithm of the request is none of those taken here',
      where: 'alg',
      extra: { algorithms: Object.keys(algorithms) },
    })
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type !== form.type || (form.curve !== undefined && details?.namedCurve !== form.curve))
    throw new Fault('acme.algorithm', { detail: 'the algorithm does not fit the key', where: 'alg' })
  if (!signatureHolds(form.digest, input, signature, key))
    throw new Fault('acme.signature', { detail: 'another key signed it, or it was changed on its way' })
}

function signatureHolds(digest: string | null, input: string, signature: Buffer, key: KeyObject): boolean {
  try {
    return verify(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    // A signature of no form is none.
    return false
  }
}

/** Reads a public key (RFC 7517): without a private half, and strong enough. Throws `acme.malformed`, `acme.algorithm`. */
export function readJwk(value: unknown): AccountKey {
  if (!isObject(value)) throw malformed('a key is a JSON object', 'jwk')
  if (value['d'] !== undefined || value['k'] !== undefined)
    throw malformed('the private half of a key is never sent', 'jwk')
  let key: KeyObject
  try {
    const { kty, crv, x, y, n, e } = value as Record<string, string>
    key = createPublicKey({ key: dropped({ kty, crv, x, y, n, e }), format: 'jwk' })
  } catch (error) {
    throw new Fault('acme.malformed', { detail: 'that is no public key', where: 'jwk', cause: error })
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const fits = Object.values(algorithms).some(
    (form) => form.type === type && (form.curve === undefined || form.curve === details?.namedCurve),
  )
  if (!fits || (type === 'rsa' && !isSoundRsa(key)))
    throw new Fault('acme.algorithm', { detail: 'a key of that kind or size is not taken', where: 'jwk' })
  // As Node writes it again: required members alone, each in its one form.
  return { key, thumbprint: thumbprintOf(key), jwk: key.export({ format: 'jwk' }) as Record<string, string> }
}

/**
 * Whether an external account binding (RFC 8555, section 7.3.4) holds: made with the credential's key for this address
 * and this account key. Throws `acme.malformed` or `acme.binding`.
 */
export function proveBinding(binding: Jws, macKey: Buffer, url: string, account: AccountKey): void {
  const off = (detail: string) => new Fault('acme.binding', { detail, where: 'externalAccountBinding' })
  if (binding.algorithm !== 'HS256') throw off('a binding is made with HS256')
  if (binding.header['url'] !== url) throw off('the binding was made for another address')
  if (binding.header['nonce'] !== undefined) throw off('a binding bears no nonce')
  const mac = createHmac('sha256', macKey).update(binding.input).digest()
  if (mac.length !== binding.signature.length || !timingSafeEqual(mac, binding.signature))
    throw off('the binding was not made with the key of that credential')
  const named = readJwk(parsed(binding.payload.toString('utf8'), 'externalAccountBinding'))
  if (named.thumbprint !== account.thumbprint) throw off('the binding is for the key of another account')
}

/** A payload that is a JSON object. Throws `acme.malformed`. */
export function payloadOf({ payload }: Jws): Readonly<Record<string, unknown>> {
  return parsed(payload.toString('utf8'), 'payload')
}

/** Canonical unpadded base64url. Throws `acme.malformed`. */
export function bytes(text: string, where: string): Buffer {
  const read = Buffer.from(text, 'base64url')
  if (read.toString('base64url') !== text) throw malformed('it is not base64url without padding', where)
  return read
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function malformed(detail: string, where?: string): Fault {
  return new Fault('acme.malformed', where === undefined ? { detail } : { detail, where })
}

function parsed(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below, like any other wrong form.
  }
  throw malformed('it is no JSON object', where)
}

function dropped(value: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
