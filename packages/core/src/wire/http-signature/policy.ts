import { keyBytes } from '../../id/did-key.ts'
import { parseAic } from '../../id/aic.ts'
import { mandateHeader } from '../delegation.ts'
import { contentDigestField } from './content-digest.ts'
import type { ReadSignature } from './signature.ts'

/** A signature is made for one request and counts for so long; clocks may be ahead by the second. In seconds. */
export const signatureAgeMaxS = 5 * 60
export const signatureAheadMaxS = 60
const nonceCharactersMax = 256
/** Signatures with this tag are meant for nodes like this. */
export const signatureTag = 'ambit'

/** Who signs, by what `keyid` names: a key, and where it says so the agent whose key that is to be. */
export interface NamedKey {
  /** did:key */
  readonly key: string
  readonly aic: string | undefined
}

/**
 * The key that a `keyid` names: a did:key, alone or as a DID URL (`did:key:z…#z…`), or `<AIC>#<did:key, or its part from
 * z on>`. Undefined for any other form: such a signature is not for nodes like this.
 *
 * @example
 * ```ts
 * readKeyId('1.2.156.3088.1.…#z6Mk…') // { key: 'did:key:z6Mk…', aic: '1.2.156.3088.1.…' }
 * ```
 */
export function readKeyId(keyid: string | undefined): NamedKey | undefined {
  if (keyid === undefined || keyid.length > 300) return undefined
  const mark = keyid.indexOf('#')
  const before = mark < 0 ? keyid : keyid.slice(0, mark)
  const after = mark < 0 ? undefined : keyid.slice(mark + 1)
  if (before.startsWith('did:key:')) {
    const isOne = keyBytes(before) !== undefined && (after === undefined || before === `did:key:${after}`)
    return isOne ? { key: before, aic: undefined } : undefined
  }
  const aic = parseAic(before)?.text
  const key = after?.startsWith('did:key:') === true ? after : `did:key:${after}`
  return aic !== undefined && keyBytes(key) !== undefined ? { key, aic } : undefined
}

/** The signature that is meant for this node; undefined where none is, or it is not clear which. */
export function chooseSignature(signatures: readonly ReadSignature[]): ReadSignature | undefined {
  const known = signatures.filter(({ parameters }) => readKeyId(parameters.keyid) !== undefined)
  return (
    known.find(({ parameters }) => parameters.tag === signatureTag) ??
    (known.length === 1 ? known[0] : undefined)
  )
}

/** Fields that say under what authority a request is made: nobody on the way may add or change one. */
export const governingFields: readonly string[] = ['authorization', mandateHeader]

export interface RequestFacts {
  readonly nowS: number
  readonly hasBody: boolean
  /** Whether a field, by its name in small letters, is in the request. */
  readonly has: (name: string) => boolean
}

/**
 * What a signature of a request lacks to say who sends it, here and now: it has to cover the method, the whole target
 * and, where there is a body, its digest, to be fresh, and to carry a nonce. Undefined: nothing. `nowS` in seconds.
 */
export function requestPolicyProblem(
  { components, parameters }: ReadSignature,
  { nowS, hasBody, has }: RequestFacts,
): string | undefined {
  // A component with parameters is a part of one, or of another message.
  const covered = new Set(components.filter(([, more]) => more.size === 0).map(([name]) => name))
  const target = ['@authority', '@path', '@query']
  if (!covered.has('@method')) return 'it does not cover @method'
  if (!covered.has('@target-uri') && !target.every((name) => covered.has(name)))
    return 'it covers neither @target-uri nor @authority, @path and @query'
  if (hasBody && !covered.has(contentDigestField))
    return 'the request has a body, and it does not cover content-digest'
  const open = governingFields.find((name) => has(name) && !covered.has(name))
  if (open !== undefined) return `the request has the field ${open}, and it does not cover it`
  const { created, expires, nonce } = parameters
  if (created === undefined) return 'it does not say when it was created'
  if (created < nowS - signatureAgeMaxS) return 'it was created more than five minutes ago; check the clock'
  if (created > nowS + signatureAheadMaxS) return 'it was created in the future; check the clock'
  if (expires !== undefined && expires <= nowS) return 'it has expired'
  if (nonce === undefined || nonce === '' || nonce.length > nonceCharactersMax)
    return `it has no nonce of 1 to ${nonceCharactersMax} characters`
  return undefined
}
