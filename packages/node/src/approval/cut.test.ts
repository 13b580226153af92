import { expect, test } from 'vitest'
import { cut } from './cut.ts'

test('says how much there was when it cuts, and never cuts a character in two', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('abc… (4)')
  expect(cut('ab👍', 3).isWellFormed()).toBe(true)
})
