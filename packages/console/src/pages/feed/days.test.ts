import { describe, expect, test } from 'vitest'
import type { FeedEntry } from '../../api/feed.ts'
import { en } from '../../i18n/en.ts'
import { zh } from '../../i18n/zh.ts'
import { daysOf } from './days.ts'
import { withLocalTimes } from './sentence.ts'

const dayMs = 86_400_000

describe('the days of the feed', () => {
  test('are the reader’s own, in the order of the entries', () => {
    const now = new Date(2026, 10, 21, 12).getTime()
    const at = [now - 1000, now - dayMs, now - dayMs - 1000, now - 5 * dayMs]
    const entries = at.map((ms) => ({ at: new Date(ms).toISOString() }) as FeedEntry)
    const days = daysOf(entries, 'en', en, now)
    expect(days.map((day) => day.title)).toEqual(['Today', 'Yesterday', 'Monday, November 16, 2026'])
    expect(days.map((day) => day.entries.length)).toEqual([1, 2, 1])
    expect(daysOf(entries, 'zh', zh, now)[2]?.title).toBe('2026年11月16日星期一')
  })
})

describe('a sentence of the node', () => {
  test('has its instants in the reader’s own form, and the rest as it is', () => {
    const ms = new Date(2026, 10, 21, 14, 2, 33).getTime()
    const sentence = `“A 2026” did it. It can be undone until ${new Date(ms).toISOString()}.`
    expect(withLocalTimes(sentence, 'en')).toMatch(
      /^“A 2026” did it\. It can be undone until Nov 21, 02:02:33.PM\.$/,
    )
    expect(withLocalTimes('until 2026-99-99T00:00:00Z.', 'en')).toBe('until 2026-99-99T00:00:00Z.')
  })
})
