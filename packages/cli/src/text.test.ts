import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference, entry, shown, table, wrapped } from './text.ts'

test('a terminal never obeys the text of an agent', () => {
  expect(shown('a\u001b[31mred\u202eback\u200b\nline')).toBe('a⟨U+001B⟩[31mred⟨U+202E⟩back⟨U+200B⟩ line')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
    }),
  )
})

test('a long text is cut, and says so', () => {
  expect(shown('界'.repeat(20), 5)).toBe('界界界界…')
})

test('columns line up in both languages, and empty columns are left out', () => {
  expect(
    table(
      ['name', 'none', 'state'],
      [
        ['发送邮件', '', 'active'],
        ['mailer', '', 'draft'],
      ],
    ),
  ).toBe(['name      state', '发送邮件  active', 'mailer    draft'].join('\n'))
})

test('a difference names what changed, not what moved', () => {
  const before = { description: 'reads', schema: { a: 1, b: 2 } }
  const after = { schema: { b: 3, a: 1 }, description: 'reads', added: [] }
  expect(difference(before, after)).toBe('- schema.b: 2\n+ schema.b: 3\n+ added: []')
})

test('words are wrapped where they fit a terminal, and only what is longer than a line is broken', () => {
  expect(wrapped('a bb ccc', 74)).toBe([`${' '.repeat(74)}a bb`, `${' '.repeat(74)}ccc`].join('\n'))
  expect(wrapped('界'.repeat(50)).split('\n')).toEqual(['界'.repeat(40), '界'.repeat(10)])
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z ]{0,300}$/), fc.nat(10), (text, indent) => {
      const lines = wrapped(text, indent).split('\n')
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
    }),
  )
})

test('an entry is its facts on a line and its words below', () => {
  expect(entry(['id', undefined, '', 'state'], 'what it is', undefined)).toBe('id  state\n  what it is')
})
