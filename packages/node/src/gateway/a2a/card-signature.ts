import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'

/** Longest key id that is told on: it is text of a third party. */
const keyIdCharactersMax = 100

type Json = Readonly<Record<string, unknown>>

/**
 * What an operator should know of a card's signatures (section 8.4). There are no trust roots yet: a signature can
 * only be shown not to hold, by the very key that it names; `jku` is never fetched.
 */
export function signatureRemarks(card: Json): string[] {
  const signatures = card['signatures']
  if (!Array.isArray(signatures)) return []
  return signatures.map((signature) => remarkOf(card, signature))
}

function remarkOf(card: Json, signature: unknown): string {
  const { protected: head, signature: value } = object(signature) ?? {}
  const header = typeof head === 'string' ? headerOf(head) : undefined
  if (typeof head !== 'string' || typeof value !== 'string' || header === undefined)
    return 'card signature is not a JWS'
  const kid = keyId(header['kid'])
  const jwk = object(header['jwk'])
  if (jwk === undefined)
    return `signed by key ${kid}, not pinned; not checked, because the card does not carry the key`
  return holds(card, head, value, header['alg'], jwk)
    ? `signed by key ${kid}, not pinned`
    : `card signature does not hold (key ${kid})`
}

function headerOf(text: string): Json | undefined {
  try {
    return object(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    // Not a JOSE header: told as such by the caller.
    return undefined
  }
}

function keyId(kid: unknown): string {
  if (typeof kid !== 'string') return 'without a name'
  return kid.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, keyIdCharactersMax)
}

function holds(card: Json, head: string, value: string, alg: unknown, jwk: Json): boolean {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const scheme = schemeOf(alg, key)
    if (scheme === undefined) return false
    const signature = Buffer.from(value, 'base64url')
    return signedForms(card).some((form) => {
      const input = Buffer.from(`${head}.${Buffer.from(form).toString('base64url')}`)
      return verify(scheme.hash, input, scheme.key, signature)
    })
  } catch {
    // A key or value that cannot be read is a third party's input: the signature simply does not hold.
    return false
  }
}

/** The algorithm must be one of the key's own kind, so that a header cannot choose a weaker reading of a key. */
function schemeOf(
  alg: unknown,
  key: KeyObject,
): { hash: string | null; key: KeyObject | VerifyKeyObjectInput } | undefined {
  const type = key.asymmetricKeyType
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (alg === 'ES256' && curve === 'prime256v1')
    return { hash: 'sha256', key: { key, dsaEncoding: 'ieee-p1363' } }
  if (alg === 'ES384' && curve === 'secp384r1')
    return { hash: 'sha384', key: { key, dsaEncoding: 'ieee-p1363' } }
  if ((alg === 'EdDSA' || alg === 'Ed25519') && type === 'ed25519') return { hash: null, key }
  if (alg === 'RS256' && type === 'rsa') return { hash: 'sha256', key }
  return undefined
}

/** REQUIRED members stay in the signed form even when empty (section 8.4.1). */
const requiredMembers = [
  'name',
  'description',
  'version',
  'supportedInterfaces',
  'capabilities',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
]

/**
 * Signers differ in what they leave out before they sign: nothing, empty members (the official JavaScript SDK), or
 * empty members that are not REQUIRED (the specification).
 */
function signedForms(card: Json): string[] {
  const { signatures: _signatures, ...raw } = card
  const cleaned = object(withoutEmpty(raw)) ?? {}
  const specified: Record<string, unknown> = { ...cleaned }
  for (const name of requiredMembers) if (raw[name] !== undefined) specified[name] ??= raw[name]
  return [canonicalJson(raw), canonicalJson(cleaned), canonicalJson(specified)]
}

/** Without empty texts, lists and objects, at any depth; undefined when nothing is left. */
function withoutEmpty(value: unknown): unknown {
  if (value === '' || value === null) return undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutEmpty(item)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (typeof value !== 'object') return value
  const members: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const cleaned = withoutEmpty(member)
    if (cleaned !== undefined) members[name] = cleaned
  }
  return Object.keys(members).length === 0 ? undefined : members
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}
