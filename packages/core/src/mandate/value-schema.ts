import { canonicalJson } from '../canonical.ts'
import { visible } from '../visible.ts'

const typeNames = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
type TypeName = (typeof typeNames)[number]
type Scalar = string | number | boolean | null

/**
 * What a nested argument must be: a small, closed part of JSON Schema 2020-12. These keywords and no others, so that
 * nothing is thought to bind that does not; no `$ref` and no patterns, so that it is answered in time that grows with
 * the value only.
 */
export interface ValueSchema {
  readonly type?: TypeName
  readonly const?: Scalar
  readonly enum?: readonly Scalar[]
  /** Inclusive. */
  readonly minimum?: number
  readonly maximum?: number
  /** In UTF-16 code units. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: ValueSchema
  readonly properties?: Readonly<Record<string, ValueSchema>>
  readonly required?: readonly string[]
  /** Left out: members that are not named are let through, as in JSON Schema. */
  readonly additionalProperties?: boolean
}

/** As deep as arguments of calls are in practice, and as much as a person can still read. */
const depthMax = 8
const nodesMax = 200
const listedMax = 500
const textCharactersMax = 10_000

const keywords: Readonly<Record<string, (value: unknown, left: Room) => string | undefined>> = {
  type: (value) => (typeNames.includes(value as TypeName) ? undefined : 'is not one of the types of JSON'),
  const: scalarProblem,
  enum: (value) => listProblem(value, scalarProblem),
  minimum: numberProblem,
  maximum: numberProblem,
  minLength: countProblem,
  maxLength: countProblem,
  minItems: countProblem,
  maxItems: countProblem,
  items: (value, room) => nodeProblem(value, room),
  properties: propertiesProblem,
  required: (value) =>
    listProblem(value, (name) => (typeof name === 'string' ? undefined : 'holds what is no name')),
  additionalProperties: (value) => (typeof value === 'boolean' ? undefined : 'is true or false'),
}

interface Room {
  readonly depth: number
  readonly nodes: { left: number }
}

/** Why this is no schema of that part of JSON Schema, in words; undefined when it is one. Never throws. */
export function valueSchemaProblem(raw: unknown): string | undefined {
  return nodeProblem(raw, { depth: depthMax, nodes: { left: nodesMax } })
}

function nodeProblem(raw: unknown, room: Room): string | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'a schema is an object'
  if (room.depth === 0) return `it is nested deeper than ${depthMax}`
  room.nodes.left -= 1
  if (room.nodes.left < 0) return `it has more than ${nodesMax} parts`
  const inner = { ...room, depth: room.depth - 1 }
  for (const [name, value] of Object.entries(raw)) {
    if (!Object.hasOwn(keywords, name))
      return `\`${visible(name.slice(0, 50))}\` is no keyword that binds here`
    const problem = keywords[name]!(value, inner)
    if (problem !== undefined) return `\`${name}\` ${problem}`
  }
  return undefined
}

function propertiesProblem(value: unknown, room: Room): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is an object'
  // A member of that name would be dropped by who copies it, and its bound with it.
  if (Object.hasOwn(value, '__proto__')) return 'cannot bind a member called `__proto__`'
  for (const inner of Object.values(value)) {
    const problem = nodeProblem(inner, room)
    if (problem !== undefined) return problem
  }
  return undefined
}

function listProblem(value: unknown, each: (item: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > listedMax) {
    return `is a list of 1 to ${listedMax}`
  }
  for (const item of value as readonly unknown[]) {
    const problem = each(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

function scalarProblem(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.length > textCharactersMax) return 'holds a text that is too long'
    return visible(value) === value ? undefined : 'holds characters that nobody sees'
  }
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return undefined
  return 'holds what is no text, number, truth value or null'
}

function numberProblem(value: unknown): string | undefined {
  return Number.isFinite(value) ? undefined : 'is a number'
}

function countProblem(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'is a count'
}

/** Whether a value keeps to a schema that `valueSchemaProblem` found nothing wrong with. Never throws. */
export function schemaHolds(schema: ValueSchema, value: unknown): boolean {
  if (schema.type !== undefined && !isOfType(schema.type, value)) return false
  if (schema.const !== undefined && value !== schema.const) return false
  if (schema.enum !== undefined && !(schema.enum as readonly unknown[]).includes(value)) return false
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() && within(value.length, schema.minLength, schema.maxLength)
    case 'number':
      return Number.isFinite(value) && within(value, schema.minimum, schema.maximum)
    case 'boolean':
      return true
    case 'object':
      if (value === null) return true
      return Array.isArray(value) ? itemsHold(schema, value) : membersHold(schema, value)
    default:
      return false
  }
}

function itemsHold({ items, minItems, maxItems }: ValueSchema, value: readonly unknown[]): boolean {
  if (!within(value.length, minItems, maxItems)) return false
  return items === undefined || value.every((item) => schemaHolds(items, item))
}

function membersHold(schema: ValueSchema, value: object): boolean {
  const { properties = {}, required = [], additionalProperties = true } = schema
  if (!required.every((name) => Object.hasOwn(value, name))) return false
  const members = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(members)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (inner === undefined ? !additionalProperties : !schemaHolds(inner, members[name])) return false
  }
  return true
}

function isOfType(type: TypeName, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function within(value: number, min = -Infinity, max = Infinity): boolean {
  return value >= min && value <= max
}

/** Whether two schemas are the same, whatever the order of their members. */
export function sameSchema(left: ValueSchema, right: ValueSchema): boolean {
  return left === right || canonicalJson(left) === canonicalJson(right)
}
