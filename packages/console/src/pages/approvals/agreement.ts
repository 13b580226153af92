import { useQuery } from '@tanstack/react-query'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { usePersonName } from './person.ts'

/** How far two people are who must both agree; `mine`: the reader was the first, and one person is never two. */
export function useAgreement(card: ApprovalCard): { readonly words?: string; readonly mine: boolean } {
  const text = useText()
  const { data: me } = useQuery(queries.me())
  const name = usePersonName(card.agreedBy)
  if (!card.obligations.includes('second-person')) return { mine: false }
  if (card.agreedBy === undefined) return { words: text.card.twoPeople, mine: false }
  const mine = card.agreedBy === me?.person.id
  if (mine) return { words: text.card.youAgreed, mine }
  return { words: name === undefined ? text.card.oneAgreed : text.card.agreed(name), mine }
}
