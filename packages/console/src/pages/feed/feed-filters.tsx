import { useState } from 'react'
import type { Effect } from '@ambit/core/record'
import type { FeedEntry, FeedFilter } from '../../api/feed.ts'
import { useText } from '../../i18n/language.tsx'
import { visibleString } from '../../ui/visible-text.ts'

/** Reading changes nothing and does not stand in the feed. */
const effects: readonly Effect[] = ['write', 'egress', 'pay', 'identity', 'physical']
const dayMs = 86_400_000
const spans = { all: undefined, day: dayMs, week: 7 * dayMs, month: 30 * dayMs } as const

interface FeedFiltersProps {
  readonly filter: FeedFilter
  readonly entries: readonly FeedEntry[]
  readonly onChange: (filter: FeedFilter) => void
}

/** Who, what and when. An agent that was met during this visit stays to be chosen. */
export function FeedFilters({ filter, entries, onChange }: FeedFiltersProps) {
  const text = useText()
  const agents = useAgents(entries)
  const [span, setSpan] = useState<keyof typeof spans>('all')
  return (
    <form
      className="mb-6 grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap"
      onSubmit={(event) => event.preventDefault()}
    >
      <label className="min-w-0 sm:w-52">
        <span className="small-label mb-1 block">{text.feed.agent}</span>
        <select
          value={filter.agent ?? ''}
          onChange={(event) =>
            onChange({ ...filter, agent: event.target.value === '' ? undefined : event.target.value })
          }
          className="field"
        >
          <option value="">{text.feed.anyAgent}</option>
          {[...agents].map(([id, title]) => (
            <option key={id} value={id}>
              {title ?? `${text.feed.anAgent} (…${id.slice(-6)})`}
            </option>
          ))}
        </select>
      </label>
      <label className="min-w-0 sm:w-52">
        <span className="small-label mb-1 block">{text.feed.effect}</span>
        <select
          value={filter.effect ?? ''}
          onChange={(event) =>
            onChange({ ...filter, effect: effects.find((each) => each === event.target.value) })
          }
          className="field"
        >
          <option value="">{text.feed.anyEffect}</option>
          {effects.map((effect) => (
            <option key={effect} value={effect}>
              {text.effects[effect]}
            </option>
          ))}
        </select>
      </label>
      <label className="min-w-0 sm:w-44">
        <span className="small-label mb-1 block">{text.feed.since}</span>
        <select
          value={span}
          onChange={(event) => {
            const chosen = keysOf(spans).find((each) => each === event.target.value) ?? 'all'
            const ms = spans[chosen]
            setSpan(chosen)
            onChange({
              ...filter,
              from: ms === undefined ? undefined : new Date(Date.now() - ms).toISOString(),
            })
          }}
          className="field"
        >
          {keysOf(spans).map((each) => (
            <option key={each} value={each}>
              {text.feed.sinces[each]}
            </option>
          ))}
        </select>
      </label>
      <label className="flex min-h-11 items-center gap-3">
        <input
          type="checkbox"
          checked={filter.new === '1'}
          onChange={(event) => onChange({ ...filter, new: event.target.checked ? '1' : undefined })}
          className="size-5 accent-accent"
        />
        {text.feed.onlyNew}
      </label>
    </form>
  )
}

/** Title by id; agents without a title are clients known by their key alone. */
function useAgents(entries: readonly FeedEntry[]): ReadonlyMap<string, string | undefined> {
  const [met, setMet] = useState<ReadonlyMap<string, string | undefined>>(new Map())
  const unmet = entries.filter(({ agent }) => !met.has(agent.id))
  if (unmet.length > 0) {
    const more = unmet.map(({ agent: { id, title } }) => {
      return [id, title === undefined ? undefined : visibleString(title, 60)] as const
    })
    setMet(new Map([...met, ...more]))
  }
  return met
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record) as Key[]
}
