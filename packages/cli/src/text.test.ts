import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference, shown, table } from './text.ts'

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
