import { problemOf, Fault } from '@ambit/core/fault'
import { z } from 'zod'
import type { Route } from '../kernel/route.ts'

type Json = Record<string, unknown>

/** What routes refer to; a schema that several share is named after the first of them. */
interface Components {
  readonly schemas: Json
  readonly named: Map<z.ZodType, string>
}

const openApiVersion = '3.1.1'
const problemReference = { $ref: '#/components/responses/Problem' }

/** The OpenAPI 3.1 description of the control API, derived from its routes alone; the same routes give the same text. */
export function openApi(routes: readonly Route[]): Json {
  const components: Components = { schemas: { Problem: problemSchema() }, named: new Map() }
  const paths: Record<string, Json> = {}
  for (const route of routes.toSorted(byPath)) {
    const path = route.path.replaceAll(/:([A-Za-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) }
  }
  return {
    openapi: openApiVersion,
    info: {
      title: 'Ambit control API',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:7100' }],
    paths,
    components: {
      schemas: components.schemas,
      responses: {
        Problem: {
          description: 'Why the request was refused, and what to do (RFC 9457).',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'ambit_session' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A session (ambs_) or an API token (amba_).' },
      },
    },
  }
}

function byPath(left: Route, right: Route): number {
  const [first, second] = [`${left.path} ${left.method}`, `${right.path} ${right.method}`]
  return first < second ? -1 : Number(first > second)
}

function operation(route: Route, components: Components): Json {
  const id = operationId(route)
  const parameters = [
    ...parametersOf(route.params, 'path', `${id}Params`, components),
    ...parametersOf(route.query, 'query', `${id}Query`, components),
  ]
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? 'api'],
    ...(route.access === 'public' ? { security: [] } : { security: securityOf(route) }),
    ...(Array.isArray(route.access) ? { 'x-ambit-roles': route.access } : {}),
    ...(route.sessionOnly === true ? { 'x-ambit-session-only': true } : {}),
    ...(route.nodeOnly === true ? { 'x-ambit-node-only': true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body, `${id}Body`, components) }),
    responses: {
      [String(route.status)]: response(route, `${id}Reply`, components),
      default: problemReference,
    },
  }
}

function securityOf(route: Route): readonly Json[] {
  return route.sessionOnly === true
    ? [{ session: [] }, { bearer: ['session'] }]
    : [{ session: [] }, { bearer: [] }]
}

/** `POST /api/records/:slug/accept` → `postRecordsSlugAccept`. */
function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'api')
  return method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

function parametersOf(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  name: string,
  components: Components,
): readonly Json[] {
  if (schema === undefined) return []
  const { properties, required } = jsonSchema(schema, name, components) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties ?? {}).map(([member, memberSchema]) => ({
    name: member,
    in: place,
    required: place === 'path' || (required ?? []).includes(member),
    schema: memberSchema,
  }))
}

function requestBody(schema: z.ZodType, name: string, components: Components): Json {
  const optional = schema.safeParse({}).success
  return {
    required: !optional,
    content: { 'application/json': { schema: reference(schema, name, components) } },
  }
}

function response(route: Route, name: string, components: Components): Json {
  const description = route.summary
  if (route.reply instanceof z.ZodUndefined) return { description }
  const mediaType = route.reply.meta()?.['contentMediaType']
  if (typeof mediaType === 'string')
    return { description, content: { [mediaType]: { schema: { type: 'string' } } } }
  return {
    description,
    content: { 'application/json': { schema: reference(route.reply, name, components) } },
  }
}

/** Puts the schema among the components, where it is not there from another route, and points there. */
function reference(schema: z.ZodType, name: string, components: Components): Json {
  const { schemas, named } = components
  const known = named.get(schema)
  if (known !== undefined) return { $ref: `#/components/schemas/${known}` }
  named.set(schema, name)
  schemas[name] = jsonSchema(schema, name, components)
  return { $ref: `#/components/schemas/${name}` }
}

/** A schema's own definitions become components too, because an OpenAPI document has one root. */
function jsonSchema(schema: z.ZodType, name: string, { schemas }: Components): Json {
  const {
    $schema: _dialect,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json & {
    $defs?: Record<string, Json>
  }
  for (const [part, definition] of Object.entries($defs ?? {}))
    schemas[`${name}_${part}`] = withReferences(definition, name)
  return withReferences(own, name) as Json
}

function withReferences(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string' ? componentOf(member, name) : withReferences(member, name),
    ]),
  )
}

function componentOf(pointer: string, name: string): string {
  if (pointer === '#') return `#/components/schemas/${name}`
  return pointer.replace(/^#\/\$defs\//, `#/components/schemas/${name}_`)
}

/** The members every problem has, taken from one, so that the two cannot drift apart. */
function problemSchema(): Json {
  const sample = problemOf(new Fault('input.invalid', { detail: 'd', where: 'w' }))
  const properties = Object.fromEntries(
    Object.entries(sample).map(([member, value]) => [
      member,
      { type: typeof value === 'number' ? 'integer' : 'string' },
    ]),
  )
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((member) => member !== 'where'),
    additionalProperties: true,
  }
}
