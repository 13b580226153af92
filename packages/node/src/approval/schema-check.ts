import { z } from 'zod'

/** Deeper schemas are taken for hostile. */
const depthMax = 32
/** Keywords whose value is a map of schemas: its names are no keywords. */
const maps = new Set(['properties', '$defs', 'definitions', 'dependentSchemas'])
/**
 * Regular expressions of a third party are not run here: one can be made to take for ever. The target checks them
 * itself, as it does every call.
 */
const expressions = new Set(['pattern', 'patternProperties'])

/** Why a capability does not take these values, by its JSON Schema; a schema that cannot be read takes nothing. */
export function schemaProblem(schema: unknown, values: unknown): string | undefined {
  if (schema === undefined) return undefined
  try {
    const plain = withoutExpressions(schema, 0) as Parameters<typeof z.fromJSONSchema>[0]
    const parsed = z.fromJSONSchema(plain).safeParse(values)
    if (parsed.success) return undefined
    const [issue] = parsed.error.issues
    return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim().slice(0, 300)
  } catch {
    return 'its schema cannot be checked here'
  }
}

function withoutExpressions(schema: unknown, depth: number): unknown {
  if (depth > depthMax) throw new RangeError('the schema is nested too deeply')
  if (Array.isArray(schema)) return schema.map((each) => withoutExpressions(each, depth + 1))
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(([name]) => !expressions.has(name))
  return Object.fromEntries(
    kept.map(([name, value]: [string, unknown]) => [
      name,
      maps.has(name) && typeof value === 'object' && value !== null
        ? mapped(value, depth + 1)
        : withoutExpressions(value, depth + 1),
    ]),
  )
}

function mapped(schemas: object, depth: number): unknown {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]: [string, unknown]) => [
      name,
      withoutExpressions(schema, depth),
    ]),
  )
}
