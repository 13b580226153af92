import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { FeedEntry, FeedFilter } from '../../api/feed.ts'
import { markSeen } from '../../api/feed.ts'
import { queries } from '../../api/queries.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { daysOf } from './days.ts'
import { DayGroup } from './day-group.tsx'
import { Digest } from './digest.tsx'
import { EntryRow } from './entry-row.tsx'
import { FeedFilters } from './feed-filters.tsx'
import { UndoDialog } from './undo-dialog.tsx'

const digestDays = 7
/** While the node still reads its log the list is asked for again this often. */
const catchingUpMs = 2000

/** What was done in the reader's name, newest first: what each was, who decided, and what can be taken back. */
export function FeedPage() {
  const text = useText()
  const [filter, setFilter] = useState<FeedFilter>({})
  // As it was when it was chosen: the dialog stays to say what came of it, whatever becomes of the row.
  const [undoing, setUndoing] = useState<FeedEntry>()
  const feed = useInfiniteQuery({
    ...queries.feed(filter),
    refetchInterval: ({ state }) => (state.data?.pages[0]?.current === false ? catchingUpMs : false),
    placeholderData: (before) => before,
  })
  const digest = useQuery(queries.digest(digestDays))
  const entries = feed.data?.pages.flatMap((page) => page.entries) ?? []
  const fresh = useFresh(entries)
  return (
    <Page title={text.feed.title} lead={text.feed.lead}>
      <Announcement entries={entries} />
      <Loaded query={digest}>{(days) => <Digest days={days} />}</Loaded>
      <FeedFilters filter={filter} entries={entries} onChange={setFilter} />
      <Loaded query={feed}>
        {(data) => (
          <>
            {data.pages[0]?.current === false && (
              <p role="status" className="mb-4 text-sm text-muted">
                {text.feed.catchingUp}
              </p>
            )}
            {entries.length === 0 ? (
              <Empty filtered={Object.values(filter).some((each) => each !== undefined)} />
            ) : (
              <Entries entries={entries} fresh={fresh} onUndo={setUndoing} />
            )}
          </>
        )}
      </Loaded>
      {feed.hasNextPage && (
        <Button disabled={feed.isFetchingNextPage} onClick={() => void feed.fetchNextPage()}>
          {text.common.more}
        </Button>
      )}
      {undoing !== undefined && (
        <UndoDialog entry={undoing} all={entries} onClose={() => setUndoing(undefined)} />
      )}
    </Page>
  )
}

function Empty({ filtered }: { readonly filtered: boolean }) {
  const text = useText()
  if (filtered) return <p className="panel p-8 text-muted">{text.feed.emptyFilter}</p>
  return (
    <div className="panel px-6 py-10">
      <p className="text-xl font-bold">{text.feed.empty}</p>
      <p className="mt-1 text-muted">{text.feed.emptyHelp}</p>
    </div>
  )
}

interface EntriesProps {
  readonly entries: readonly FeedEntry[]
  readonly fresh: ReadonlySet<string>
  readonly onUndo: (entry: FeedEntry) => void
}

/** What is about to be done stands above, because its time runs out. */
function Entries({ entries, fresh, onUndo }: EntriesProps) {
  const text = useText()
  const { language } = useLanguage()
  const about = entries.filter((entry) => entry.undo.state === 'veto')
  const rest = entries.filter((entry) => entry.undo.state !== 'veto')
  return (
    <>
      {about.length > 0 && (
        <section className="mb-9">
          <h2 className="text-xl font-bold tracking-tight">{text.feed.about}</h2>
          <p className="mb-3 text-muted">{text.feed.aboutHelp}</p>
          <ul className="panel divide-y divide-line border-accent">
            {about.map((entry) => (
              <EntryRow key={entry.act} entry={entry} fresh={fresh.has(entry.act)} onUndo={onUndo} />
            ))}
          </ul>
        </section>
      )}
      {daysOf(rest, language, text).map((day) => (
        <DayGroup key={day.key} title={day.title}>
          {day.entries.map((entry) => (
            <EntryRow key={entry.act} entry={entry} fresh={fresh.has(entry.act)} onUndo={onUndo} />
          ))}
        </DayGroup>
      ))}
    </>
  )
}

/**
 * What was new when this visit saw it first stays marked as long as the visit lasts; the node is told the newest one that
 * was shown, so that the next visit, or another device, begins there.
 */
function useFresh(entries: readonly FeedEntry[]): ReadonlySet<string> {
  const [met, setMet] = useState<ReadonlySet<string>>(new Set())
  const told = useRef('')
  const unmet = entries.filter((entry) => entry.new && !met.has(entry.act))
  if (unmet.length > 0) setMet(new Set([...met, ...unmet.map((entry) => entry.act)]))
  // Ids of acts begin with their time, so the greatest is the newest.
  const newest = entries.reduce((act, entry) => (entry.new && entry.act > act ? entry.act : act), '')
  useEffect(() => {
    if (newest <= told.current || document.visibilityState !== 'visible') return
    told.current = newest
    // Should it fail, the same are marked again next time, which is all that is lost.
    markSeen(newest).catch(() => undefined)
  }, [newest])
  return met
}

/** Says each new entry aloud, once, without interrupting. */
function Announcement({ entries }: { readonly entries: readonly FeedEntry[] }) {
  const { language, text } = useLanguage()
  const heard = useRef<string | undefined>(undefined)
  const [words, setWords] = useState('')
  const first = entries[0]
  useEffect(() => {
    if (first === undefined) return
    const before = heard.current
    heard.current = first.act > (before ?? '') ? first.act : before
    if (before !== undefined && first.act > before)
      setWords(text.feed.arrived(visibleString(first.sentence[language], 300)))
  }, [first, language, text])
  return (
    <p aria-live="polite" className="sr-only">
      {words}
    </p>
  )
}
