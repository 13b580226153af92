import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isKeyName } from '@ambit/core/log/note'
import type { Cosigner, KeyKind, NoteSigner } from '@ambit/core/log/note'
import { keyForms } from '@ambit/core/log/note-key'

/** PKCS #8 heads before a seed of 32 bytes: Ed25519 (RFC 8410 section 7), ML-DSA-44 as its seed (RFC 9881 section 6). */
const seedHeads = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  'ml-dsa-44': Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
} as const

/**
 * A signer of notes from an Ed25519 private key; the name is the origin of the log. The second key, of the same name,
 * signs beside it. Throws a TypeError on another key.
 */
export function noteSigner(name: string, privateKey: KeyObject, second?: Cosigner): NoteSigner {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('a log signs with an Ed25519 key')
  if (second !== undefined && (second.name !== name || second.kind !== 'ml-dsa-44')) {
    throw new TypeError('the second key of a log is of ML-DSA-44 and has the name of the first')
  }
  return {
    name,
    vkey: identityOf(name, 'ed25519', createPublicKey(privateKey)).vkey,
    ...(second === undefined ? {} : { second }),
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}

/** The signer of a log from its seeds of 32 bytes: with the second key where this runtime offers ML-DSA-44. */
export function logSigner(
  name: string,
  seeds: { readonly ed25519: Buffer; readonly mlDsa44: Buffer },
): NoteSigner {
  return noteSigner(name, seedKey('ed25519', seeds.ed25519), mlDsaCosigner(name, seeds.mlDsa44))
}

/** Cosigns checkpoints with Ed25519 (type 0x04), from a seed of 32 bytes. */
export function ed25519Cosigner(name: string, seed: Buffer): Cosigner {
  return cosigner(name, 'cosignature', seedKey('ed25519', seed))
}

/** Cosigns with ML-DSA-44 (type 0x06), from a seed of 32 bytes; undefined where this runtime does not offer it. */
export function mlDsaCosigner(name: string, seed: Buffer): Cosigner | undefined {
  let key: KeyObject
  try {
    key = seedKey('ml-dsa-44', seed)
  } catch {
    // Runtimes before Node 24.6 do not know the algorithm: then there is no such key.
    return undefined
  }
  return cosigner(name, 'ml-dsa-44', key)
}

function cosigner(name: string, kind: Cosigner['kind'], privateKey: KeyObject): Cosigner {
  return {
    name,
    kind,
    ...identityOf(name, kind, createPublicKey(privateKey)),
    // With a callback it runs in the thread pool: an ML-DSA-44 signature takes half a millisecond.
    sign: (message) =>
      new Promise((resolve, reject) => {
        sign(null, message, privateKey, (error, signature) => {
          if (error === null) resolve(signature)
          else reject(error)
        })
      }),
  }
}

export function seedKey(kind: keyof typeof seedHeads, seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([seedHeads[kind], seed]), format: 'der', type: 'pkcs8' })
}

/** Key id and vkey of a public key. Throws a TypeError on a name that a note cannot carry. */
export function identityOf(
  name: string,
  kind: KeyKind,
  publicKey: KeyObject,
): { readonly keyId: string; readonly vkey: string } {
  if (!isKeyName(name)) throw new TypeError('the name of a log is not empty and has no space and no plus')
  const { type, keyBytes } = keyForms[kind]
  // The last bytes of the SPKI form are the key itself (RFC 8410, RFC 9881).
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-keyBytes)
  const typed = Buffer.concat([Buffer.of(type), key])
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8)
  return { keyId, vkey: `${name}+${keyId}+${typed.toString('base64')}` }
}
