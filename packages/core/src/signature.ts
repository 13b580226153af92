import { base64url, base64urlBytes, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { keyBytes } from './id/did-key.ts'
import { z } from 'zod'

/**
 * The signature envelope: over the RFC 8785 bytes of the body.
 * `key` is a did:key, so that an envelope can be checked with nothing but itself; whether that key
 * may speak for anyone is the question of whoever reads it.
 */
export const signatureSchema = z.strictObject({
  alg: z.enum(['ed25519', 'p256']),
  key: z.string().startsWith('did:key:z').max(200),
  value: z.string().max(200),
})

export type Signature = z.infer<typeof signatureSchema>

/** A body and the signature over its canonical form. */
export interface Signed<T> {
  readonly body: T
  readonly signature: Signature
}

export function signedSchema<T extends z.ZodType>(body: T) {
  return z.strictObject({ body, signature: signatureSchema })
}

/** Whoever can sign: a key in memory, a token, a device. */
export interface Signer {
  readonly alg: Signature['alg']
  /** did:key of the public half. */
  readonly key: string
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

export async function sign<T>(body: T, signer: Signer): Promise<Signed<T>> {
  const value = await signer.sign(utf8(canonicalJson(body)))
  return { body, signature: { alg: signer.alg, key: signer.key, value: base64url(value) } }
}

/** Checks the envelope by its own key. False for any malformed key or value; never throws. */
export async function signatureHolds(signed: Signed<unknown>): Promise<boolean> {
  const { alg, key, value } = signed.signature
  const parsed = keyBytes(key)
  if (parsed === undefined || parsed.alg !== alg) return false
  try {
    const publicKey = await importKey(parsed)
    const parameters = alg === 'ed25519' ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' }
    return await crypto.subtle.verify(
      parameters,
      publicKey,
      base64urlBytes(value),
      utf8(canonicalJson(signed.body)),
    )
  } catch {
    // An unparsable key or signature is attacker-controlled input: it is simply not valid.
    return false
  }
}

async function importKey(key: { alg: Signature['alg']; bytes: Uint8Array<ArrayBuffer> }): Promise<CryptoKey> {
  if (key.alg === 'ed25519') {
    return await crypto.subtle.importKey('raw', key.bytes, { name: 'Ed25519' }, false, ['verify'])
  }
  return await crypto.subtle.importKey('raw', key.bytes, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'verify',
  ])
}
