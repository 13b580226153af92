import type { MoneyOf, Role } from '@ambit/core/record'
import type { ProfileWords } from '../kernel/catalog.ts'
import type { Lexicon } from './words.ts'

/** A JSON Schema as it was served: anything may stand in it. */
export type Schema = Readonly<Record<string, unknown>>

/** What the arguments of a capability mean, and what its effect can be told from. */
export interface ArgumentRoles {
  readonly roles: Readonly<Record<string, Role>>
  /** An argument names who receives something. */
  readonly hasRecipient: boolean
  /** An argument is an address on a network. */
  readonly hasAddress: boolean
  /** An argument is carried out as a program. */
  readonly hasCode: boolean
  /** Where the amount stands, should money be moved; undefined unless there is just one that it can be. */
  readonly money: MoneyOf | undefined
}

/** More top-level arguments than this no one reviews; the rest stays without a role, which is a sink. */
const argumentsMax = 200
/** Nested objects are looked into this far; deeper ones count as sinks. */
const depthMax = 4
const sinkFormats = new Set([
  'uri',
  'url',
  'uri-reference',
  'iri',
  'email',
  'idn-email',
  'hostname',
  'ipv4',
  'ipv6',
])
const timeFormats = new Set(['date', 'date-time', 'time', 'duration'])
/** Of the members of an object, the gravest role is the object's. */
const gravity: readonly Role[] = ['control', 'quantity', 'selector', 'content', 'sink', 'secret']

export function argumentRoles(schema: unknown, words: ProfileWords, lexicon: Lexicon): ArgumentRoles {
  const roles: [string, Role][] = []
  const seen = { hasRecipient: false, hasAddress: false, hasCode: false }
  for (const [name, property] of Object.entries(members(schema)).slice(0, argumentsMax)) {
    const units = wordsOf(name, lexicon)
    seen.hasRecipient ||= isOneOf(units, words.recipients)
    seen.hasAddress ||= isOneOf(units, words.addresses) || formatOf(property) === 'uri'
    seen.hasCode ||= isOneOf(units, words.roles.code)
    roles.push([name, roleOf(units, property, words, lexicon, 0)])
  }
  return {
    roles: Object.fromEntries(roles),
    ...seen,
    money: amountArgument(roles, members(schema), words, lexicon),
  }
}

/**
 * The one argument that can be the amount, with the one that names its currency. Unless its name says that it counts
 * cents, it is taken for whole units: a wrong guess then counts too much, and never too little.
 */
function amountArgument(
  roles: readonly (readonly [string, Role])[],
  properties: Schema,
  words: ProfileWords,
  lexicon: Lexicon,
): MoneyOf | undefined {
  const amounts = roles.filter(([name, role]) => role === 'quantity' && isNumber(properties[name]))
  const currencies = roles.filter(([name]) => isOneOf(wordsOf(name, lexicon), words.currencies))
  const [amount, currency] = [amounts[0]?.[0], currencies[0]?.[0]]
  if (amount === undefined || currency === undefined || amounts.length > 1 || currencies.length > 1)
    return undefined
  if (typeOf(properties[currency]) !== 'string') return undefined
  const unit = isOneOf(wordsOf(amount, lexicon), words.minorUnits) ? 'minor' : 'major'
  return { amount, currency: { argument: currency }, unit }
}

function isNumber(property: unknown): boolean {
  return ['integer', 'number'].includes(typeOf(property))
}

function roleOf(
  units: readonly string[],
  property: unknown,
  words: ProfileWords,
  lexicon: Lexicon,
  depth: number,
): Role {
  const { roles } = words
  const type = typeOf(property)
  const isPaging = isOneOf(units, roles.control) || units.includes('page')
  if (isOneOf(units, roles.secret) && !(isPaging && units.includes('token'))) return 'secret'
  if (isChoice(property)) return 'control'
  if (isOneOf(units, roles.sink) || sinkFormats.has(formatOf(property))) return 'sink'
  if (isOneOf(units, roles.code)) return 'content'
  const endsAsId = units.at(-1) === 'id' || units.at(-1) === 'ids' || units.at(-1) === '编号'
  if (isOneOf(units, roles.place)) return endsAsId ? 'selector' : 'sink'
  const nested = nestedRole(property, words, lexicon, depth)
  if (nested !== undefined) return nested
  if (type === 'integer' || type === 'number') return endsAsId ? 'selector' : 'quantity'
  if (endsAsId) return 'selector'
  if (timeFormats.has(formatOf(property))) return 'quantity'
  for (const role of ['content', 'quantity', 'selector', 'control'] as const) {
    if (isOneOf(units, roles[role])) return role
  }
  // Nobody knows what it is.
  return 'sink'
}

/** The gravest role of what an object, or an array of objects, holds; undefined for anything else. */
function nestedRole(
  property: unknown,
  words: ProfileWords,
  lexicon: Lexicon,
  depth: number,
): Role | undefined {
  const inner = typeOf(property) === 'array' ? memberOf(property, 'items') : property
  if (typeOf(inner) !== 'object') return undefined
  if (depth >= depthMax) return 'sink'
  let gravest: Role | undefined
  for (const [name, member] of Object.entries(members(inner)).slice(0, argumentsMax)) {
    const role = roleOf(wordsOf(name, lexicon), member, words, lexicon, depth + 1)
    if (gravest === undefined || gravity.indexOf(role) > gravity.indexOf(gravest)) gravest = role
  }
  return gravest ?? 'sink'
}

/** The words of an argument's name; phrases such as «api key» count by their words. */
function wordsOf(name: string, lexicon: Lexicon): string[] {
  return lexicon.ofName(name).flatMap((unit) => unit.split(' '))
}

/** Server-made fields of a result (numbers, times, ids), by integrity 1; all other fields stay 0. */
export function mintedFields(schema: unknown, lexicon: Lexicon): Record<string, 1> {
  const minted: [string, 1][] = []
  for (const [name, property] of Object.entries(members(schema)).slice(0, argumentsMax)) {
    const type = typeOf(property)
    const isPlain = type === 'integer' || type === 'number' || type === 'boolean'
    const isStamp = timeFormats.has(formatOf(property)) || formatOf(property) === 'uuid'
    if (isPlain || isStamp || wordsOf(name, lexicon).at(-1) === 'id') minted.push([name, 1])
  }
  return Object.fromEntries(minted)
}

function isOneOf(
  units: readonly string[],
  list: { readonly en: readonly string[]; readonly zh: readonly string[] },
): boolean {
  return units.some((unit) => list.en.includes(unit) || list.zh.includes(unit))
}

function isChoice(property: unknown): boolean {
  const values = memberOf(property, 'enum')
  return (
    typeOf(property) === 'boolean' ||
    memberOf(property, 'const') !== undefined ||
    (Array.isArray(values) && values.length > 0)
  )
}

/** The one type of a schema; `["string", "null"]` is a string. */
function typeOf(property: unknown): string {
  const type = memberOf(property, 'type')
  const types: unknown[] = Array.isArray(type) ? type.filter((each) => each !== 'null') : [type]
  return types.length === 1 && typeof types[0] === 'string' ? types[0] : ''
}

function formatOf(property: unknown): string {
  const format = memberOf(property, 'format')
  return typeof format === 'string' ? format : ''
}

function members(schema: unknown): Schema {
  const properties = memberOf(schema, 'properties')
  return isSchema(properties) ? properties : {}
}

function memberOf(schema: unknown, name: string): unknown {
  return isSchema(schema) && Object.hasOwn(schema, name) ? schema[name] : undefined
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
