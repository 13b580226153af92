import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { canonicalJson } from '@ambit/core/canonical'

/** How the items of a list are told apart, by the name of the member that holds the list. */
export type Keys = Readonly<Record<string, (item: Json) => string>>

/** What a list of keyed items holds beside what a record says of them. */
interface ListResidue {
  /** Members of items that are in the record, by key. */
  readonly rests: Readonly<Record<string, Json>>
  /** Whole items that a record has no place for, with the number of items before each. */
  readonly others: readonly { readonly at: number; readonly item: Json }[]
}

/**
 * What a document says and `written` (the same document as the record alone would give it) does not: exactly this is
 * kept beside the record, so that `withResidue` makes the document whole again. Where both say something of one member,
 * the record has the word.
 */
export function residueOf(document: Json, written: Json, keys: Keys): Json {
  const rest: [string, unknown][] = []
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    if (!Object.hasOwn(written, name)) {
      rest.push([name, value])
      continue
    }
    const said = written[name]
    if (isObject(value) && isObject(said)) {
      const inner = residueOf(value, said, keys)
      if (Object.keys(inner).length > 0) rest.push([name, inner])
    } else if (isItems(value) && isItems(said) && keys[name] !== undefined) {
      const inner = listResidue(value, said, keys[name], keys)
      if (inner !== undefined) rest.push([name, inner])
    }
  }
  return Object.fromEntries(rest)
}

function listResidue(
  items: readonly Json[],
  said: readonly Json[],
  keyOf: (item: Json) => string,
  keys: Keys,
): ListResidue | undefined {
  const known = new Map(said.map((item) => [keyOf(item), item]))
  const rests: [string, Json][] = []
  const others: { at: number; item: Json }[] = []
  for (const [at, item] of items.entries()) {
    const key = keyOf(item)
    const same = known.get(key)
    // The second of two with one key has no item of the record left to go with.
    known.delete(key)
    if (same === undefined) {
      others.push({ at, item })
      continue
    }
    const rest = residueOf(item, same, keys)
    if (Object.keys(rest).length > 0) rests.push([key, rest])
  }
  if (rests.length === 0 && others.length === 0) return undefined
  return { rests: Object.fromEntries(rests), others }
}

/** A document made of what a record says and what was kept beside it. */
export function withResidue(written: Json, residue: Json | undefined, keys: Keys): Json {
  if (residue === undefined) return written
  const whole = new Map(Object.entries(written))
  for (const [name, value] of Object.entries(residue)) {
    const said = whole.get(name)
    if (!whole.has(name)) whole.set(name, value)
    else if (isItems(said) && keys[name] !== undefined && isListResidue(value)) {
      whole.set(name, withListResidue(said, value, keys[name], keys))
    } else if (isObject(said) && isObject(value)) whole.set(name, withResidue(said, value, keys))
  }
  return Object.fromEntries(whole)
}

function withListResidue(
  said: readonly Json[],
  { rests, others }: ListResidue,
  keyOf: (item: Json) => string,
  keys: Keys,
): readonly Json[] {
  const items = said.map((item) => {
    const key = keyOf(item)
    return Object.hasOwn(rests, key) ? withResidue(item, rests[key], keys) : item
  })
  for (const { at, item } of others) items.splice(at, 0, item)
  return items
}

/** What was kept of one item of a list, e.g. the tags of a skill. */
export function restOf(residue: Json | undefined, list: string, key: string): Json {
  const held = residue?.[list]
  if (!isListResidue(held) || !Object.hasOwn(held.rests, key)) return {}
  return held.rests[key] ?? {}
}

function isItems(value: unknown): value is readonly Json[] {
  return Array.isArray(value) && value.every((item) => isObject(item))
}

function isListResidue(value: unknown): value is ListResidue {
  if (!isObject(value)) return false
  const { rests, others } = value
  return (
    isObject(rests) &&
    Object.values(rests).every((rest) => isObject(rest)) &&
    isItems(others) &&
    others.every(({ at, item }) => Number.isInteger(at) && isObject(item))
  )
}

/** A key of several members, none of which can be mistaken for part of another. */
export function keyOf(...members: readonly string[]): (item: Json) => string {
  return (item) => canonicalJson(members.map((name) => item[name] ?? null))
}
