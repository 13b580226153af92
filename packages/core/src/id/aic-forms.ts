import { normalizeAic, parseAic } from './aic.ts'
import type { Aic } from './aic.ts'

/** A code in one of the orders that were written over the years, told apart as far as its text allows. */
export type RecognizedAic =
  | {
      readonly form: 'v02.01'
      readonly aic: Aic
      /**
       * It may as well be of v02.00, whose arcs stood in another order: both read, and even the checksum holds over
       * both. Only its registrar can tell, by the number of its own that stands in one place or in the other.
       */
      readonly mayBeFormer: boolean
    }
  | { readonly form: 'gbz185.2'; readonly aic: Aic }
  | ({ readonly form: 'v02.00' } & FormerAic)
  | ({ readonly form: 'v01.00' } & FirstAic)

/** ACPs v02.00: `1.2.156.3088.<registrar>.<provider>.<ontology>.<entity>.<version>.<checksum>`. */
export interface FormerAic {
  readonly text: string
  readonly registrar: string
  readonly provider: string
  readonly ontology: string
  readonly entity: string
  readonly version: string
  readonly checksum: string
  /** The same arcs in today's order, without a checksum: that is for the registrar to make. */
  readonly body: string
}

/** ACPs v01.00: 32 digits of base 36 without dots. */
export interface FirstAic {
  readonly text: string
  readonly version: string
  readonly registrar: string
  readonly provider: string
  /** Three digits of base 36. */
  readonly year: string
  readonly ontology: string
  readonly entity: string
  /** Whether the two check digits are those of the other thirty. */
  readonly holds: boolean
}

const formerForm =
  /^1\.2\.156\.3088\.([0-9A-Z]{1,6})\.([0-9A-Z]{1,6})\.([0-9A-Z]{1,9})\.([0-9A-Z]{1,9})\.([1-9A-Z])\.([0-9A-Z]{4})$/
const firstForm = /^([1-9A-Z])([0-9A-Z]{4})([0-9A-Z]{5})([0-9A-Z]{3})([0-9A-Z]{9})([0-9A-Z]{8})([0-9A-Z]{2})$/
/** The only version of codes there is so far: what stands at its place otherwise is more likely something else. */
const presentVersion = '1'

/**
 * Reads a code of whichever form and says which it is; undefined for what is none. A code of the order of v02.00 is
 * named as such where its text tells: one that cannot be read in today's order, or only as of a version that does not
 * exist while in the former order it is of version 1.
 */
export function recognizeAic(input: string): RecognizedAic | undefined {
  const aic = parseAic(input)
  const former = readFormer(input)
  if (aic === undefined) {
    if (former !== undefined) return { form: 'v02.00', ...former }
    const first = readFirst(input)
    return first === undefined ? undefined : { form: 'v01.00', ...first }
  }
  if (aic.profile === 'gbz185.2') return { form: 'gbz185.2', aic }
  if (former === undefined) return { form: 'v02.01', aic, mayBeFormer: false }
  if (aic.version !== presentVersion && former.version === presentVersion)
    return { form: 'v02.00', ...former }
  return { form: 'v02.01', aic, mayBeFormer: former.version === presentVersion }
}

function readFormer(input: string): FormerAic | undefined {
  const text = normalizeAic(input)
  const match = text === undefined ? null : formerForm.exec(text)
  if (text === undefined || match === null) return undefined
  const [, registrar = '', provider = '', ontology = '', entity = '', version = '', checksum = ''] = match
  if ([registrar, provider, ontology].some((arc) => /^0+$/.test(arc))) return undefined
  const body = `1.2.156.3088.${version}.${registrar}.${provider}.${ontology}.${entity}`
  return { text, registrar, provider, ontology, entity, version, checksum, body }
}

function readFirst(input: string): FirstAic | undefined {
  const text = normalizeAic(input)
  const match = text === undefined ? null : firstForm.exec(text)
  if (text === undefined || match === null) return undefined
  const [, version = '', registrar = '', provider = '', year = '', ontology = '', entity = ''] = match
  const holds = text.endsWith(firstCheckDigits(text.slice(0, -2)))
  return { text, version, registrar, provider, year, ontology, entity, holds }
}

/** 98 less the remainder of a hundred times the number by 97, in two decimal digits (ACPs AIC v01.00). */
export function firstCheckDigits(digits: string): string {
  let remainder = 0
  for (const digit of digits) remainder = (remainder * 36 + Number.parseInt(digit, 36)) % 97
  return String(98 - ((remainder * 100) % 97)).padStart(2, '0')
}
