import { isObject } from '../json.ts'
import type { Json } from '../json.ts'

/**
 * A2A 0.3 writes its objects in two forms: `kind` is that of JSON-RPC and of agent cards (objects with a member `kind`),
 * `proto` that of HTTP+JSON (ProtoJSON of the package `a2a.v1`).
 */
export type Form = 'kind' | 'proto'

/** A value of one version that has no meaning in the other. `where` names the member; its value is never repeated. */
export class Untranslatable extends Error {
  readonly where: string

  constructor(where: string, why: string) {
    super(`\`${where}\` ${why}`)
    this.where = where
  }
}

/** Null and a missing member say the same in either version. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

export function objectAt(value: unknown, where: string): Json {
  if (isObject(value)) return value
  throw new Untranslatable(where, 'must be an object')
}

/** Undefined when there is none. */
export function listAt(value: unknown, where: string): readonly unknown[] | undefined {
  if (!isGiven(value)) return undefined
  if (Array.isArray(value)) return value as readonly unknown[]
  throw new Untranslatable(where, 'must be a list')
}

export function textAt(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw new Untranslatable(where, 'must be a text')
}

/**
 * All members but those named: what neither version knows goes across unharmed. The names are those that the two
 * versions write differently, of both: a member of the target's name would be read as something its sender never said.
 */
export function without(value: Json, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

const wordStart = /_([a-z0-9])/g

/**
 * ProtoJSON readers take a member also by its original name. Gives the members named here their lowerCamelCase one;
 * `aliases` are original names whose JSON name is another word. One member in two spellings is refused.
 */
export function camelMembers(
  value: Json,
  names: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): Json {
  const members = Object.entries(value).map(([name, member]) => {
    const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined
    const camel = alias ?? name.replaceAll(wordStart, (_, letter: string) => letter.toUpperCase())
    const known = alias !== undefined || names.includes(camel) ? camel : name
    if (known !== name && Object.hasOwn(value, known))
      throw new Untranslatable(known, 'is given in two spellings')
    return [known, member] as const
  })
  return Object.fromEntries(members)
}
