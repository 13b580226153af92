import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { jwkOfKey } from '@ambit/core/id/public-jwk'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import { withoutEmpty } from './cards/card-emptiness.ts'

/** No DID URL is longer. */
const kidCharactersMax = 600
/** Longest key id that is told on: it is text of a third party. */
const keyIdCharactersMax = 100

/** Signatures of one card that are looked at. */
const signaturesMax = 10

/**
 * The key that a `kid` names, and whose it is: of a record of this node, or of the document of a domain. Undefined for
 * any other name.
 */
export type KeyOf = (
  kid: string,
  signal: AbortSignal,
) => Promise<{ readonly key: string; readonly of: string } | undefined>
type KnownKeys = ReadonlyMap<string, { readonly key: string; readonly of: string }>

/** The keys by which the signatures of a card can be told apart from anybody's. One that cannot be had is none. */
export async function knownKeysOf(card: Json, keyOf: KeyOf, signal: AbortSignal): Promise<KnownKeys> {
  const known = new Map<string, { readonly key: string; readonly of: string }>()
  for (const signature of signaturesOf(card)) {
    const { protected: head } = objectOf(signature) ?? {}
    const kid = typeof head === 'string' ? headerOf(head)?.['kid'] : undefined
    if (typeof kid !== 'string' || kid.length > kidCharactersMax || known.has(kid)) continue
    // A document that is away or is none says nothing; the remark says that nothing is known.
    const found = await keyOf(kid, signal).catch(() => undefined)
    if (found !== undefined) known.set(kid, found)
  }
  return known
}

/**
 * What an operator should know of a card's signatures (section 8.4). A signature counts by a key that a record or the
 * document of a domain names; a key that the card itself brings proves nothing but that the card was not cut since.
 * `jku` is never fetched.
 */
export function signatureRemarks(card: Json, known: KnownKeys = new Map()): string[] {
  return signaturesOf(card).map((signature) => remarkOf(card, signature, known))
}

function signaturesOf(card: Json): readonly unknown[] {
  const signatures = card['signatures']
  return Array.isArray(signatures) ? signatures.slice(0, signaturesMax) : []
}

function remarkOf(card: Json, signature: unknown, known: KnownKeys): string {
  const { protected: head, signature: value } = objectOf(signature) ?? {}
  const header = typeof head === 'string' ? headerOf(head) : undefined
  if (typeof head !== 'string' || typeof value !== 'string' || header === undefined)
    return 'card signature is not a JWS'
  const kid = keyId(header['kid'])
  const named = known.get(String(header['kid']))
  if (named !== undefined) {
    const form = heldOver(card, head, value, header['alg'], { ...jwkOfKey(named.key) })
    return form === undefined
      ? `card signature does not hold (key ${kid})`
      : `signed by ${keyId(named.of)} with its key ${kid}; it holds over ${form}`
  }
  const jwk = objectOf(header['jwk'])
  if (jwk === undefined)
    return `signed by key ${kid}, not pinned; not checked, because the card does not carry the key`
  const form = heldOver(card, head, value, header['alg'], jwk)
  return form === undefined
    ? `card signature does not hold (key ${kid})`
    : `signed by key ${kid}, which only the card names: no proof of who signed; it holds over ${form}`
}

function headerOf(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    // Not a JOSE header: told as such by the caller.
    return undefined
  }
}

function keyId(kid: unknown): string {
  if (typeof kid !== 'string') return 'without a name'
  return kid.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, keyIdCharactersMax)
}

/** The first of the forms that the signature holds over; undefined when it holds over none. */
function heldOver(card: Json, head: string, value: string, alg: unknown, jwk: Json): string | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const scheme = schemeOf(alg, key)
    if (scheme === undefined) return undefined
    const signature = Buffer.from(value, 'base64url')
    const found = signedForms(card).find((form) => {
      const input = Buffer.from(`${head}.${Buffer.from(form.text).toString('base64url')}`)
      return verify(scheme.hash, input, scheme.key, signature)
    })
    return found?.name
  } catch {
    // A key or value that cannot be read is a third party's input: the signature simply does not hold.
    return undefined
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

interface SignedForm {
  readonly name: string
  readonly text: string
}

/**
 * Signers differ in what they leave out before they sign: what has its default and is not REQUIRED (the specification),
 * nothing, or everything that is empty (the official JavaScript SDK).
 */
function signedForms(card: Json): readonly SignedForm[] {
  const { signatures: _signatures, ...raw } = card
  return [
    { name: "the specification's form", text: canonicalCard(card) },
    { name: 'the card as it came', text: canonicalJson(raw) },
    { name: "the official JavaScript SDK's form", text: canonicalJson(withoutEmpty(raw) ?? {}) },
  ]
}
