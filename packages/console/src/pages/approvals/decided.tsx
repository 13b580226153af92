import { Link } from '@tanstack/react-router'
import type { ApprovalCard, ApprovalState } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'

export const approvalTones: Readonly<Record<ApprovalState, Tone>> = {
  pending: 'accent',
  approved: 'ok',
  performing: 'ok',
  done: 'ok',
  denied: 'danger',
  expired: 'warn',
  void: 'warn',
}

/** What became of a request, in the place where its buttons were. */
export function Decided({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  return (
    <div
      role="status"
      className="flex min-h-22 flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line bg-sunken px-5 py-4 md:px-7"
    >
      <div>
        <p className="text-lg">
          <StateLabel tone={approvalTones[card.state]}>
            <span className="text-lg">{text.approvals.states[card.state]}</span>
          </StateLabel>
        </p>
        <p className="text-sm text-muted">
          {text.approvals.stateHelp[card.state]}
          {card.decidedAt !== undefined && (
            <>
              {' '}
              <Time at={card.decidedAt} form="short" />
            </>
          )}
        </p>
      </div>
      {card.state === 'done' && (
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
