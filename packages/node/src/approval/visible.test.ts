import { expect, test } from 'vitest'
import { cut, visible } from './visible.ts'

test('shows what would be hidden or would rearrange the text', () => {
  expect(visible('a\u202eb')).toBe('a⟨U+202E⟩b')
  for (const hidden of [
    '\0',
    '\n',
    '\u001b',
    '\u200b',
    '\u2066',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\ufe0f',
    '\u{e0041}',
    '\ud800',
    '\u2028',
    '\ue000',
    '\u00a0',
  ])
    expect(visible(`a${hidden}b`), JSON.stringify(hidden)).toMatch(/^a⟨U\+[0-9A-F]{4,6}⟩b$/)
})

test('leaves ordinary text of any script as it is', () => {
  for (const text of ['Rent for May, 1 200 €', '请支付五月的房租。', 'Оплата', 'đường', 'שלום', '👍'])
    expect(visible(text)).toBe(text)
})

test('says how much there was when it cuts, and never cuts a character in two', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('abc… (4)')
  expect(cut('ab👍', 3).isWellFormed()).toBe(true)
})
