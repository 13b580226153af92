import { base64url, base64urlBytes, concatBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import { didKey, keyBytes } from './did-key.ts'

/** A public key as JSON Web Key (RFC 7517, RFC 8037): its required members and nothing else. */
export type PublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }

const coordinateBytes = 32
/** The curve P-256, y² = x³ − 3x + b over p (SP 800-186, section 3.2.1.3). */
const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** Undefined for what is no did:key of Ed25519 or P-256, or no point of its curve. */
export function jwkOfKey(key: string): PublicJwk | undefined {
  const parsed = keyBytes(key)
  if (parsed === undefined) return undefined
  if (parsed.alg === 'ed25519') return { kty: 'OKP', crv: 'Ed25519', x: base64url(parsed.bytes) }
  const x = numberOf(parsed.bytes.slice(1))
  const y = yOf(x, parsed.bytes[0] === 3)
  const isCompressed = parsed.bytes[0] === 2 || parsed.bytes[0] === 3
  if (!isCompressed || y === undefined) return undefined
  return { kty: 'EC', crv: 'P-256', x: base64url(bytesOf(x)), y: base64url(bytesOf(y)) }
}

/** The did:key of a JWK; undefined for another kind of key, a coordinate that is none, or a point beside the curve. */
export function keyOfJwk(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const x = coordinate(jwk['x'])
  if (x === undefined) return undefined
  if (jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519') return didKey('ed25519', x)
  const y = coordinate(jwk['y'])
  if (jwk['kty'] !== 'EC' || jwk['crv'] !== 'P-256' || y === undefined) return undefined
  const isOdd = (y.at(-1)! & 1) === 1
  if (yOf(numberOf(x), isOdd) !== numberOf(y)) return undefined
  return didKey('p256', concatBytes(Uint8Array.of(isOdd ? 3 : 2), x))
}

/** RFC 7638 thumbprint of a did:key, 43 characters of base64url; undefined for what is none. */
export async function keyThumbprint(key: string): Promise<string | undefined> {
  const text = thumbprintText(key)
  return text === undefined ? undefined : base64url(await sha256(utf8(text)))
}

/** What a thumbprint is made over: the required members in the order of their names (RFC 7638, section 3). */
export function thumbprintText(key: string): string | undefined {
  const jwk = jwkOfKey(key)
  if (jwk === undefined) return undefined
  return jwk.kty === 'OKP'
    ? JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x })
    : JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })
}

function coordinate(text: unknown): Bytes | undefined {
  if (typeof text !== 'string' || text.length > 2 * coordinateBytes) return undefined
  try {
    const bytes = base64urlBytes(text)
    return bytes.length === coordinateBytes ? bytes : undefined
  } catch {
    // Not base64url, so no coordinate either.
    return undefined
  }
}

/** The point of that x, by whether its y is odd; undefined where the curve has none. */
function yOf(x: bigint, isOdd: boolean): bigint | undefined {
  if (x >= p) return undefined
  const square = modulo(x * x * x - 3n * x + b)
  // p is 3 modulo 4, so that a root is this power.
  const root = power(square, (p + 1n) / 4n)
  if (modulo(root * root) !== square) return undefined
  return (root & 1n) === (isOdd ? 1n : 0n) ? root : p - root
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = modulo(result * factor)
    factor = modulo(factor * factor)
  }
  return result
}

function modulo(value: bigint): bigint {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}

function numberOf(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(coordinateBytes)
  let rest = value
  for (let at = coordinateBytes - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n)
  return bytes
}
