/** Deeper schemas are taken for hostile. */
const depthMax = 32
const types = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
/** Keywords whose value is a schema, a list of schemas, and a map of schemas (JSON Schema 2020-12, sections 10 and 11). */
const single = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']

/**
 * What is wrong with the form of a JSON Schema, or undefined. It looks at what gives a schema its shape; that a keyword
 * of detail has a senseless value is the business of whoever validates with it.
 */
export function schemaProblem(schema: unknown, where = 'schema', depth = 0): string | undefined {
  if (typeof schema === 'boolean') return undefined
  if (!isObject(schema)) return `${where} is neither an object nor a boolean`
  if (depth > depthMax) return `${where} is nested more than ${depthMax} levels deep`
  const type = schema['type']
  const required = schema['required']
  if (type !== undefined && !isType(type)) return `${where}.type is no type of JSON Schema`
  if (required !== undefined && !isNames(required)) return `${where}.required is no list of names`
  if (schema['enum'] !== undefined && !Array.isArray(schema['enum'])) return `${where}.enum is no list`
  return nestedProblem(schema, where, depth + 1)
}

/** The arguments of a tool are an object (MCP, section "Tool"). */
export function argumentsProblem(schema: unknown, where: string): string | undefined {
  if (!isObject(schema) || schema['type'] !== 'object') return `${where} does not describe an object`
  return schemaProblem(schema, where)
}

function nestedProblem(
  schema: Readonly<Record<string, unknown>>,
  where: string,
  depth: number,
): string | undefined {
  for (const name of single) {
    const value = schema[name]
    // Drafts before 2020-12 allowed a list of schemas in `items`.
    const members = Array.isArray(value) && name === 'items' ? value : value === undefined ? [] : [value]
    for (const member of members) {
      const problem = schemaProblem(member, `${where}.${name}`, depth)
      if (problem !== undefined) return problem
    }
  }
  for (const name of [...lists, ...maps]) {
    const value = schema[name]
    if (value === undefined) continue
    if (lists.includes(name) ? !Array.isArray(value) : !isObject(value))
      return `${where}.${name} is not of its form`
    for (const [key, member] of Object.entries(value as object)) {
      const problem = schemaProblem(member, `${where}.${name}.${key.slice(0, 60)}`, depth)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isType(type: unknown): boolean {
  const all: unknown[] = Array.isArray(type) ? type : [type]
  return all.length > 0 && all.every((each) => typeof each === 'string' && types.has(each))
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
