import type { Allow } from '../mandate.ts'
import { effects } from '../record.ts'
import type { Effect } from '../record.ts'
import { constraintHolds, trickOf } from './constraint.ts'
import type { Words } from './words.ts'

/** What a call would do, in the terms an allow entry bounds. */
export interface AllowQuestion {
  readonly target: { readonly id: string; readonly slug: string }
  readonly capability: string
  /** Of the profile in force. */
  readonly effect: Effect
  readonly arguments: unknown
  /** Undefined: unknown, which no entry with places covers. */
  readonly place: string | undefined
  /** Of what is sent. */
  readonly confidentiality: number
  /** The user's own words, of the chain's task; left out: there are none. */
  readonly words?: Words | undefined
}

/** The member of an allow entry that a call does not keep to. */
export type AllowMember = 'target' | 'capability' | 'effect' | 'places' | 'confidentiality' | 'arguments'

/** Whether one of a mandate's entries covers the call. */
export function allowed(allow: readonly Allow[], question: AllowQuestion): boolean {
  return allow.some((entry) => uncovered(entry, question) === undefined)
}

/** The first member of the entry that the call does not keep to; undefined when the entry covers it. Never throws. */
export function uncovered(entry: Allow, question: AllowQuestion): AllowMember | undefined {
  if (!targetMatches(entry.target, question.target)) return 'target'
  if (!capabilityMatches(entry.capability, question.capability)) return 'capability'
  if (!effectWithin(question.effect, entry.effect)) return 'effect'
  return boundExceeded(entry, question)
}

/** The same for the members that differ from call to call. */
export function boundExceeded(
  entry: Allow,
  question: Pick<AllowQuestion, 'arguments' | 'place' | 'confidentiality' | 'words'>,
): AllowMember | undefined {
  const { place } = question
  if (entry.places !== undefined && (place === undefined || !entry.places.includes(place))) return 'places'
  if (entry.confidentiality !== undefined && !(question.confidentiality <= entry.confidentiality)) {
    return 'confidentiality'
  }
  if (entry.arguments === undefined) return undefined
  return argumentExceeded(entry.arguments, question.arguments, question.words) === undefined
    ? undefined
    : 'arguments'
}

/** Name of the first argument that is missing or does not keep to its constraint. Only own members count. */
export function argumentExceeded(
  bounds: NonNullable<Allow['arguments']>,
  values: unknown,
  words: Words | undefined,
): string | undefined {
  for (const name of Object.keys(bounds)) {
    const bound = bounds[name]
    if (bound === undefined) continue
    if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) return name
    if (!constraintHolds(bound, (values as Readonly<Record<string, unknown>>)[name], words)) return name
  }
  return undefined
}

/** Which argument did not keep to its constraint, and what is deceptive about it: `arguments.to (hidden-characters)`. */
export function exceededEvidence(
  bounds: NonNullable<Allow['arguments']>,
  values: unknown,
  words: Words | undefined,
): string {
  const name = argumentExceeded(bounds, values, words) ?? ''
  const value = isObject(values) && Object.hasOwn(values, name) ? values[name] : undefined
  const trick = Object.hasOwn(bounds, name) ? trickOf(bounds[name]!, value) : undefined
  return trick === undefined ? `arguments.${name}` : `arguments.${name} (${trick})`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** `*`, the slug or the AIC. */
export function targetMatches(pattern: string, target: AllowQuestion['target']): boolean {
  return pattern === '*' || pattern === target.slug || pattern === target.id
}

/** A capability id, or a prefix that ends in `*`. */
export function capabilityMatches(pattern: string, capability: string): boolean {
  return pattern.endsWith('*') ? capability.startsWith(pattern.slice(0, -1)) : capability === pattern
}

/** Whether an effect is no graver than the ceiling. */
export function effectWithin(effect: Effect, ceiling: Effect | undefined): boolean {
  return ceiling === undefined || effects.indexOf(effect) <= effects.indexOf(ceiling)
}
