import type { Role } from '@ambit/core/record'
import { visible } from '@ambit/core/visible'
import { cut } from './cut.ts'
import type { KnownSinks } from './known-sinks.ts'
import type { Suspended } from './suspended.ts'

/** What a person can read at a glance; more is cut, and says so. */
const argumentCharactersMax = 2000
const nameCharactersMax = 120

export interface CardArgument {
  readonly name: string
  readonly role: Role
  readonly text: string
  /** Of a sink: how often an act that a person approved went there before, and when last (RFC 3339). */
  readonly before?: { readonly times: number; readonly last?: string }
  /** A person changed what the agent wrote. */
  readonly changed?: true
}

/** Where harm would come from first. */
const roleOrder: readonly Role[] = ['sink', 'quantity', 'secret', 'selector', 'control', 'content']

/** The arguments of a call, by name; undefined where they are no object. */
export function namedArguments(values: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof values === 'object' && values !== null && !Array.isArray(values)
    ? (values as Readonly<Record<string, unknown>>)
    : undefined
}

/** An argument that nobody named is a sink. */
export function roleOf(suspended: Pick<Suspended, 'roles'>, name: string): Role {
  const roles = suspended.roles ?? {}
  return Object.hasOwn(roles, name) ? roles[name]! : 'sink'
}

export function cardArguments(suspended: Suspended, known: KnownSinks): CardArgument[] {
  const values = suspended.arguments
  if (values === undefined || values === null) return []
  const named = namedArguments(values)
  // Arguments are an object in every protocol we know; anything else is shown whole.
  const members = named === undefined ? [['', values] as const] : Object.entries(named)
  const shown = members.map(([name, value]): CardArgument => {
    const role = roleOf(suspended, name)
    return {
      name: nameText(name),
      role,
      text: role === 'secret' ? hiddenText(value) : valueText(value),
      ...(role === 'sink' ? { before: known.get(name) ?? { times: 0 } } : {}),
      ...(suspended.changed?.includes(name) === true ? { changed: true } : {}),
    }
  })
  return shown.sort((left, right) => roleOrder.indexOf(left.role) - roleOrder.indexOf(right.role))
}

/** As JSON, so that text stands in quotes and cannot end them; then cut; then made visible. */
export function valueText(value: unknown): string {
  return visible(cut(JSON.stringify(value) ?? 'null', argumentCharactersMax))
}

/** Whoever approves need not learn a password. */
function hiddenText(value: unknown): string {
  return `•••• (${typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length})`
}

/** Names are written by third parties: nothing in them may look like the end of our quotation. */
export function nameText(name: string): string {
  return visible(cut(name, nameCharactersMax)).replaceAll(/["“”„‟«»「」『』＂]/g, "'")
}

/** A text of a third party that stands by itself. */
export function longText(text: string): string {
  return visible(cut(text, argumentCharactersMax))
}
