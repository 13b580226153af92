import { z } from 'zod'
import { base64url, base64urlBytes, concatBytes, equalBytes, utf8, utf8Text } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { sha256 } from './digest.ts'
import { publicKeyOf } from './public-key.ts'

/**
 * A signature that a person made with a passkey (W3C Web Authentication Level 3, sections 5.8.1, 6.1 and 6.3.3): what
 * the authenticator and the browser said, as they said it. The challenge is the SHA-256 of what is signed. Bytes are
 * base64url without padding.
 */
export const webauthnSignatureSchema = z.strictObject({
  alg: z.literal('webauthn'),
  /** did:key of the passkey. */
  key: z.string().startsWith('did:key:z').max(200),
  authenticatorData: z.string().max(1400),
  /** The bytes of the client data, JSON. */
  clientData: z.string().max(2800),
  value: z.string().max(200),
})

export type WebauthnSignature = z.infer<typeof webauthnSignatureSchema>

/** What an assertion says beside the signature. */
export interface Assertion {
  readonly challenge: string
  /** Of the page on which the person was asked, e.g. `https://ambit.example`. */
  readonly origin: string
  /** How often the authenticator signed; 0: it does not count. */
  readonly counter: number
}

const rpIdHashBytes = 32
const fixedBytes = 37
const flags = { present: 0x01, verified: 0x04, attested: 0x40, extended: 0x80 } as const

const clientDataSchema = z.looseObject({
  type: z.literal('webauthn.get'),
  challenge: z.string(),
  origin: z.string(),
  // Ambit never asks from inside a page of somebody else.
  crossOrigin: z.literal(false).optional(),
  topOrigin: z.undefined().optional(),
})

/**
 * Whether a passkey signed these bytes: the key, the challenge, the page's host against the relying party that the
 * authenticator named, and that the person was there and was verified (a finger, a face, a PIN). Which origins speak
 * for whom is the question of whoever reads it. Undefined for anything malformed or untrue; never throws.
 *
 * @example
 * ```ts
 * const said = await assertionOver(utf8(canonicalJson(body)), signature)
 * if (said?.origin === 'https://ambit.example') …
 * ```
 */
export async function assertionOver(
  bytes: Bytes,
  signature: WebauthnSignature,
): Promise<Assertion | undefined> {
  return await assertionOf(await sha256(bytes), signature)
}

/** The same for whoever knows only the challenge. */
export async function assertionOf(
  challenge: Uint8Array,
  signature: WebauthnSignature,
): Promise<Assertion | undefined> {
  try {
    const clientData = base64urlBytes(signature.clientData)
    const authenticatorData = base64urlBytes(signature.authenticatorData)
    const said = clientDataSchema.parse(JSON.parse(utf8Text(clientData)))
    if (said.challenge !== base64url(challenge)) return undefined
    const counter = counterOf(authenticatorData)
    const rpId = await sha256(utf8(new URL(said.origin).hostname))
    if (counter === undefined || !equalBytes(rpId, authenticatorData.slice(0, rpIdHashBytes)))
      return undefined
    const key = await publicKeyOf(signature.key)
    const value = base64urlBytes(signature.value)
    const plain = key?.alg === 'p256' ? plainEcdsa(value) : value
    const signed = concatBytes(authenticatorData, await sha256(clientData))
    if (key === undefined || plain === undefined || !(await key.verify(plain, signed))) return undefined
    return { challenge: said.challenge, origin: said.origin, counter }
  } catch {
    // All of it comes from a browser: what cannot be read does not hold.
    return undefined
  }
}

/** Undefined unless the person was present and verified, and nothing stands behind that no flag announces. */
function counterOf(data: Bytes): number | undefined {
  const set = data[rpIdHashBytes]
  if (set === undefined || data.length < fixedBytes) return undefined
  if ((set & flags.present) === 0 || (set & flags.verified) === 0) return undefined
  if ((set & (flags.attested | flags.extended)) === 0 && data.length !== fixedBytes) return undefined
  return new DataView(data.buffer, data.byteOffset).getUint32(rpIdHashBytes + 1)
}

/** `r ‖ s` of an ECDSA-Sig-Value in DER (RFC 3279 section 2.2.3) on P-256; undefined for anything else. */
function plainEcdsa(der: Bytes): Bytes | undefined {
  const [tag, length] = der
  if (tag !== 0x30 || length !== der.length - 2) return undefined
  const r = integerAt(der, 2)
  const s = r && integerAt(der, r.end)
  if (r === undefined || s === undefined || s.end !== der.length) return undefined
  return concatBytes(r.bytes, s.bytes)
}

const scalarBytes = 32

/** A positive integer in its shortest form, as 32 bytes. */
function integerAt(der: Bytes, at: number): { bytes: Bytes; end: number } | undefined {
  const length = der[at + 1] ?? 0
  const end = at + 2 + length
  const first = der[at + 2]
  if (der[at] !== 0x02 || first === undefined || length > scalarBytes + 1 || end > der.length)
    return undefined
  const second = der[at + 3] ?? 0
  if (first >= 0x80 || (first === 0 && length > 1 && second < 0x80)) return undefined
  const magnitude = der.slice(first === 0 ? at + 3 : at + 2, end)
  if (magnitude.length > scalarBytes) return undefined
  return { bytes: concatBytes(new Uint8Array(scalarBytes - magnitude.length), magnitude), end }
}
