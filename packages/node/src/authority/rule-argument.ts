import type { Constraint } from '@ambit/core/mandate'
import { constraintHolds } from '@ambit/core/mandate/constraint'

/*
 * A bound of a mandate lets through only what surely keeps to it. A rule is the other way round: it tightens, so that
 * it applies to every value that may be what it names, however it is written, and to those that cannot be told.
 */

/** Values looked at inside one argument; a larger one cannot be told. */
const valuesMax = 500
/** Encodings on top of one another that are taken off. */
const encodingsMax = 4
/** What a reader does not see or an address leaves out. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const plain = /^[\x20-\x7e]*$/
const winding = /%|\.\./
const parentStep = /(?:^|[/\\])\.\.(?:$|[/\\?#;])/

/** A bound of a rule on one argument, ready to be asked many times. */
export interface RuleBound {
  readonly name: string
  /** Where the constraint has a schema: it is what it is, to the letter. */
  readonly exact: Constraint | undefined
  /** The single values that it names, as they are compared; undefined: it names others too. */
  readonly values: ReadonlySet<string> | undefined
  readonly prefix: string | undefined
  /** Without any, infinite. */
  readonly min: number
  readonly max: number
}

export function ruleBound(name: string, constraint: Constraint): RuleBound {
  const { prefix, schema, min = -Infinity, max = Infinity } = constraint
  return {
    name,
    exact: schema === undefined ? undefined : constraint,
    values: schema === undefined ? valuesOf(constraint) : undefined,
    prefix: prefix === undefined ? undefined : fold(prefix),
    min,
    max,
  }
}

function valuesOf({ eq, in: list }: Constraint): ReadonlySet<string> | undefined {
  if (eq === undefined && list === undefined) return undefined
  const listed = new Set(list?.map((value) => fold(String(value))))
  if (eq === undefined) return listed
  const one = fold(String(eq))
  return new Set(list === undefined || listed.has(one) ? [one] : [])
}

/** Whether these arguments may be what the bound names. An argument that is not there is nothing it names. */
export function mayName(bound: RuleBound, values: unknown): boolean {
  if (values === undefined || values === null) return false
  if (typeof values !== 'object' || Array.isArray(values)) return true
  if (!Object.hasOwn(values, bound.name)) return false
  const value = (values as Readonly<Record<string, unknown>>)[bound.name]
  if (typeof value !== 'object' || value === null) return mayBe(bound, value)
  return (bound.exact !== undefined && constraintHolds(bound.exact, value)) || isInside(bound, value)
}

/** A list or an object is what any value inside it is: one recipient of many. */
function isInside(bound: RuleBound, value: object): boolean {
  const open: object[] = [value]
  let seen = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const inner of Object.values(next) as unknown[]) {
      if (++seen > valuesMax) return true
      if (typeof inner === 'object' && inner !== null) open.push(inner)
      else if (mayBe(bound, inner)) return true
    }
  }
  return false
}

/** A single value. Every member of the constraint that is given must be possible. */
export function mayBe(bound: RuleBound, value: unknown): boolean {
  const { exact, values, prefix, min, max } = bound
  if (exact !== undefined) return constraintHolds(exact, value)
  if (values !== undefined && !values.has(foldedValue(value))) return false
  if (prefix !== undefined && !mayBegin(prefix, value)) return false
  if (min === -Infinity && max === Infinity) return true
  const number = typeof value === 'number' ? value : Number(foldedValue(value))
  // `1.000,00` and `ten` are amounts that only their reader can tell.
  return Number.isNaN(number) || (number <= max && number >= min)
}

function mayBegin(prefix: string, value: unknown): boolean {
  const text = foldedValue(value)
  if (text.startsWith(prefix)) return true
  return lastIsWinding && windsTo(prefix, text)
}

/** Whether an address with encodings or steps back may lead to the prefix: where a step leads is for its reader to say. */
function windsTo(prefix: string, text: string): boolean {
  let read = text
  for (let round = 0; round < encodingsMax; round++) {
    if (parentStep.test(read)) return true
    const decoded = withoutEncoding(read)
    if (decoded === undefined) return true
    if (decoded === read) return false
    read = fold(decoded)
    if (read.startsWith(prefix)) return true
  }
  return true
}

function withoutEncoding(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'))
  } catch {
    // Bytes that are no UTF-8: readers differ on them.
    return undefined
  }
}

// Many rules look at one argument of one call in a row: it is folded once.
let lastRaw: unknown = ''
let lastFolded = ''
let lastIsWinding = false

/** A single value as it is compared. */
export function foldedValue(value: unknown): string {
  if (value === lastRaw) return lastFolded
  lastFolded = fold(String(value))
  lastRaw = value
  lastIsWinding = winding.test(lastFolded)
  return lastFolded
}

/** Without case, forms and what is not seen: `Ｂob@x` is `bob@x`. */
function fold(text: string): string {
  return plain.test(text)
    ? text.trim().toLowerCase()
    : text.normalize('NFKC').replaceAll(unseen, '').trim().toLowerCase()
}
