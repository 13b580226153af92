import { createPublicKey, hash, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { didKey } from '@ambit/core/id/did-key'
import { z } from 'zod'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { createReplayMemory } from '../kernel/replay-memory.ts'
import type { Clock } from '../kernel/clock.ts'

/** A proof is made for one request; clocks of client and node may differ by so much. */
const windowMs = 60_000
const proofCharactersMax = 4096
/** Proofs remembered in one window, about 100 bytes each; more are refused rather than one forgotten. */
const remembersMax = 200_000
const keysMax = 10_000

/** Of the keys by which clients prove that a token is theirs. */
export const proofAlgorithms = ['EdDSA', 'Ed25519', 'ES256'] as const

const headerSchema = z.looseObject({
  typ: z.literal('dpop+jwt'),
  alg: z.enum(proofAlgorithms),
  jwk: z.union([
    z.looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().length(43) }),
    z.looseObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string().length(43),
      y: z.string().length(43),
    }),
  ]),
})
type PublicJwk = z.infer<typeof headerSchema>['jwk']

const payloadSchema = z.looseObject({
  jti: z.string().min(1).max(256),
  htm: z.string().max(20),
  htu: z.string().max(2000),
  iat: z.number(),
  ath: z.string().max(100).optional(),
})

/** The request that a proof is for. */
export interface Proven {
  readonly method: string
  /** The addresses under which the request may have been sent, without query. */
  readonly urls: readonly string[]
  /** The access token that goes with it; undefined where none does. */
  readonly token: string | undefined
}

export type ProofReading =
  | {
      readonly ok: true
      /** Thumbprint of the key (RFC 7638). */
      readonly key: string
      readonly didKey: string
      /** Remembers the proof: false when it was used before. Called once everything else holds. */
      readonly use: () => boolean
    }
  | { readonly ok: false; readonly detail: string }

export type ReadProof = (proof: string | readonly string[] | undefined, request: Proven) => ProofReading

/**
 * Proofs of possession (RFC 9449 section 4.3), checked at once and in this process: a proof is fresh for each request,
 * so only its key can be kept. Replicas do not tell each other of proofs: within a minute, one could be used at
 * another replica by whoever reads the connection between client and node.
 */
export function createProofs(clock: Clock): ReadProof {
  const keys = new BoundedMap<string, KeyObject>(keysMax)
  // For two windows: a proof may be dated into the future by one.
  const remember = createReplayMemory(clock, { keepMs: 2 * windowMs, entriesMax: remembersMax })
  return (proof, request) => {
    if (typeof proof !== 'string') return failed('there is no proof in the header DPoP, or more than one')
    const parts = proof.length > proofCharactersMax ? [] : proof.split('.')
    const [head = '', body = '', signature = ''] = parts
    const header = parts.length === 3 ? headerSchema.safeParse(json(head)) : undefined
    const payload = payloadSchema.safeParse(json(body))
    if (header?.success !== true || !payload.success)
      return failed('the proof is no JWT of the form that RFC 9449 asks for, by an Ed25519 or P-256 key')
    const { alg, jwk } = header.data
    if ('d' in jwk || (alg === 'ES256') !== (jwk.kty === 'EC'))
      return failed('the key does not fit the proof')
    const key = thumbprint(jwk)
    const known = keys.get(key) ?? imported(jwk)
    if (known === undefined) return failed('the key of the proof is none')
    keys.set(key, known)
    if (!holds(alg, known, `${head}.${body}`, signature))
      return failed('the signature of the proof does not hold')
    const wrong = problemOf(payload.data, request, clock.now())
    if (wrong !== undefined) return failed(wrong)
    return { ok: true, key, didKey: didOf(jwk, known), use: () => remember(key, payload.data.jti) === 'new' }
  }
}

function problemOf(
  { htm, htu, iat, ath }: z.infer<typeof payloadSchema>,
  { method, urls, token }: Proven,
  now: number,
): string | undefined {
  if (htm !== method) return 'the proof is for another method'
  const url = URL.parse(htu)
  if (url === null || !urls.includes(`${url.origin}${url.pathname}`))
    return 'the proof is for another address'
  if (Math.abs(now - iat * 1000) > windowMs)
    return 'the proof was not made within the last minute; check the clock'
  if (token === undefined || ath === hash('sha256', token, 'base64url')) return undefined
  return 'the proof is for another token'
}

function failed(detail: string): { readonly ok: false; readonly detail: string } {
  return { ok: false, detail }
}

function json(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** RFC 7638 section 3.1: the required members in order. */
function thumbprint(jwk: PublicJwk): string {
  const members =
    jwk.kty === 'EC'
      ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
      : { crv: jwk.crv, kty: jwk.kty, x: jwk.x }
  return hash('sha256', JSON.stringify(members), 'base64url')
}

function imported(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return undefined
  }
}

function holds(alg: string, key: KeyObject, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  return alg === 'ES256'
    ? verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes)
    : verify(null, Buffer.from(text), key, bytes)
}

function didOf(jwk: PublicJwk, key: KeyObject): string {
  // As the key was imported: what the text held beyond the bytes of the number is gone.
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = Buffer.from(x, 'base64url')
  if (jwk.kty === 'OKP') return didKey('ed25519', point)
  const isOdd = (Buffer.from(y, 'base64url').at(-1)! & 1) === 1
  return didKey('p256', Buffer.concat([Buffer.of(isOdd ? 3 : 2), point]))
}
