import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { AuthorityClass } from '@ambit/core/mandate'
import { queries } from '../../api/queries.ts'
import type { RecordSummary } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { effectTones } from '../registry/effect-tone.ts'
import { capabilityCount } from '../registry/record-row.tsx'
import type { MandateDraft, Picks } from './mandate-draft.ts'

type OnPick = (target: string, capability: string, decision: AuthorityClass | 'default' | undefined) => void

interface ToolPickerProps {
  readonly picks: MandateDraft['picks']
  readonly onPick: OnPick
}

/** The active records, each opened to pick from what it offers. */
export function ToolPicker({ picks, onPick }: ToolPickerProps) {
  const text = useText()
  const records = useInfiniteQuery(queries.records('', 'active'))
  return (
    <Loaded query={records}>
      {(data) => {
        const active = data.pages.flatMap((page) => page.records)
        if (active.length === 0) return <p className="panel p-5 text-muted">{text.newMandate.noAgents}</p>
        return (
          <>
            <ul className="panel divide-y divide-line">
              {active.map((record) => (
                <PickedRecord
                  key={record.slug}
                  record={record}
                  picks={picks[record.slug] ?? {}}
                  onPick={onPick}
                />
              ))}
            </ul>
            {records.hasNextPage && (
              <Button className="mt-3" onClick={() => void records.fetchNextPage()}>
                {text.common.more}
              </Button>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

interface PickedRecordProps {
  readonly record: RecordSummary
  readonly picks: Picks
  readonly onPick: OnPick
}

function PickedRecord({ record, picks, onPick }: PickedRecordProps) {
  const text = useText()
  const [open, setOpen] = useState(false)
  const count = Object.keys(picks).length
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="flex min-h-14 items-center gap-3 px-4 py-2 hover:bg-sunken md:px-5">
          <svg
            viewBox="0 0 12 12"
            fill="none"
            aria-hidden="true"
            className="size-3 shrink-0 text-muted in-open:rotate-90"
          >
            <path d="M3 1l6 5-6 5" stroke="currentColor" strokeWidth="2" />
          </svg>
          <span className="min-w-0 grow">
            <span className="font-bold">
              <ForeignText charactersMax={90}>{record.title}</ForeignText>
            </span>
            <span className="ml-3 text-sm text-muted">{capabilityCount(record, text)}</span>
          </span>
          {count > 0 && <Tag tone="accent">{text.newMandate.picked(count)}</Tag>}
        </summary>
        {open && <Offer slug={record.slug} picks={picks} onPick={onPick} />}
      </details>
    </li>
  )
}

interface OfferProps {
  readonly slug: string
  readonly picks: Picks
  readonly onPick: OnPick
}

function Offer({ slug, picks, onPick }: OfferProps) {
  const text = useText()
  const record = useQuery(queries.record(slug))
  return (
    <div className="border-t border-line bg-sunken px-4 py-2 md:px-5">
      <Loaded query={record}>
        {(view) => (
          <ul>
            <Tool
              name={text.newMandate.wholeAgent}
              decision={picks['*']}
              onDecide={(decision) => onPick(slug, '*', decision)}
            />
            {view.capabilities.map((capability) => (
              <Tool
                key={capability.id}
                name={visibleString(capability.name, 100)}
                effect={
                  <Tag tone={effectTones[capability.profile.effect]}>
                    {text.effects[capability.profile.effect]}
                  </Tag>
                }
                decision={Object.hasOwn(picks, capability.id) ? picks[capability.id] : undefined}
                onDecide={(decision) => onPick(slug, capability.id, decision)}
              />
            ))}
          </ul>
        )}
      </Loaded>
    </div>
  )
}

const decisions = ['default', 'autonomous', 'ask', 'user'] as const

interface ToolProps {
  readonly name: string
  readonly effect?: ReactNode
  readonly decision: AuthorityClass | 'default' | undefined
  readonly onDecide: (decision: AuthorityClass | 'default' | undefined) => void
}

function Tool({ name, effect, decision, onDecide }: ToolProps) {
  const text = useText()
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-1">
      <label className="flex min-h-11 min-w-0 grow items-center gap-3">
        <input
          type="checkbox"
          checked={decision !== undefined}
          onChange={(event) => onDecide(event.target.checked ? 'default' : undefined)}
          className="size-5 shrink-0 accent-accent"
        />
        <bdi className="min-w-0">{name}</bdi>
        {effect}
      </label>
      {decision !== undefined && (
        <select
          aria-label={text.newMandate.decide(name)}
          title={text.mandate.decisionHelp[decision]}
          value={decision}
          onChange={(event) => {
            const chosen = decisions.find((each) => each === event.target.value)
            if (chosen !== undefined) onDecide(chosen)
          }}
          className="field max-w-60"
        >
          {decisions.map((each) => (
            <option key={each} value={each}>
              {text.mandate.decision[each]}
            </option>
          ))}
        </select>
      )}
    </li>
  )
}
