import type { Bytes } from '../bytes.ts'
import { concatBytes } from '../bytes.ts'
import { base58, base58Bytes } from './base58.ts'

/** Multicodec prefixes of the public keys in use (multiformats table): ed25519-pub 0xed, p256-pub 0x1200. */
const prefixes = { ed25519: Uint8Array.of(0xed, 0x01), p256: Uint8Array.of(0x80, 0x24) }
const lengths = { ed25519: 32, p256: 33 }
/** The longest did:key of those kinds has 57 characters; base58 is quadratic, so longer ones are not decoded. */
const didKeyCharactersMax = 80

export type KeyAlg = keyof typeof prefixes

/** did:key of a raw public key (Ed25519: 32 bytes; P-256: 33 bytes, compressed point). */
export function didKey(alg: KeyAlg, publicKey: Uint8Array): string {
  return `did:key:z${base58(concatBytes(prefixes[alg], publicKey))}`
}

export function keyBytes(did: string): { alg: KeyAlg; bytes: Bytes } | undefined {
  if (!did.startsWith('did:key:z') || did.length > didKeyCharactersMax) return undefined
  const bytes = base58Bytes(did.slice('did:key:z'.length))
  if (bytes === undefined) return undefined
  for (const alg of ['ed25519', 'p256'] as const) {
    const prefix = prefixes[alg]
    if (bytes[0] === prefix[0] && bytes[1] === prefix[1] && bytes.length === prefix.length + lengths[alg]) {
      return { alg, bytes: bytes.slice(prefix.length) }
    }
  }
  return undefined
}
