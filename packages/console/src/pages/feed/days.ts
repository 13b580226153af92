import type { FeedEntry } from '../../api/feed.ts'
import type { Dictionary } from '../../i18n/en.ts'
import { languageTags } from '../../i18n/language.tsx'
import type { Language } from '../../i18n/preferred-language.ts'

export interface FeedDayGroup {
  /** Local date, `2026-11-21`. */
  readonly key: string
  readonly title: string
  readonly entries: readonly FeedEntry[]
}

const dayMs = 86_400_000

/** The entries by the day on which they were, in the reader's own zone; the order stays. */
export function daysOf(
  entries: readonly FeedEntry[],
  language: Language,
  text: Dictionary,
  now = Date.now(),
): readonly FeedDayGroup[] {
  const days = new Map<string, FeedEntry[]>()
  for (const entry of entries) {
    const key = dateKey(Date.parse(entry.at))
    days.set(key, [...(days.get(key) ?? []), entry])
  }
  const format = new Intl.DateTimeFormat(languageTags[language], { dateStyle: 'full' })
  return [...days].map(([key, of]) => ({
    key,
    title:
      key === dateKey(now)
        ? text.feed.today
        : key === dateKey(now - dayMs)
          ? text.feed.yesterday
          : format.format(Date.parse(of[0]!.at)),
    entries: of,
  }))
}

function dateKey(ms: number): string {
  const date = new Date(ms)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
