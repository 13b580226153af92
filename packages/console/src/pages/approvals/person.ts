import { useQuery } from '@tanstack/react-query'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { visibleString } from '../../ui/visible-text.ts'

const nameCharactersMax = 80

/** What a person is called, for a sentence; `you` for the reader, undefined for who is no longer here. */
export function usePersonName(id: string | undefined): string | undefined {
  const text = useText()
  const { data: me } = useQuery(queries.me())
  const { data: people } = useQuery({
    ...queries.people(),
    enabled: id !== undefined && id !== me?.person.id,
  })
  if (id === me?.person.id) return text.approvals.you
  const name = people?.find((person) => person.id === id)?.name
  return name === undefined ? undefined : visibleString(name, nameCharactersMax)
}

/** Whether it is the reader's to decide; the node has the last word. */
export function useMayDecide(mode: ApprovalCard['mode'], subject: string | undefined): boolean {
  const { data: me } = useQuery(queries.me())
  if (me === undefined) return false
  if (me.person.id === subject) return true
  return mode !== 'draft' && me.roles.some((role) => role === 'owner' || role === 'approver')
}

/** The person in whose name an act would happen stands at the end of its chain. */
export function subjectOf({ chain }: Pick<ApprovalCard, 'chain'>): string | undefined {
  return chain.at(-1)?.id
}
