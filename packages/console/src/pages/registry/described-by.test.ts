import { expect, test } from 'vitest'
import { describedBy } from './described-by.ts'

test('a document goes before an address, and must be an object', () => {
  expect(describedBy('', ' ')).toBeUndefined()
  expect(describedBy(' ', ' https://a.example/card.json ')).toEqual({ url: 'https://a.example/card.json' })
  expect(describedBy('{"name":"x"}', 'https://a.example')).toEqual({ document: { name: 'x' } })
  for (const wrong of ['[]', 'null', '"x"', '{', '1']) expect(describedBy(wrong, '')).toBe('not-json')
})
