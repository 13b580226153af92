import { canonicalJson } from '@ambit/core/canonical'
import { base64url, utf8 } from '@ambit/core/bytes'
import { keyBytes } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import type { Json } from '@ambit/core/wire/a2a/json'
import { withoutEmpty } from './card-emptiness.ts'

/** Signs the cards that this node serves in place of an agent's own (section 8.4), and tells with which key. */
export interface CardSigner {
  /** The card with this node's signatures and no other. `keySet` is the address of the set below. */
  sign(card: Json, keySet: string): Promise<Json>
  /** JWK Set (RFC 7517) of the public key; its `kid` is the node's did:key, which records and rulings name too. */
  readonly keySet: Json
}

/** Takes an Ed25519 key. The signed texts begin otherwise than anything else that key signs. */
export function createCardSigner(signer: Signer): CardSigner {
  const key = keyBytes(signer.key)
  if (key?.alg !== 'ed25519') throw new TypeError('cards are signed with an Ed25519 key')
  const alg = 'EdDSA'
  const kid = signer.key
  async function signature(form: string, head: string): Promise<Json> {
    const bytes = await signer.sign(utf8(`${head}.${base64url(utf8(form))}`))
    return { protected: head, signature: base64url(bytes) }
  }
  return {
    async sign(card, keySet) {
      const { signatures: _, ...plain } = card
      const head = base64url(utf8(JSON.stringify({ alg, typ: 'JOSE', kid, jku: keySet })))
      const signatures = await Promise.all(formsOf(plain).map(async (form) => await signature(form, head)))
      return { ...plain, signatures }
    },
    keySet: {
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: base64url(key.bytes), kid, alg, use: 'sig' }],
    },
  }
}

/**
 * The specification's form, and beside it the one that the official JavaScript SDK makes, which also drops REQUIRED
 * members when they are empty: a verifier needs one signature that holds, and each finds its own.
 */
function formsOf(card: Json): readonly string[] {
  const specified = canonicalCard(card)
  const emptied = canonicalJson(withoutEmpty(card))
  return emptied === specified ? [specified] : [specified, emptied]
}
