import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import { withoutEmpty } from './cards/card-emptiness.ts'

/** Longest key id that is told on: it is text of a third party. */
const keyIdCharactersMax = 100

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
  const { protected: head, signature: value } = objectOf(signature) ?? {}
  const header = typeof head === 'string' ? headerOf(head) : undefined
  if (typeof head !== 'string' || typeof value !== 'string' || header === undefined)
    return 'card signature is not a JWS'
  const kid = keyId(header['kid'])
  const jwk = objectOf(header['jwk'])
  if (jwk === undefined)
    return `signed by key ${kid}, not pinned; not checked, because the card does not carry the key`
  const form = heldOver(card, head, value, header['alg'], jwk)
  return form === undefined
    ? `card signature does not hold (key ${kid})`
    : `signed by key ${kid}, not pinned; it holds over ${form}`
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
