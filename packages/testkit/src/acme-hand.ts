import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { CertificateAuthority } from '@ambit/node/ca/ca'
import { bindingOf, certificateRequest } from './certificate-request.ts'
import { send } from './raw-http.ts'
import type { RawAnswer } from './raw-http.ts'

/*
 * ACME by hand: each request as its parts say, also where they are wrong.
 */

/** Where the interface stands. */
export interface AcmePlace {
  readonly origin: string
  readonly server: { readonly port: number }
}

export const acmeBase = '/acps-atr-v2/acme'
const digests: Record<string, string> = {
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  RS256: 'sha256',
  RS512: 'sha512',
}

/** A request: who signs it, and what it says. */
export interface Asked {
  readonly key: KeyObject
  readonly alg?: string
  /** Address of the account; left out, the request brings its key. */
  readonly kid?: string | undefined
  readonly payload?: unknown
  /** In place of what is right. */
  readonly head?: Readonly<Record<string, unknown>>
}

export function jwkOf(key: KeyObject): Record<string, string> {
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...jwk } = key.export({ format: 'jwk' })
  return jwk as Record<string, string>
}

const text64 = (text: string) => Buffer.from(text).toString('base64url')

export function signed({ key, alg = 'ES256', kid, payload, head = {} }: Asked, url: string, nonce?: string) {
  const who = kid === undefined ? { jwk: jwkOf(key) } : { kid }
  const protectedText = text64(
    JSON.stringify({ alg, ...(nonce === undefined ? {} : { nonce }), url, ...who, ...head }),
  )
  const payloadText = payload === undefined ? '' : text64(JSON.stringify(payload))
  const input = Buffer.from(`${protectedText}.${payloadText}`)
  const signature = sign(digests[alg] ?? null, input, { key, dsaEncoding: 'ieee-p1363' })
  return { protected: protectedText, payload: payloadText, signature: signature.toString('base64url') }
}

export async function nonceOf({ server }: AcmePlace): Promise<string> {
  return (await send(server.port, { method: 'HEAD', path: `${acmeBase}/new-nonce` })).headers[
    'replay-nonce'
  ] as string
}

export async function post(room: AcmePlace, path: string, asked: Asked): Promise<RawAnswer> {
  const body = signed(asked, `${room.origin}${acmeBase}${path}`, await nonceOf(room))
  return await postRaw(room, path, JSON.stringify(body))
}

export async function postRaw(
  { server }: AcmePlace,
  path: string,
  body: string,
  type = 'application/jose+json',
) {
  return await send(server.port, {
    method: 'POST',
    path: `${acmeBase}${path}`,
    body,
    headers: { 'content-type': type },
  })
}

export const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** An account with a new credential of the record. */
export async function account(
  room: AcmePlace & { readonly ca: Pick<CertificateAuthority, 'credential'> },
  aic: string,
  key = newKey(),
  alg = 'ES256',
) {
  const credential = await room.ca.credential(aic, 'p_1')
  const binding = await bindingOf(credential, jwkOf(key) as never, `${room.origin}${acmeBase}/new-account`)
  const answer = await post(room, '/new-account', { key, alg, payload: { externalAccountBinding: binding } })
  return { answer, key, kid: answer.headers.location as string, credential, binding }
}

export const order = (aic: string, usage = 'clientAuth', type = 'agent') => ({
  identifiers: [{ type, value: aic, usage }],
})
export const pathOf = (room: AcmePlace, url: unknown) => String(url).slice(`${room.origin}${acmeBase}`.length)

export async function readyOrder(
  room: AcmePlace,
  who: { key: KeyObject; kid: string },
  aic: string,
): Promise<string> {
  const answer = await post(room, '/new-order', { ...who, payload: order(aic) })
  if (answer.status !== 201) throw new Error(answer.text)
  return pathOf(room, answer.json()['finalize'])
}

export const csrFor = async (aic: string) =>
  Buffer.from((await certificateRequest(aic)).der).toString('base64url')
