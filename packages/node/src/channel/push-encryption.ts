import { createCipheriv, createECDH, hkdfSync } from 'node:crypto'
import type { ECDH } from 'node:crypto'

const curve = 'prime256v1'
const saltBytes = 16
const tagBytes = 16
/** One record holds it all; what a push service takes at least (RFC 8030 section 7.2). */
const recordBytes = 4096
const headerBytes = saltBytes + 4 + 1 + 65
/** The longest text that fits: a record less its header, its tag and the delimiter (RFC 8291 section 4). */
export const plaintextBytesMax = recordBytes - headerBytes - tagBytes - 1
/** What ends the last record (RFC 8188 section 2). */
const lastRecord = 2

/** What a browser gives with a subscription (W3C Push API section 8), as bytes. */
export interface SubscriptionKeys {
  /** Public key of the browser, an uncompressed point of P-256: 65 bytes. */
  readonly p256dh: Uint8Array
  /** 16 bytes that only the browser and this node know. */
  readonly auth: Uint8Array
}

/** What is new for every message: 16 bytes of chance, and a key that is forgotten afterwards. */
export interface MessageChance {
  readonly salt: Uint8Array
  readonly privateKey: Uint8Array
}

/**
 * The body of a push message in `aes128gcm`, which only that browser can read (RFC 8291 section 3, RFC 8188). Throws when
 * the key of the browser is no point of the curve, or the text is longer than `plaintextBytesMax`.
 */
export function encryptPush(plaintext: Uint8Array, keys: SubscriptionKeys, chance: MessageChance): Buffer {
  if (plaintext.length > plaintextBytesMax) throw new RangeError('the text of a push message is too long')
  const own = ecdh(chance.privateKey)
  const ownPublic = own.getPublicKey()
  const secret = own.computeSecret(keys.p256dh)
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), keys.p256dh, ownPublic])
  const input = hkdf(secret, keys.auth, keyInfo, 32)
  const key = hkdf(input, chance.salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = hkdf(input, chance.salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const sealed = Buffer.concat([
    cipher.update(plaintext),
    cipher.update(Buffer.of(lastRecord)),
    cipher.final(),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(recordBytes)
  const header = Buffer.concat([chance.salt, size, Buffer.of(ownPublic.length), ownPublic])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}

/** Whether bytes are an uncompressed point of P-256. */
export function isPublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  try {
    ecdh(Buffer.alloc(32, 1)).computeSecret(bytes)
    return true
  } catch {
    // Not on the curve.
    return false
  }
}

function ecdh(privateKey: Uint8Array): ECDH {
  const own = createECDH(curve)
  own.setPrivateKey(privateKey)
  return own
}

function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}
