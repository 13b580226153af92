import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'

/** What a person of the organisation is called: text of theirs, to be shown like any other. */
export function usePersonName(): (id: string) => string {
  const text = useText().people
  const { data: people } = useQuery(queries.people())
  const { data: me } = useQuery(queries.me())
  return (id) => (id === me?.person.id ? text.you : (people?.find((each) => each.id === id)?.name ?? id))
}
