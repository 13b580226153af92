import { base64url, utf8 } from '@ambit/core/bytes'
import { sha256 } from '@ambit/core/digest'
import { keyBytes } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'

/**
 * A proof that a request comes from whoever has the key (RFC 9449 section 4.2), for this one request and for a minute.
 * Of Ed25519 keys, which is what holders of mandates make; throws a TypeError for any other. `token`: the access token
 * that the request carries, where it carries one.
 *
 * @example
 * ```ts
 * const headers = { dpop: await proofOf(signer, 'POST', 'https://node.example/oauth/token') }
 * ```
 */
export async function proofOf(signer: Signer, method: string, url: string, token?: string): Promise<string> {
  const key = keyBytes(signer.key)
  if (key?.alg !== 'ed25519') throw new TypeError('a proof is made with an Ed25519 key')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(key.bytes) }
  const head = { typ: 'dpop+jwt', alg: 'EdDSA', jwk }
  const body = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: url,
    iat: Math.floor(Date.now() / 1000),
    ...(token === undefined ? {} : { ath: base64url(await sha256(utf8(token))) }),
  }
  const text = [head, body].map((part) => base64url(utf8(JSON.stringify(part)))).join('.')
  return `${text}.${base64url(await signer.sign(utf8(text)))}`
}
