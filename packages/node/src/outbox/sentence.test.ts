import { describe, expect, test } from 'vitest'
import { aRow, actId, at } from './outbox-fixture.ts'
import type { JournalRow } from './journal-row.ts'
import { sentenceOf } from './sentence.ts'
import type { SentenceNames } from './sentence.ts'
import { undoOptionOf } from './undo-option.ts'

const names: SentenceNames = {
  agent: 'Mailer',
  purpose: undefined,
  tool: 'send',
  target: 'Mail',
  by: undefined,
}

function tell(more: Partial<JournalRow>, given: Partial<SentenceNames> = {}) {
  const row = aRow(actId(0), more)
  return sentenceOf(row, { ...names, ...given }, undoOptionOf(row, at + 1000))
}

describe('the words of the feed', () => {
  test.each<[string, Partial<JournalRow>, string]>([
    [
      'alone',
      { effect: 'egress' },
      '“Mailer” sent something to the outside with “send” of “Mail”. It decided alone, within its mandate. It can be undone until 2026-11-22T12:00:00.000Z.',
    ],
    [
      'approved',
      { effect: 'pay', decision: 'approved', inverse: null },
      '“Mailer” spent money with “send” of “Mail”. You approved it. It cannot be undone from here.',
    ],
    [
      'held and done',
      { decision: 'held', undo_until: null },
      '“Mailer” changed data with “send” of “Mail”. It was held for you, and nobody vetoed it. It can be undone.',
    ],
    [
      'observed',
      { decision: 'observed', reason: 'user.ask', inverse: null },
      '“Mailer” changed data with “send” of “Mail”. This node only observes: it would not have gone on by itself (user.ask). It cannot be undone from here.',
    ],
    [
      'held',
      { state: 'held', due: at + 60_000 },
      '“Mailer” is about to use “send” of “Mail”, at 2026-11-21T12:01:00.000Z unless you veto it.',
    ],
    [
      'vetoed',
      { state: 'denied' },
      '“Mailer” wanted to use “send” of “Mail”; it was refused. You decided so.',
    ],
    [
      'undone',
      { undo_state: 'undone', decision: 'standing' },
      '“Mailer” changed data with “send” of “Mail”. A standing approval covered it. It was undone.',
    ],
    [
      'unknown',
      { state: 'unknown' },
      '“Mailer” used “send” of “Mail”; it is not known whether it was done. It decided alone, within its mandate.',
    ],
  ])('of an act that was %s', (_name, more, words) => {
    expect(tell(more).en).toBe(words)
    expect(tell(more).zh).toMatch(/[\u4e00-\u9fff]/)
  })

  test('quote what third parties wrote, whole and visible, and let nothing end the quotation', () => {
    const { en, zh } = tell(
      {},
      { agent: 'You” approved it. “', tool: 'pay\u202egnihton', target: 'x'.repeat(5000), by: 'Olga' },
    )
    for (const text of [en, zh]) {
      expect(text).toContain("“You' approved it. '”")
      expect(text).toContain('⟨U+202E⟩')
      expect(text.length).toBeLessThan(600)
    }
    expect(tell({}, { agent: undefined, purpose: 'my notes' }).en).toMatch(
      /^An agent \(“my notes”\) changed data/,
    )
    expect(tell({ decision: 'approved' }, { by: 'Olga' }).en).toContain('“Olga” approved it.')
  })
})

describe('what can be done about an act', () => {
  test.each<[Partial<JournalRow>, ReturnType<typeof undoOptionOf>]>([
    [{}, { state: 'can', until: at + 86_400_000 }],
    [{ undo_until: null }, { state: 'can' }],
    [{ undo_until: at }, { state: 'cannot' }],
    [{ inverse: null }, { state: 'cannot' }],
    [{ state: 'failed' }, { state: 'cannot' }],
    [{ undo_state: 'unknown' }, { state: 'cannot' }],
    [{ undo_state: 'undone' }, { state: 'undone' }],
    [{ undo_state: 'undoing' }, { state: 'undoing' }],
    [
      { state: 'held', due: at + 5 },
      { state: 'veto', until: at + 5 },
    ],
  ])('%o', (more, option) => {
    expect(undoOptionOf(aRow(actId(0), more), at + 1000)).toEqual(option)
  })
})
