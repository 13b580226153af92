import { createECDH, createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Keyring } from '../kernel/keyring.ts'

/** Half of what RFC 8292 section 2 allows, so that a clock that is off costs nothing. */
const lifeS = 12 * 3600
/** One in 2^32 draws is no key of P-256; so many in a row are none never. */
const drawsMax = 8

/** The node towards push services: they take a subscription's messages from nobody else (RFC 8292). */
export interface Vapid {
  /** The public key as base64url: what a browser subscribes with (`applicationServerKey`). */
  readonly publicKey: string
  /** Value of the header `authorization` for a push service, by its origin. */
  authorization(audience: string, nowMs: number): string
}

/**
 * The key comes from the keyring, so that all replicas have the same one and nothing needs to be kept. `contact` is where
 * the operator of a push service reaches whoever runs this node: a `mailto:` or `https:` address.
 */
export function createVapid(keyring: Keyring, contact: () => string): Vapid {
  const { privateKey, publicKey } = keyPair(keyring)
  return {
    publicKey,
    authorization(audience, nowMs) {
      const claims = { aud: audience, exp: Math.floor(nowMs / 1000) + lifeS, sub: contact() }
      return `vapid t=${token(claims, privateKey)}, k=${publicKey}`
    },
  }
}

/** A JWT signed with ES256 (RFC 7515, RFC 7518 section 3.4). */
function token(claims: Readonly<Record<string, string | number>>, key: KeyObject): string {
  const parts = [{ typ: 'JWT', alg: 'ES256' }, claims]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

function keyPair(keyring: Keyring): { privateKey: KeyObject; publicKey: string } {
  for (let draw = 0; draw < drawsMax; draw++) {
    const secret = keyring.derive(draw === 0 ? 'channel.vapid' : `channel.vapid.${draw}`)
    const ecdh = createECDH('prime256v1')
    try {
      ecdh.setPrivateKey(secret)
    } catch {
      // Not below the order of the curve: the next one.
      continue
    }
    const point = ecdh.getPublicKey()
    const [x, y, d] = [point.subarray(1, 33), point.subarray(33), secret].map((part) =>
      part.toString('base64url'),
    )
    const privateKey = createPrivateKey({
      key: { kty: 'EC', crv: 'P-256', x: x!, y: y!, d: d! },
      format: 'jwk',
    })
    return { privateKey, publicKey: point.toString('base64url') }
  }
  throw new Error('the keyring gives no key of P-256')
}
