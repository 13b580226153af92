import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import type { ApprovalCard } from '../../api/approval-types.ts'
import type { ActSummary } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { Caller } from './caller.tsx'
import { Logs } from './logs.tsx'

const decisionTones: Readonly<Record<ActSummary['decision'], Tone>> = {
  allow: 'quiet',
  ask: 'warn',
  held: 'accent',
  approved: 'accent',
  refuse: 'danger',
}

const outcomeTones: Readonly<Record<NonNullable<ActSummary['status']>, Tone>> = {
  completed: 'ok',
  failed: 'danger',
  cancelled: 'warn',
  unknown: 'warn',
  'not-observed': 'quiet',
}

/** The node sends no event for each act, so the list asks again this often while somebody looks at it. */
const renewMs = 10_000

/** The newest acts first: what was asked, by whom, how it was decided and how it ended. */
export function ReceiptsPage() {
  const text = useText()
  const acts = useInfiniteQuery({ ...queries.acts(), refetchInterval: renewMs })
  const cards = useQuery(queries.approvals(undefined)).data ?? []
  return (
    <Page title={text.receipts.title} lead={text.receipts.lead}>
      <Loaded query={acts}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.acts)
          if (rows.length === 0) return <p className="panel p-8 text-muted">{text.receipts.empty}</p>
          return (
            <ul className="panel divide-y divide-line overflow-hidden">
              {rows.map((act) => (
                <ActRow key={act.act} act={act} card={cards.find((card) => card.act === act.act)} />
              ))}
            </ul>
          )
        }}
      </Loaded>
      {acts.hasNextPage && (
        <Button className="mt-4" disabled={acts.isFetching} onClick={() => void acts.fetchNextPage()}>
          {text.common.more}
        </Button>
      )}
      <Logs />
    </Page>
  )
}

interface ActRowProps {
  readonly act: ActSummary
  /** What was asked of a person for it, if anything was. */
  readonly card: ApprovalCard | undefined
}

function ActRow({ act, card }: ActRowProps) {
  const text = useText()
  // Before it is decided, the log holds only that somebody was asked; the card says what for.
  const what = act.capability === '' ? (card?.tool.title ?? text.receipts.undecided) : act.capability
  const target = act.target?.title ?? card?.tool.target
  const callers = act.callers.length > 0 ? act.callers : card === undefined ? [] : [card.agent.id]
  return (
    <li className="relative grid gap-x-6 gap-y-1.5 px-4 py-3.5 hover:bg-sunken md:grid-cols-[7.5rem_minmax(0,1fr)_7rem_9rem] md:items-center md:px-6">
      <span className="text-sm text-muted">
        <Time at={act.at} form="short" />
      </span>
      <div className="min-w-0">
        <Link
          to="/receipts/$act"
          params={{ act: act.act }}
          className="font-bold after:absolute after:inset-0"
        >
          <ForeignText charactersMax={100}>{what}</ForeignText>
        </Link>
        <p className="text-sm text-muted">
          {target !== undefined && (
            <>
              <ForeignText charactersMax={80}>{target}</ForeignText>
              {' · '}
            </>
          )}
          <span className="sr-only">{text.receipts.who}: </span>
          <Caller ids={callers} />
          {act.in !== '' && <span> · {visibleString(act.in, 50)}</span>}
        </p>
        {act.reasons !== undefined && act.reasons.length > 0 && act.decision === 'refuse' && (
          <p className="mt-1 font-mono text-[0.8125rem] text-danger">
            {act.reasons.map((reason) => visibleString(reason.code, 60)).join(', ')}
          </p>
        )}
      </div>
      <div className="flex items-center gap-4 md:contents">
        <div>
          <Tag tone={decisionTones[act.decision]}>{text.decisions[act.decision]}</Tag>
        </div>
        <div className="text-sm">
          {act.status !== undefined && (
            <StateLabel tone={outcomeTones[act.status]}>{text.outcomes[act.status]}</StateLabel>
          )}
          {act.status === undefined && (act.decision === 'allow' || act.decision === 'approved') && (
            <StateLabel tone="accent">{text.receipts.under}</StateLabel>
          )}
          {act.durationMs !== undefined && (
            <span className="ml-2 text-muted md:ml-4.5 md:block">{text.receipts.ms(act.durationMs)}</span>
          )}
        </div>
      </div>
    </li>
  )
}
