import type { Bytes } from './bytes.ts'
import { keyBytes } from './id/did-key.ts'
import type { KeyAlg } from './id/did-key.ts'

/** A public key in the form that Web Crypto checks with. */
export interface PublicKey {
  readonly alg: KeyAlg
  /** ECDSA signatures are `r ‖ s`, 64 bytes (IEEE P1363). Throws where the bytes are no signature at all. */
  verify(signature: Bytes, bytes: Bytes): Promise<boolean>
}

/** The key that a did:key names; undefined for what names none. Throws for a point that is not on its curve. */
export async function publicKeyOf(did: string): Promise<PublicKey | undefined> {
  const parsed = keyBytes(did)
  if (parsed === undefined) return undefined
  const { alg, bytes } = parsed
  const form = alg === 'ed25519' ? { name: 'Ed25519' } : { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('raw', bytes, form, false, ['verify'])
  const parameters = alg === 'ed25519' ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' }
  return {
    alg,
    verify: async (signature, message) => await crypto.subtle.verify(parameters, key, signature, message),
  }
}
