import { Link } from '@tanstack/react-router'
import type { ApprovalCard, ApprovalState } from '../../api/approval-types.ts'
import { useText } from '../../i18n/language.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { usePersonName } from './person.ts'

const approvalTones: Readonly<Record<ApprovalState, Tone>> = {
  pending: 'accent',
  planned: 'accent',
  held: 'accent',
  approved: 'ok',
  performing: 'ok',
  done: 'ok',
  denied: 'danger',
  expired: 'warn',
  void: 'warn',
}

/** The colour of a request: what was approved and then failed is no success. */
export function toneOf({ state, outcome }: Pick<ApprovalCard, 'state' | 'outcome'>): Tone {
  const failed = state === 'done' && outcome !== undefined && outcome.status !== 'completed'
  return failed ? 'warn' : approvalTones[state]
}

const ended: ReadonlySet<ApprovalState> = new Set(['done', 'denied', 'expired', 'void'])

/** What became of a request, in the place where its buttons were. */
export function Decided({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  return (
    <div
      role="status"
      className="flex min-h-22 flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line bg-sunken px-4 py-4 md:px-7"
    >
      <div className="min-w-0">
        <p className="text-lg">
          <StateLabel tone={toneOf(card)}>
            <span className="text-lg">{text.approvals.states[card.state]}</span>
          </StateLabel>
        </p>
        <p className="text-sm text-muted">
          {card.state === 'done' && card.outcome !== undefined
            ? text.approvals.ended[card.outcome.status]
            : text.approvals.stateHelp[card.state]}{' '}
          <DecidedBy card={card} />
        </p>
      </div>
      {ended.has(card.state) && (
        <Link
          to="/receipts/$act"
          params={{ act: card.act }}
          className="font-semibold text-accent underline underline-offset-4"
        >
          {text.approvals.receipt}
        </Link>
      )}
    </div>
  )
}

function DecidedBy({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  const name = usePersonName(card.decidedBy)
  return (
    <>
      {name !== undefined &&
        (name === text.approvals.you ? text.approvals.byYou : text.approvals.decidedBy(name))}
      {card.decidedAt !== undefined && (
        <>
          {' '}
          <Time at={card.decidedAt} form="short" />
        </>
      )}
    </>
  )
}
