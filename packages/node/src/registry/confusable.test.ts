import { describe, expect, test } from 'vitest'
import { isReserved, sameName, skeletons, unreadable } from './confusable.ts'

function alike(left: string, right: string): boolean {
  const known = new Set(skeletons(left))
  return skeletons(right).some((each) => known.has(each))
}

describe('names that can be taken for one another', () => {
  test.each([
    ['mailer', 'mаiler', 'Cyrillic а'],
    ['mailer', 'rnailer', 'r and n'],
    ['PayPal', 'раураl', 'Cyrillic throughout'],
    ['paypal', 'PayPaI', 'a capital I'],
    ['paypa1', 'paypal', 'a digit'],
    ['Notes', 'Ｎｏｔｅｓ', 'full width'],
    ['ΝΟΤΕ', 'NOTE', 'Greek capitals'],
    ['notes-bot', 'notes_bot', 'another divider'],
    ['notesbot', 'Notes Bot', 'none'],
    ['cafe', 'café', 'an accent'],
    ['wallet', 'vvallet', 'two v'],
    ['g0vernment', 'government', 'a zero'],
    ['no​tes', 'notes', 'a space of no width'],
  ])('%s and %s: %s', (left, right) => {
    expect(left).not.toBe(right)
    expect(alike(left, right)).toBe(true)
  })

  test.each([
    ['mail-desk', 'mall-desk'],
    ['mailer', 'mailers'],
    ['desk-1', 'desk-2'],
    ['notes', 'votes'],
    ['邮件助手', '文件助手'],
    ['Почта', 'Потом'],
  ])('%s and %s are two names', (left, right) => {
    expect(alike(left, right)).toBe(false)
  })

  test('one name is itself in another case, width or spacing, and not in another script', () => {
    expect(sameName('Mail  Desk', 'ｍail desk ')).toBe(true)
    expect(sameName('mailer', 'mаiler')).toBe(false)
  })
})

describe('names that cannot be read', () => {
  test.each([
    ['mаiler', 'mixes Latin and Cyrillic'],
    ['Mail\u200bDesk', 'U+200B'],
    ['Mail\u202eksed', 'U+202E'],
    ['Mail\u0007', 'U+0007'],
    ['\u2066Mail', 'U+2066'],
    ['Mail\u3164', 'U+3164'],
    ['αgent', 'mixes Latin and Greek'],
  ])('%j is refused', (name, why) => {
    expect(unreadable(name)).toContain(why)
  })

  test.each([
    'Mail Desk',
    '邮件 Mail 助手',
    'メール Mail',
    'Почта Mail',
    '⚡️ Fast mail 👩‍💻',
    'می‌خواهم',
    'क्‍ष',
    'Ünïcode',
    '',
  ])('%j is a name', (name) => {
    expect(unreadable(name)).toBeUndefined()
  })
})

test('names of the node are nobody’s, in any guise', () => {
  for (const name of ['Ambit', 'аmbit', 'AmbIt', 'Admin', 'S-y-s-t-e-m', '官方'])
    expect(isReserved(name)).toBe(true)
  for (const name of ['Ambit mailer', 'sysmon', 'desk']) expect(isReserved(name)).toBe(false)
})
