import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { use, useState } from 'react'
import type { ApprovalList, Plan } from '../../api/approval-types.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { LiveContext } from '../frame/live.ts'
import { Announcement } from './announcement.tsx'
import { Card } from './card.tsx'
import { EarlierRow } from './earlier-row.tsx'
import { arrange, listKey } from './inbox.ts'
import type { Entry } from './inbox.ts'
import { PlanCard } from './plan-card.tsx'
import { TogetherCard } from './together-card.tsx'
import { toggled } from './toggled.ts'

/** The inbox: requests, plans, and what lies in the outbox. */
export function ApprovalsPage() {
  const text = useText()
  const live = use(LiveContext)
  const pending = useQuery(queries.approvals('pending'))
  const inbox = useInbox()
  const { waiting, here, earlier, rest, focus } = inbox
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
      actions={
        <Link
          to="/approvals/standing"
          className={`${buttonClass({ size: 'small', kind: 'quiet' })} max-md:-ml-3 md:-mr-3`}
        >
          {text.standing.link}
        </Link>
      }
    >
      <Announcement cards={waiting} />
      <div className="grid gap-x-10 gap-y-12 lg:grid-cols-[minmax(0,42rem)_minmax(0,1fr)]">
        <div className="min-w-0">
          {rest && <RestNotice />}
          <Loaded query={pending}>
            {() => (here.length === 0 ? <Empty /> : <Entries inbox={inbox} focus={focus} />)}
          </Loaded>
        </div>
        {earlier.length > 0 && (
          <section className="min-w-0">
            <h2 className="mb-3 text-xl font-bold tracking-tight lg:text-base">{text.approvals.earlier}</h2>
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

function useInbox() {
  const pending = useQuery(queries.approvals('pending'))
  const held = useQuery(queries.approvals('held'))
  const all = useQuery(queries.approvals(undefined))
  const together = useQuery(queries.approvalLists())
  const plans = useQuery(queries.plans())
  const [met, setMet] = useState<ReadonlySet<string>>(new Set())
  const [metPlans, setMetPlans] = useState<ReadonlyMap<string, Plan>>(new Map())
  const [asLists, setAsLists] = useState<ReadonlySet<string>>(new Set())
  const [focus, setFocus] = useState<string>()

  const waiting = [...(pending.data ?? []), ...(held.data ?? [])]
  const fresh = waiting.filter((card) => !met.has(card.id))
  if (fresh.length > 0) setMet(new Set([...met, ...fresh.map((card) => card.id)]))
  const freshPlans = (plans.data ?? []).filter((plan) => !metPlans.has(plan.id))
  if (freshPlans.length > 0)
    setMetPlans(new Map([...metPlans, ...freshPlans.map((plan) => [plan.id, plan] as const)]))

  const { rest = false, lists = [] } = together.data ?? {}
  const shown = lists.filter((list) => rest || asLists.has(listKey(list)))
  const arranged = arrange({
    waiting,
    all: all.data ?? [],
    plans: [...metPlans.values()],
    lists: shown,
    met,
  })
  // What is there when one comes has the focus; what comes later never takes it from where one is.
  const settled =
    freshPlans.length === 0 && [pending, held, together, plans].every((query) => !query.isPending)
  if (focus === undefined && settled) setFocus(arranged.here[0]?.id ?? '')
  const toggle = (list: ApprovalList) => setAsLists(toggled(asLists, listKey(list)))
  return { ...arranged, waiting, rest, lists, focus, toggle }
}

interface EntriesProps {
  readonly inbox: ReturnType<typeof useInbox>
  readonly focus: string | undefined
}

function Entries({ inbox: { here, lists, rest, toggle }, focus }: EntriesProps) {
  return (
    <ul className="space-y-5">
      {here.map((entry) => (
        <li key={entry.id} className="arrives">
          {entry.kind === 'card' && <Card card={entry.card} focused={entry.id === focus} />}
          {entry.kind === 'plan' && <MetPlan plan={entry.plan} focused={entry.id === focus} />}
          {entry.kind === 'list' && (
            <TogetherCard
              list={entry.list}
              focused={entry.id === focus}
              onCards={rest ? undefined : () => toggle(entry.list)}
            />
          )}
          <Offer entry={entry} lists={lists} onList={toggle} />
        </li>
      ))}
    </ul>
  )
}

interface OfferProps {
  readonly entry: Entry
  readonly lists: readonly ApprovalList[]
  readonly onList: (list: ApprovalList) => void
}

/** Below the first of several requests of one agent: they can be answered as one list. */
function Offer({ entry, lists, onList }: OfferProps) {
  const text = useText()
  if (entry.kind !== 'card') return null
  const list = lists.find(({ approvals }) => approvals.length > 1 && approvals[0]?.id === entry.id)
  if (list === undefined) return null
  return (
    <p className="mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 rounded-md bg-wash py-1.5 pr-1.5 pl-4 md:pl-7">
      {text.lists.offer(list.approvals.length)}
      <Button kind="quiet" size="small" onClick={() => onList(list)}>
        {text.lists.asList}
      </Button>
    </p>
  )
}

/** A plan as it is now, also after it was decided. */
function MetPlan({ plan, focused }: { readonly plan: Plan; readonly focused: boolean }) {
  const now = useQuery({ ...queries.plan(plan.id), initialData: plan })
  return <PlanCard plan={now.data} focused={focused} />
}

function Empty() {
  const text = useText()
  return (
    <div className="panel px-6 py-10">
      <p className="text-xl font-bold">{text.approvals.empty}</p>
      <p className="mt-1 text-muted">{text.approvals.emptyHelp}</p>
    </div>
  )
}

function RestNotice() {
  const text = useText()
  return (
    <div role="status" className="mb-5 rounded-md border border-warn bg-warn-wash px-4 py-3 md:px-7">
      <p className="font-bold text-warn">{text.lists.rest}</p>
      <p className="mt-1">{text.lists.restHelp}</p>
    </div>
  )
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
