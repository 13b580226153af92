import { useState } from 'react'
import { effects } from '@ambit/core/record'
import type { Effect } from '@ambit/core/record'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Tick } from '../../ui/tick.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { effectTones } from '../registry/effect-tone.ts'
import { isGrave } from './consent-draft.ts'
import type { ConsentDraft, Decision, Offer, RecordOffers } from './consent-draft.ts'
import { DecisionField, OfferRow } from './offer-row.tsx'

export type OnPick = (keys: readonly string[], decision: Decision | undefined) => void

/** Records opened from the start; of more, the person opens those they care for. */
const openedMax = 3

interface OffersProps {
  readonly all: readonly RecordOffers[]
  readonly picks: ConsentDraft['picks']
  readonly onPick: OnPick
}

/** What could be allowed: by record, within it by effect from the mildest to the gravest. */
export function Offers({ all, picks, onPick }: OffersProps) {
  const text = useText()
  const asked = all.filter(({ offers }) => offers.some((offer) => offer.asked))
  if (all.length === 0) return <p className="panel p-5 text-muted">{text.consent.nothingHere}</p>
  return (
    <ul className="space-y-3">
      {all.map((each) => (
        <RecordOffer
          key={each.record.slug}
          of={each}
          picks={picks}
          onPick={onPick}
          opened={asked.length <= openedMax && asked.includes(each)}
        />
      ))}
    </ul>
  )
}

interface RecordOfferProps {
  readonly of: RecordOffers
  readonly picks: ConsentDraft['picks']
  readonly onPick: OnPick
  readonly opened: boolean
}

function RecordOffer({ of, picks, onPick, opened }: RecordOfferProps) {
  const text = useText()
  const [open, setOpen] = useState(opened)
  const { record, offers, whole } = of
  const isWhole = picks.has(whole)
  const count = offers.filter(({ key }) => picks.has(key)).length
  return (
    <li className="panel overflow-clip">
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
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
            <span className="ml-3 text-sm text-muted">{text.registry.tools(record.capabilityCount)}</span>
          </span>
          {isWhole ? (
            <Tag tone="danger">{text.mandate.everything}</Tag>
          ) : (
            count > 0 && <Tag tone="accent">{text.newMandate.picked(count)}</Tag>
          )}
        </summary>
        {open && <RecordBody of={of} picks={picks} onPick={onPick} />}
      </details>
    </li>
  )
}

function RecordBody({ of, picks, onPick }: Omit<RecordOfferProps, 'opened'>) {
  const text = useText()
  const { record, offers, whole } = of
  const decision = picks.get(whole)
  const unlisted = record.capabilityCount - record.capabilities.length
  const title = visibleString(record.title, 60)
  return (
    <div className="border-t border-line">
      {decision !== undefined ? (
        <p className="px-4 py-3 text-muted md:px-5">{text.consent.wholeTaken}</p>
      ) : (
        effects.map((effect) => {
          const group = offers.filter((offer) => offer.effect === effect)
          if (group.length === 0) return null
          return (
            <Group
              key={effect}
              effect={effect}
              group={group}
              title={title}
              folds={offers.some((offer) => offer.asked)}
              picks={picks}
              onPick={onPick}
            />
          )
        })
      )}
      {unlisted > 0 && (
        <p className="px-4 py-2 text-sm text-muted md:px-5">{text.consent.unlisted(unlisted)}</p>
      )}
      <div className="flex flex-wrap items-center gap-x-4 border-t border-line bg-sunken px-4 py-1 md:px-5">
        <Tick
          state={decision !== undefined}
          label={text.consent.wholeOf(title)}
          onTick={(ticked) => onPick([whole], ticked ? 'default' : undefined)}
        >
          <span className="text-muted">{text.consent.whole}</span>
        </Tick>
        {decision !== undefined && (
          <DecisionField name={title} decision={decision} onDecide={(chosen) => onPick([whole], chosen)} />
        )}
      </div>
    </div>
  )
}

interface GroupProps {
  readonly effect: Effect
  readonly group: readonly Offer[]
  readonly title: string
  /** What was not asked for is folded: something else of this record was. */
  readonly folds: boolean
  readonly picks: ConsentDraft['picks']
  readonly onPick: OnPick
}

/** What has one effect, ticked together or one by one. What was not asked for stays folded until it is wanted. */
function Group({ effect, group, title, folds, picks, onPick }: GroupProps) {
  const text = useText()
  const [everything, setEverything] = useState(!folds)
  const shown = everything ? group : group.filter((offer) => offer.asked || picks.has(offer.key))
  const ticked = shown.filter(({ key }) => picks.has(key)).length
  const keys = shown.map(({ key }) => key)
  const tag = <Tag tone={effectTones[effect]}>{text.effects[effect]}</Tag>
  return (
    <section className="border-t border-line px-4 py-1 first:border-t-0 md:px-5">
      {shown.length > 0 && (
        <>
          <Tick
            state={ticked === 0 ? false : ticked === shown.length || 'some'}
            label={text.consent.all(text.effects[effect], title)}
            onTick={(on) => {
              const fresh = on ? keys.filter((key) => !picks.has(key)) : keys
              onPick(fresh, on ? 'default' : undefined)
            }}
          >
            {tag}
            {shown.every(isGrave) && ticked === 0 && (
              <span className="text-sm text-muted">{text.consent.yours}</span>
            )}
          </Tick>
          <ul className="mb-1 ml-8">
            {shown.map((offer) => (
              <OfferRow
                key={offer.key}
                offer={offer}
                decision={picks.get(offer.key)}
                onDecide={(decision) => onPick([offer.key], decision)}
              />
            ))}
          </ul>
        </>
      )}
      {shown.length < group.length && (
        <div className="flex min-h-11 items-center gap-3">
          {shown.length === 0 && tag}
          <button
            type="button"
            onClick={() => setEverything(true)}
            className={`min-h-9 text-sm font-semibold text-accent ${shown.length === 0 ? '' : 'ml-8'}`}
          >
            {text.consent.others(group.length - shown.length)}
          </button>
        </div>
      )}
    </section>
  )
}
