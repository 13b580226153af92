import { useQuery } from '@tanstack/react-query'
import { use, useEffect, useRef, useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { ApprovalCard } from '../../api/types.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LiveContext } from '../frame/live.ts'
import { Card } from './card.tsx'
import { EarlierRow } from './earlier-row.tsx'

/** Decided cards listed below the inbox. */
const earlierMax = 20

/** The inbox. Cards stand in the order they were asked, so that a new one never moves a button under a thumb. */
export function ApprovalsPage() {
  const text = useText()
  const live = use(LiveContext)
  const pending = useQuery(queries.approvals('pending'))
  const all = useQuery(queries.approvals(undefined))
  const [met, setMet] = useState<ReadonlySet<string>>(new Set())
  const waiting = pending.data ?? []

  // What was pending during this visit keeps its place after it is decided, so that one sees what became of it.
  const fresh = waiting.filter((card) => !met.has(card.id))
  if (fresh.length > 0) setMet(new Set([...met, ...fresh.map((card) => card.id)]))

  const { here, earlier } = arrange(waiting, all.data ?? [], met)
  return (
    <Page
      title={text.approvals.title}
      lead={<p className={waiting.length > 0 ? 'max-md:hidden' : ''}>{text.approvals.lead}</p>}
      waiting={waiting.length}
      heading={
        <span className="flex flex-wrap items-baseline gap-x-5">
          {text.approvals.title}
          <LiveSign live={live} />
        </span>
      }
    >
      <Announcement cards={waiting} />
      <div className="mx-auto max-w-2xl md:mx-0">
        <Loaded query={pending}>
          {() =>
            here.length === 0 ? (
              <div className="panel px-6 py-10">
                <p className="text-xl font-bold">{text.approvals.empty}</p>
                <p className="mt-1 text-muted">{text.approvals.emptyHelp}</p>
              </div>
            ) : (
              <ul className="space-y-5">
                {here.map((card) => (
                  <li key={card.id} className="arrives">
                    <Card card={card} />
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
        {earlier.length > 0 && (
          <section className="mt-12">
            <h2 className="mb-3 text-xl font-bold tracking-tight">{text.approvals.earlier}</h2>
            <ul className="panel divide-y divide-line">
              {earlier.map((card) => (
                <EarlierRow key={card.id} card={card} />
              ))}
            </ul>
          </section>
        )}
      </div>
    </Page>
  )
}

function arrange(
  waiting: readonly ApprovalCard[],
  all: readonly ApprovalCard[],
  met: ReadonlySet<string>,
): { here: ApprovalCard[]; earlier: ApprovalCard[] } {
  const newest = new Map<string, ApprovalCard>()
  for (const card of waiting) newest.set(card.id, card)
  // The list of all says more of a card that is decided than a list of pending ones that is a moment older.
  for (const card of all) if (card.state !== 'pending') newest.set(card.id, card)
  const cards = [...newest.values()].sort((left, right) => (left.asked < right.asked ? -1 : 1))
  return {
    here: cards.filter((card) => card.state === 'pending' || met.has(card.id)),
    earlier: cards
      .filter((card) => card.state !== 'pending' && !met.has(card.id))
      .reverse()
      .slice(0, earlierMax),
  }
}

function LiveSign({ live }: { readonly live: boolean }) {
  const text = useText()
  return (
    <span className="flex items-center gap-2 text-sm font-semibold tracking-normal text-muted">
      <span aria-hidden="true" className={`size-2.5 rounded-full ${live ? 'bg-ok' : 'bg-warn'}`} />
      {live ? text.approvals.live : text.approvals.reconnecting}
    </span>
  )
}

/** Says each new request aloud, once. */
function Announcement({ cards }: { readonly cards: readonly ApprovalCard[] }) {
  const { language, text } = useLanguage()
  const heard = useRef<ReadonlySet<string> | undefined>(undefined)
  const [words, setWords] = useState('')
  useEffect(() => {
    const known = heard.current
    const fresh = known === undefined ? [] : cards.filter((card) => !known.has(card.id))
    heard.current = new Set(cards.map((card) => card.id))
    const first = fresh[0]
    if (first !== undefined) setWords(text.approvals.arrived(visibleString(first.sentence[language], 300)))
  }, [cards, language, text])
  return (
    <p aria-live="assertive" className="sr-only">
      {words}
    </p>
  )
}
