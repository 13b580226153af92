import * as fc from 'fast-check'
import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { parseJsonBody } from './json-body.ts'

test('reads any JSON that JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text))
    }),
  )
})

test('any bytes are read or refused as a fault that does not repeat them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      try {
        parseJsonBody(Buffer.from(bytes))
      } catch (error) {
        expect(Fault.is(error, 'input.invalid')).toBe(true)
      }
    }),
  )
})

test('an empty body is none', () => {
  expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined()
})

test('counts depth outside of strings only', () => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
  expect(() => parseJsonBody(nested(100))).not.toThrow()
  expect(() => parseJsonBody(nested(101))).toThrow('nests deeper')
  expect(parseJsonBody(Buffer.from(JSON.stringify('["\\{'.repeat(500))))).toBeTypeOf('string')
})
