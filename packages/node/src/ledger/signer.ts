import { createPublicKey, hash, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ed25519KeyType, isKeyName } from '@ambit/core/log/note'
import type { NoteSigner } from '@ambit/core/log/note'

const publicKeyBytes = 32

/** A signer of notes from an Ed25519 private key; the name is the origin of the log. Throws a TypeError on another key. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('a log signs with an Ed25519 key')
  if (!isKeyName(name)) throw new TypeError('the name of a log is not empty and has no space and no plus')
  // The last 32 bytes of the SPKI form are the key itself (RFC 8410).
  const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-publicKeyBytes)
  const typed = Buffer.concat([Buffer.of(ed25519KeyType), key])
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8)
  return {
    name,
    vkey: `${name}+${keyId}+${typed.toString('base64')}`,
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}
