import { createPublicKey, hash, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import type { Digest } from '@ambit/core/digest'
import { keyBytes } from '@ambit/core/id/did-key'
import type { KeyAlg } from '@ambit/core/id/did-key'
import type { SignedMandate } from '@ambit/core/mandate'
import { chainRules } from '@ambit/core/mandate-chain'
import type { ChainProblem, ChainVerdict, UncheckedLink } from '@ambit/core/mandate-chain'
import { signatureHolds } from '@ambit/core/signature'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { digestBytes } from '../kernel/digest.ts'

/** A chain whose signatures and narrowing were checked; whether a link was revoked or is over is asked at each use. */
export interface CheckedChain {
  readonly ok: true
  readonly links: readonly SignedMandate[]
  /** As acts name it (`chainDigest` of core). */
  readonly digest: Digest
  /** The latest beginning and the earliest end of any link, in ms. */
  readonly notBefore: number
  readonly expiresAt: number
}

export interface ChainCheck {
  /**
   * The verdict of core's `verifyChain`, at once. Chains that held are remembered by the digest of their text. A link
   * signed with a passkey holds here only after `checkAll` has seen it. Any input is safe; never throws.
   */
  check(chain: unknown): CheckedChain | ChainProblem
  /** The same for every kind of signature. */
  checkAll(chain: unknown): Promise<CheckedChain | ChainProblem>
}

/** About 4 KiB each. */
const chainsMax = 5000
/** About 1 KiB each. */
const keysMax = 10_000
const soundLinksMax = 20_000
/** A chain of 16 links, each with 200 entries: longer texts are no chains that anybody makes. */
const textCharactersMax = 2_000_000

/** Subject public key info of a raw key is this and the key (RFC 8410 section 4, RFC 5480 section 2). */
const spkiPrefixes: Readonly<Record<KeyAlg, Buffer>> = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  p256: Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
}

export function createChainCheck(): ChainCheck {
  const chains = new BoundedMap<string, CheckedChain>(chainsMax)
  const keys = new BoundedMap<string, PublicKey>(keysMax)
  /** Links whose signatures held, by the digest of their text: most chains share their first ones. */
  const sound = new BoundedMap<string, true>(soundLinksMax)

  function known(
    chain: unknown,
  ): { readonly key: string; readonly found: CheckedChain | undefined } | undefined {
    const key = isList(chain) ? keyOf(chain) : undefined
    return key === undefined ? undefined : { key, found: chains.get(key) }
  }

  /** What does not hold is not kept: it would push out what does. */
  function kept(key: string, verdict: ChainVerdict, texts: readonly string[]): CheckedChain | ChainProblem {
    if (!verdict.ok) return verdict
    const checked = checkedOf(verdict.links, texts)
    chains.set(key, checked)
    return checked
  }

  function holds(unchecked: UncheckedLink, text: string): boolean {
    const digest = digestBytes(text)
    if (sound.get(digest) === true) return true
    const isTrue = plainHolds(unchecked, keys)
    if (isTrue) sound.set(digest, true)
    return isTrue
  }

  async function passkeyHolds({ link }: UncheckedLink, text: string): Promise<boolean> {
    if (link.signature.alg !== 'webauthn' || !(await signatureHolds(link))) return false
    sound.set(digestBytes(text), true)
    return true
  }

  return {
    check(chain) {
      const asked = known(chain)
      if (asked === undefined) return noChain
      if (asked.found !== undefined) return asked.found
      const rules = chainRules(chain as readonly unknown[])
      const texts: string[] = []
      let step = rules.next()
      while (step.done !== true) {
        const text = linkText(step.value)
        texts.push(text)
        step = rules.next(holds(step.value, text))
      }
      return kept(asked.key, step.value, texts)
    },
    async checkAll(chain) {
      const asked = known(chain)
      if (asked === undefined) return noChain
      if (asked.found !== undefined) return asked.found
      const rules = chainRules(chain as readonly unknown[])
      const texts: string[] = []
      let step = rules.next()
      while (step.done !== true) {
        const text = linkText(step.value)
        texts.push(text)
        step = rules.next(holds(step.value, text) || (await passkeyHolds(step.value, text)))
      }
      return kept(asked.key, step.value, texts)
    },
  }
}

/** The canonical text of a link, made of that of its body. */
function linkText({ link, bodyText }: UncheckedLink): string {
  return `{"body":${bodyText},"signature":${canonicalJson(link.signature)}}`
}

const noChain: ChainProblem = {
  ok: false,
  code: 'chain.form',
  where: { link: 0, member: '' },
  what: 'a chain is a list of signed mandates',
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

/** By its text: the objects are a stranger's, and what was checked is what the text says. */
function keyOf(chain: unknown): string | undefined {
  try {
    const text: unknown = JSON.stringify(chain)
    if (typeof text !== 'string' || text.length > textCharactersMax) return undefined
    return hash('sha256', text, 'base64url')
  } catch {
    // Circles and the like have no text, so they were never signed.
    return undefined
  }
}

function checkedOf(links: readonly SignedMandate[], texts: readonly string[]): CheckedChain {
  return {
    ok: true,
    links,
    digest: digestBytes(JSON.stringify(texts)),
    notBefore: Math.max(...links.map(({ body }) => Date.parse(body.notBefore))),
    expiresAt: Math.min(...links.map(({ body }) => Date.parse(body.expires))),
  }
}

interface PublicKey {
  readonly alg: KeyAlg
  readonly key: KeyObject
}

function plainHolds(
  { link: { signature }, bodyText }: UncheckedLink,
  keys: BoundedMap<string, PublicKey>,
): boolean {
  if (signature.alg === 'webauthn') return false
  try {
    const known = keys.get(signature.key) ?? importKey(signature.key)
    if (known?.alg !== signature.alg) return false
    keys.set(signature.key, known)
    const { alg, key } = known
    const bytes = Buffer.from(bodyText)
    const value = Buffer.from(signature.value, 'base64url')
    // As core reads it: one text for one content.
    if (value.toString('base64url') !== signature.value) return false
    return alg === 'ed25519'
      ? verify(null, bytes, key, value)
      : verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, value)
  } catch {
    // An unparsable key or signature is attacker-controlled input: it is simply not valid.
    return false
  }
}

function importKey(did: string): PublicKey | undefined {
  const parsed = keyBytes(did)
  if (parsed === undefined) return undefined
  const spki = Buffer.concat([spkiPrefixes[parsed.alg], parsed.bytes])
  return { alg: parsed.alg, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) }
}
