import { Link } from '@tanstack/react-router'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { toneOf } from './decided.tsx'

/** A decided request in one line. */
export function EarlierRow({ card }: { readonly card: ApprovalCard }) {
  const { language, text } = useLanguage()
  return (
    <li className="relative px-4 py-3.5 hover:bg-sunken md:px-5">
      <Link
        to="/approvals/$id"
        params={{ id: card.id }}
        className="font-semibold after:absolute after:inset-0"
      >
        <ForeignText charactersMax={160}>{card.sentence[language]}</ForeignText>
      </Link>
      <p className="mt-1 flex flex-wrap items-center justify-between gap-x-4 text-sm text-muted">
        <StateLabel tone={toneOf(card)}>{text.approvals.states[card.state]}</StateLabel>
        <Time at={card.decidedAt ?? card.expires} form="short" />
      </p>
    </li>
  )
}
