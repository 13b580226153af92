import { generateKeyPairSync, sign } from 'node:crypto'
import { base64urlBytes } from '@ambit/core/bytes'
import { didKey } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'

/** A fresh Ed25519 key in memory. */
export function memorySigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    alg: 'ed25519',
    key: didKey('ed25519', base64urlBytes(x)),
    sign: async (bytes) => sign(null, bytes, privateKey),
  }
}
