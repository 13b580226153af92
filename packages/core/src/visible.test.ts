import { expect, test } from 'vitest'
import { visible, visibleParts } from './visible.ts'

test('shows what would be hidden or would rearrange the text', () => {
  expect(visible('pay\u202egnihton')).toBe('pay⟨U+202E⟩gnihton')
  for (const hidden of [
    '\0',
    '\n',
    '\u001b',
    '\u200b',
    '\u2066',
    '\ufeff',
    '\u00ad',
    '\u034f',
    '\u17b4',
    '\u3164',
    '\ufe0f',
    '\u{e0041}',
    '\u{e0101}',
    '\ud800',
    '\u2028',
    '\ue000',
    '\u00a0',
  ])
    expect(visible(`a${hidden}b`), JSON.stringify(hidden)).toMatch(/^a⟨U\+[0-9A-F]{4,6}⟩b$/)
})

test('leaves ordinary text of any script as it is', () => {
  for (const text of [
    'Rent for May, 1 200 €',
    '请支付五月的房租。',
    'Оплата',
    'đường',
    'שלום',
    'مرحبا',
    '👍 ⚠️',
  ]) {
    expect(visible(text)).toBe(text)
    expect(visibleParts(text)).toEqual([{ text, hidden: false }])
  }
})

test('does not let marks pile up on a letter', () => {
  expect(visible(`e${'\u0301'.repeat(5)}`)).toBe(`e${'\u0301'.repeat(3)}⟨U+0301⟩⟨U+0301⟩`)
})

test('parts say what was hidden, keep the lines of a block, and leave nothing out', () => {
  expect(visibleParts('a\u202e\u200bb\n\tc\r\n')).toEqual([
    { text: 'a', hidden: false },
    { text: '⟨U+202E⟩⟨U+200B⟩', hidden: true },
    { text: 'b\n\tc', hidden: false },
    { text: '⟨U+000D⟩', hidden: true },
    { text: '\n', hidden: false },
  ])
  expect(visibleParts('')).toEqual([])
})
