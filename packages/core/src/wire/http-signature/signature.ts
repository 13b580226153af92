import {
  isInnerList,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
} from 'structured-headers'
import type { Dictionary, InnerList } from 'structured-headers'
import { utf8 } from '../../bytes.ts'
import type { Bytes } from '../../bytes.ts'
import { publicKeyOf } from '../../public-key.ts'
import type { Signer } from '../../signature.ts'
import { componentValue } from './component.ts'
import type { Component } from './component.ts'
import { HttpSignatureProblem } from './message.ts'
import type { HttpMessage } from './message.ts'

/** Names of the two fields (RFC 9421 section 4). */
export const signatureInputField = 'signature-input'
export const signatureField = 'signature'

const fieldCharactersMax = 8192
const signaturesMax = 8
const componentsMax = 50
/** Printable ASCII: what a signature base is made of. */
const baseForm = /^[\x20-\x7e\t]*$/

/** What a signature says of itself; times in seconds since 1970 (RFC 9421 section 2.3). */
export interface SignatureParameters {
  readonly created?: number
  readonly expires?: number
  readonly nonce?: string
  readonly alg?: string
  readonly keyid?: string
  readonly tag?: string
}

/** One signature as it stands in a message: nothing of it has been checked. */
export interface ReadSignature {
  readonly label: string
  readonly components: readonly Component[]
  readonly parameters: SignatureParameters
  readonly value: Bytes
  /** The inner list as it came, for the base. */
  readonly input: InnerList
}

/** What is signed (section 2.5). Throws an HttpSignatureProblem where a component has no value in the message. */
export function signatureBase(message: HttpMessage, input: InnerList): string {
  const lines = new Map<string, string>()
  for (const component of input[0]) {
    const name = serializeItem(component)
    if (lines.has(name)) throw new HttpSignatureProblem('a component comes twice')
    const value = componentValue(message, component)
    if (!baseForm.test(value)) throw new HttpSignatureProblem('a component is not printable ASCII')
    lines.set(name, value)
  }
  lines.set('"@signature-params"', serializeInnerList(input))
  return [...lines].map(([name, value]) => `${name}: ${value}`).join('\n')
}

/**
 * The signatures of a message, in the order of `Signature-Input`. Throws an HttpSignatureProblem where the two fields are
 * malformed, do not belong together or are beyond bounds.
 */
export function readSignatures(message: Pick<HttpMessage, 'field'>): readonly ReadSignature[] {
  const inputs = dictionaryOf(message, signatureInputField)
  const values = dictionaryOf(message, signatureField)
  if (inputs.size > signaturesMax || inputs.size !== values.size)
    throw new HttpSignatureProblem('the fields Signature-Input and Signature do not belong together')
  return [...inputs].map(([label, input]) => readOne(label, input, values.get(label)))
}

function readOne(label: string, input: unknown, value: unknown): ReadSignature {
  const isOne = Array.isArray(input) && Array.isArray(value)
  if (!isOne || !isInnerList(input as InnerList) || !(value[0] instanceof ArrayBuffer))
    throw new HttpSignatureProblem('a signature is not of its form')
  const list = input as InnerList
  if (list[0].length > componentsMax) throw new HttpSignatureProblem('a signature covers too much')
  return {
    label,
    components: list[0],
    parameters: parametersOf(list),
    value: new Uint8Array(value[0]),
    input: list,
  }
}

const texts = new Set(['nonce', 'alg', 'keyid', 'tag'])
const times = new Set(['created', 'expires'])

/** In the order in which they came: they are signed in it. */
function parametersOf([, given]: InnerList): SignatureParameters {
  const found: Record<string, string | number> = {}
  for (const [name, value] of given) {
    if (!texts.has(name) && !times.has(name)) continue
    if (times.has(name) ? !Number.isSafeInteger(value) : typeof value !== 'string')
      throw new HttpSignatureProblem(`the parameter ${name} is not of its form`)
    found[name] = value as string | number
  }
  return found
}

function dictionaryOf(message: Pick<HttpMessage, 'field'>, name: string): Dictionary {
  const text = message.field(name).join(', ')
  if (text.length > fieldCharactersMax) throw new HttpSignatureProblem(`the field ${name} is too long`)
  try {
    return parseDictionary(text)
  } catch {
    throw new HttpSignatureProblem(`the field ${name} is not of its form`)
  }
}

export interface SignatureWish {
  /** Left out: `sig`. */
  readonly label?: string
  /** Names of fields in small letters and derived components: `@method`, `content-digest`. */
  readonly components: readonly (string | Component)[]
  readonly parameters: SignatureParameters
}

/** Names of the algorithms in the registry of RFC 9421 section 3.3. */
const algorithms = { ed25519: 'ed25519', p256: 'ecdsa-p256-sha256' } as const

/**
 * The two fields that sign a message. Throws an HttpSignatureProblem where a component has no value in it.
 *
 * @example
 * ```ts
 * const fields = await signMessage(request, signer, { components: ['@method', '@target-uri'], parameters: { created } })
 * ```
 */
export async function signMessage(
  message: HttpMessage,
  signer: Signer,
  { label = 'sig', components, parameters }: SignatureWish,
): Promise<{ readonly 'signature-input': string; readonly signature: string }> {
  const items = components.map((each): Component => (typeof each === 'string' ? [each, new Map()] : each))
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const input: InnerList = [items, new Map(given as [string, string | number][])]
  const value = await signer.sign(utf8(signatureBase(message, input)))
  return {
    [signatureInputField]: serializeDictionary(new Map([[label, input]])),
    [signatureField]: serializeDictionary(new Map([[label, [Uint8Array.from(value), new Map()]]])),
  }
}

/** Whether an `alg` that a signature names is the one of the key; none named: the key says it. */
export function algorithmFits(alg: string | undefined, key: keyof typeof algorithms): boolean {
  return alg === undefined || alg === algorithms[key]
}

/**
 * Whether a signature of a message is by the key that a did:key names, Ed25519 or ECDSA with P-256 and SHA-256. Whether
 * it covers enough, is fresh and whose the key is are other questions (`policy.ts`). Never throws.
 */
export async function signatureVerifies(
  message: HttpMessage,
  { input, parameters, value }: ReadSignature,
  key: string,
): Promise<boolean> {
  try {
    const known = await publicKeyOf(key)
    if (known === undefined || !algorithmFits(parameters.alg, known.alg)) return false
    return await known.verify(value, utf8(signatureBase(message, input)))
  } catch {
    // Malformed keys, signatures and components come from outside: such a signature is not valid.
    return false
  }
}
