import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { argumentsProblem, schemaProblem } from './schema-form.ts'

test('takes ordinary schemas of both drafts', () => {
  const ordinary = {
    type: 'object',
    properties: {
      a: { type: ['string', 'null'], enum: ['x', null] },
      b: { type: 'array', items: [{ type: 'string' }, true] },
      c: { anyOf: [{ $ref: '#/$defs/d' }, { const: 1 }] },
    },
    $defs: { d: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  }
  expect(argumentsProblem(ordinary, 't')).toBeUndefined()
})

test.each([
  [{ type: 'text' }, 'schema.type'],
  [{ properties: [] }, 'schema.properties'],
  [{ properties: { a: 'string' } }, 'schema.properties.a'],
  [{ required: 'a' }, 'schema.required'],
  [{ anyOf: {} }, 'schema.anyOf'],
  [{ items: { type: [] } }, 'schema.items.type'],
  ['object', 'schema'],
])('says what is wrong with %j', (schema, where) => {
  expect(schemaProblem(schema)).toContain(where)
})

test('a schema of arguments describes an object', () => {
  expect(argumentsProblem({ type: 'string' }, 't')).toContain('object')
  expect(argumentsProblem(true, 't')).toContain('object')
})

test('never throws, however a schema looks', () => {
  let deep: unknown = true
  for (let at = 0; at < 10_000; at++) deep = { not: deep }
  expect(schemaProblem(deep)).toContain('levels deep')
  fc.assert(fc.property(fc.jsonValue(), (value) => void schemaProblem(value)))
})
