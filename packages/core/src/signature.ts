import { base64url, base64urlBytes, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import type { KeyAlg } from './id/did-key.ts'
import { publicKeyOf } from './public-key.ts'
import { assertionOver, webauthnSignatureSchema } from './webauthn.ts'
import { z } from 'zod'

/**
 * The signature envelope: over the RFC 8785 bytes of the body, by a key or by a person with a passkey.
 * `key` is a did:key, so that an envelope can be checked with nothing but itself; whether that key
 * may speak for anyone is the question of whoever reads it.
 */
export const signatureSchema = z.discriminatedUnion('alg', [
  z.strictObject({
    alg: z.enum(['ed25519', 'p256']),
    key: z.string().startsWith('did:key:z').max(200),
    value: z.string().max(200),
  }),
  webauthnSignatureSchema,
])

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
  readonly alg: KeyAlg
  /** did:key of the public half. */
  readonly key: string
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

export async function sign<T>(body: T, signer: Signer): Promise<Signed<T>> {
  const value = await signer.sign(utf8(canonicalJson(body)))
  return { body, signature: { alg: signer.alg, key: signer.key, value: base64url(value) } }
}

/** Checks the envelope by its own key. False for any malformed key or value; never throws. */
export async function signatureHolds({ body, signature }: Signed<unknown>): Promise<boolean> {
  try {
    const bytes = utf8(canonicalJson(body))
    if (signature.alg === 'webauthn') return (await assertionOver(bytes, signature)) !== undefined
    const key = await publicKeyOf(signature.key)
    if (key?.alg !== signature.alg) return false
    return await key.verify(base64urlBytes(signature.value), bytes)
  } catch {
    // An unparsable key or signature is attacker-controlled input: it is simply not valid.
    return false
  }
}
