import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { didKey } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'

/** A key by which a client proves that a token is its own (RFC 9449). */
export class ProofKey {
  readonly alg: 'EdDSA' | 'ES256'
  readonly #key: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>

  constructor(alg: 'EdDSA' | 'ES256' = 'EdDSA') {
    this.alg = alg
    const pair =
      alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = pair.privateKey
    this.jwk = { ...pair.publicKey.export({ format: 'jwk' }) }
  }

  get didKey(): string {
    return didKeyOf(this.#key)
  }

  /** A `fetch` that shows a token with a fresh proof by this key each time. */
  fetchWith(token: string): typeof fetch {
    return async (input, init) => {
      const request = new Request(input, init)
      const { origin, pathname } = new URL(request.url)
      request.headers.set('authorization', `DPoP ${token}`)
      request.headers.set('dpop', this.proof(request.method, `${origin}${pathname}`, { token }))
      return await fetch(request)
    }
  }

  get signer(): Signer {
    const alg = this.alg === 'EdDSA' ? 'ed25519' : 'p256'
    return { alg, key: this.didKey, sign: async (bytes) => this.sign(bytes) }
  }

  /** Signs with the key, as the holder of a mandate does. */
  sign(bytes: Uint8Array): Buffer {
    return this.alg === 'EdDSA'
      ? sign(null, bytes, this.#key)
      : sign('sha256', bytes, { key: this.#key, dsaEncoding: 'ieee-p1363' })
  }

  /** A proof for one request; members of header and payload may be replaced. */
  proof(
    method: string,
    url: string,
    { token, header = {}, payload = {} }: { token?: string; header?: object; payload?: object } = {},
  ): string {
    const head = { typ: 'dpop+jwt', alg: this.alg, jwk: this.jwk, ...header }
    const body = {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
      ...payload,
    }
    const text = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${this.sign(Buffer.from(text)).toString('base64url')}`
  }
}

/** did:key of an Ed25519 or P-256 key. */
export function didKeyOf(key: KeyObject): string {
  const { kty, x = '', y = '' } = key.export({ format: 'jwk' })
  const point = Buffer.from(x, 'base64url')
  if (kty === 'OKP') return didKey('ed25519', point)
  return didKey('p256', Buffer.concat([Buffer.of((Buffer.from(y, 'base64url').at(-1)! & 1) + 2), point]))
}
