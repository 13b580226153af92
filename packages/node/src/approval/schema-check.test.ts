import { expect, test } from 'vitest'
import { schemaProblem } from './schema-check.ts'

const schema = {
  type: 'object',
  properties: { pattern: { type: 'string' }, amount: { type: 'number', maximum: 5 } },
  required: ['amount'],
  additionalProperties: false,
}

test('takes what the schema takes, and says what it does not', () => {
  expect(schemaProblem(undefined, { any: 1 })).toBeUndefined()
  expect(schemaProblem(schema, { amount: 5, pattern: 'a' })).toBeUndefined()
  expect(schemaProblem(schema, { amount: 6 })).toMatch(/^amount /)
  for (const values of [{}, { amount: '5' }, { amount: 1, more: 1 }, { amount: 1, pattern: 2 }]) {
    expect(schemaProblem(schema, values)).toBeTypeOf('string')
  }
})

test('runs no expression of a third party', () => {
  const endless = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }
  const began = performance.now()
  expect(schemaProblem(endless, { a: `${'a'.repeat(50_000)}!` })).toBeUndefined()
  expect(performance.now() - began).toBeLessThan(1000)
})

test('a schema that cannot be read takes nothing', () => {
  let deep: unknown = { type: 'string' }
  for (let level = 0; level < 1000; level++) deep = { anyOf: [deep] }
  for (const odd of [deep, { $ref: 'https://example.com/schema' }, { type: 'no such type' }]) {
    expect(schemaProblem(odd, 'x')).toBe('its schema cannot be checked here')
  }
})
