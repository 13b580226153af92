import { expect, test } from 'vitest'
import { array, assert, constantFrom, property } from 'fast-check'
import { definitionText, foldedDifference, textDifference } from './text-difference.ts'

test('shows what was taken away and what came in', () => {
  expect(textDifference('a\nb\nc', 'a\nx\nc')).toEqual([
    { side: 'same', text: 'a' },
    { side: 'before', text: 'b' },
    { side: 'after', text: 'x' },
    { side: 'same', text: 'c' },
  ])
})

test('either side can be rebuilt from the difference', () => {
  const text = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }).map((all) =>
    all.join('\n'),
  )
  assert(
    property(text, text, (before, after) => {
      const difference = textDifference(before, after)
      const side = (not: string) =>
        difference
          .filter((line) => line.side !== not)
          .map((line) => line.text)
          .join('\n')
      expect(side('after')).toBe(before)
      expect(side('before')).toBe(after)
    }),
  )
})

test('the order of members makes no difference', () => {
  expect(definitionText({ b: 1, a: { d: 1, c: 2 } })).toBe(definitionText({ a: { c: 2, d: 1 }, b: 1 }))
})

test('folds what lies far from any change', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`)
  const folded = foldedDifference(textDifference(before.join('\n'), [...before, 'new'].join('\n')))
  expect(folded.map((line) => line.side)).toEqual(['gap', 'same', 'same', 'same', 'after'])
  expect(folded[0]).toEqual({ side: 'gap', lines: 17 })
})
