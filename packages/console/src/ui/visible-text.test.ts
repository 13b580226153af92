import { expect, test } from 'vitest'
import { visibleString, visibleText } from './visible-text.ts'

test('writes out characters that would hide or turn text around', () => {
  expect(visibleString('pay\u202egnihton')).toBe('pay⟨U+202E⟩gnihton')
  expect(visibleString('a\u200bb\u0000c\u001b[2J')).toBe('a⟨U+200B⟩b⟨U+0000⟩c⟨U+001B⟩[2J')
  expect(visibleString('\u{e0041}\u{e0101}')).toBe('⟨U+E0041⟩⟨U+E0101⟩')
  expect(visibleString('\u3164\u2028')).toBe('⟨U+3164⟩⟨U+2028⟩')
  expect(visibleString('\ud800')).toBe('⟨U+D800⟩')
  expect(visibleString('\r\n')).toBe('⟨U+000D⟩\n')
})

test('leaves ordinary text in any script as it is', () => {
  const text = 'Zoë 王小明 مرحبا 👍 line\nnext\tcolumn'
  expect(visibleString(text)).toBe(text)
  expect(visibleText(text).parts).toHaveLength(1)
})

test('cuts by characters and never inside one', () => {
  const { parts, cut } = visibleText('👍'.repeat(10), 4)
  expect(cut).toBe(true)
  expect(parts[0]?.text).toBe('👍'.repeat(4))
  expect(visibleString('abc', 3)).toBe('abc')
})
