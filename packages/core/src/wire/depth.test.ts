import { assert, boolean, integer, jsonValue, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { isTextTooDeep, isTooDeep } from './depth.ts'

test('a text is judged as its value is, whatever its strings hold', () => {
  const nested = tuple(jsonValue(), integer({ min: 90, max: 110 }), boolean()).map(
    ([value, depth, lists]) => {
      let whole: unknown = value
      for (let at = 0; at < depth; at++) whole = lists ? [whole, '[{"\\'] : { 'a"]': whole }
      return whole
    },
  )
  assert(
    property(nested, (value) => {
      expect(isTextTooDeep(JSON.stringify(value))).toBe(isTooDeep(value))
    }),
  )
})

test('a text that ends within a string, or never closes what it opens, ends too', () => {
  expect(isTextTooDeep(`"${'x'.repeat(500)}`)).toBe(false)
  expect(isTextTooDeep('['.repeat(1_000_000))).toBe(true)
  expect(isTextTooDeep('[]'.repeat(1000))).toBe(false)
})
