import { expect, test } from 'vitest'
import { z } from 'zod'
import { createLocalBus } from '../bus/local.ts'
import { silentLog } from '../kernel/log.ts'
import { route } from '../kernel/route.ts'
import { eventRoutes } from './events.ts'
import { openApi } from './openapi.ts'

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const treeSchema: z.ZodType<Tree, Tree> = z.strictObject({
  name: z.string(),
  get children() {
    return z.array(treeSchema)
  },
})

const routes = [
  route({
    method: 'POST',
    path: '/api/trees/:id',
    summary: 'Grows a tree.',
    access: ['operator'],
    sessionOnly: true,
    params: z.strictObject({ id: z.string() }),
    query: z.strictObject({ dry: z.enum(['yes', 'no']).optional() }),
    body: z.strictObject({ tree: treeSchema }),
    reply: treeSchema,
    status: 201,
    handle: async ({ body }) => ({ body: body.tree }),
  }),
  route({
    method: 'GET',
    path: '/api/trees/:id',
    summary: 'Reads a tree.',
    access: 'public',
    params: z.strictObject({ id: z.string() }),
    reply: z.undefined(),
    status: 204,
    handle: async () => ({ body: undefined }),
  }),
  ...eventRoutes(createLocalBus(silentLog), { record: () => undefined, mandate: () => undefined }),
]

test('describes every route with its parameters, body, reply, roles and problems', () => {
  const document = JSON.parse(JSON.stringify(openApi(routes))) as {
    openapi: string
    paths: Record<string, Record<string, Record<string, unknown>>>
  }
  expect(document.openapi).toBe('3.1.1')
  expect(Object.keys(document.paths)).toEqual(['/api/events', '/api/trees/{id}'])
  const { get, post } = document.paths['/api/trees/{id}']!
  expect(get).toMatchObject({ operationId: 'getTreesId', security: [], tags: ['trees'] })
  expect(get?.['responses']).toEqual({
    204: { description: 'Reads a tree.' },
    default: { $ref: '#/components/responses/Problem' },
  })
  expect(post).toMatchObject({
    operationId: 'postTreesId',
    'x-ambit-roles': ['operator'],
    'x-ambit-session-only': true,
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'dry', in: 'query', required: false, schema: { enum: ['yes', 'no'] } },
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/postTreesIdBody' } } },
    },
  })
  expect(document.paths['/api/events']?.['get']?.['responses']).toMatchObject({
    200: { content: { 'text/event-stream': { schema: { type: 'string' } } } },
  })
})

test('every reference in it leads somewhere', () => {
  const document = openApi(routes)
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!)
  expect(references.length).toBeGreaterThan(4)
  for (const pointer of references) {
    let place: unknown = document
    for (const step of pointer.replace('#/', '').split('/')) place = (place as Record<string, unknown>)[step]
    expect(place, pointer).toBeTypeOf('object')
  }
})

test('gives the same text for the same routes in any order', () => {
  expect(JSON.stringify(openApi(routes.toReversed()))).toBe(JSON.stringify(openApi(routes)))
})
