import { base64url, base64urlBytes } from '@ambit/core/bytes'
import { didKey } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'

/** A key of a holder's own: it signs what it hands on, and proves itself where it shows its chain. */
export interface HolderKey {
  readonly signer: Signer
  /** The private half, PKCS #8 as base64url: keep it as you keep passwords. */
  readonly secret: string
}

const algorithm = { name: 'Ed25519' }

/**
 * Makes an Ed25519 key for a holder that keeps it itself.
 *
 * @example
 * ```ts
 * const { signer, secret } = await createHolderKey()
 * await ambit.mandates.grant({ purpose: 'book travel', allow, holder: signer.key })
 * ```
 */
export async function createHolderKey(): Promise<HolderKey> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('this runtime makes no Ed25519 keys')
  const secret = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  return { signer: await signerOf(pair.privateKey), secret: base64url(secret) }
}

/** The signer of a key that was kept. Throws for what is no such key. */
export async function openHolderKey(secret: string): Promise<Signer> {
  const key = await crypto.subtle.importKey('pkcs8', base64urlBytes(secret), algorithm, true, ['sign'])
  return await signerOf(key)
}

async function signerOf(key: CryptoKey): Promise<Signer> {
  const { x } = await crypto.subtle.exportKey('jwk', key)
  if (x === undefined) throw new TypeError('it is no Ed25519 key')
  return {
    alg: 'ed25519',
    key: didKey('ed25519', base64urlBytes(x)),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(algorithm, key, Uint8Array.from(bytes))),
  }
}
