import { Link } from '@tanstack/react-router'
import type { FeedEntry } from '../../api/feed.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { effectTones } from '../registry/effect-tone.ts'
import { withLocalTimes } from './sentence.ts'
import { TakeBack } from './take-back.tsx'

const tones: Readonly<Record<FeedEntry['state'], Tone>> = {
  asked: 'warn',
  held: 'accent',
  open: 'accent',
  done: 'ok',
  failed: 'danger',
  cancelled: 'warn',
  unknown: 'warn',
  'not-observed': 'quiet',
  refused: 'danger',
  denied: 'quiet',
  expired: 'quiet',
  void: 'quiet',
}

/** A sentence is made of a few names and our own words; it stays far below. */
const sentenceCharactersMax = 900

interface EntryRowProps {
  readonly entry: FeedEntry
  readonly fresh: boolean
  readonly onUndo: (entry: FeedEntry) => void
}

/** One act in a sentence, with how it ended and what can be done about it. */
export function EntryRow({ entry, fresh, onUndo }: EntryRowProps) {
  const { language, text } = useLanguage()
  const sentence = withLocalTimes(entry.sentence[language], language)
  return (
    <li
      className={`grid gap-x-6 gap-y-2 border-l-[3px] px-4 py-3.5 md:grid-cols-[4.5rem_minmax(0,1fr)_auto] md:px-5 ${fresh ? 'arrives border-l-accent' : 'border-l-transparent'}`}
    >
      <p className="flex items-center gap-3 text-sm text-muted md:block md:pt-0.5">
        <Time at={entry.at} form="clock" />
        {fresh && <span className="font-bold text-accent md:mt-1 md:block">{text.feed.fresh}</span>}
      </p>
      <div className="min-w-0">
        <p className="leading-6">
          <ForeignText charactersMax={sentenceCharactersMax}>{sentence}</ForeignText>
        </p>
        <p className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1.5">
          <StateLabel tone={tones[entry.state]}>{text.feed.states[entry.state]}</StateLabel>
          <Tag tone={effectTones[entry.effect]}>{text.effects[entry.effect]}</Tag>
          <Link
            to="/receipts/$act"
            params={{ act: entry.act }}
            aria-label={text.feed.receiptOf(visibleString(sentence, 200))}
            className="rounded-sm text-sm font-semibold text-accent underline-offset-4 hover:underline"
          >
            {text.feed.receipt}
          </Link>
          {entry.undo.by !== undefined && (
            <Link
              to="/receipts/$act"
              params={{ act: entry.undo.by }}
              className="rounded-sm text-sm font-semibold text-accent underline-offset-4 hover:underline"
            >
              {text.feed.whatUndid}
            </Link>
          )}
        </p>
      </div>
      <TakeBack entry={entry} sentence={visibleString(sentence, 300)} onUndo={onUndo} />
    </li>
  )
}
