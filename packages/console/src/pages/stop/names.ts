import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import type { Me } from '../../api/types.ts'
import { visibleString } from '../../ui/visible-text.ts'

/** Names of people of the organisation by their id; the list is only read where somebody else is among them. */
export function useNames(me: Me, ids: readonly (string | undefined)[]): (id: string) => string {
  const others = ids.some((id) => id !== undefined && id !== me.person.id)
  const { data: people = [] } = useQuery({ ...queries.people(), enabled: others })
  return (id) => {
    if (id === me.person.id) return visibleString(me.person.name, 60)
    return visibleString(people.find((person) => person.id === id)?.name ?? id, 60)
  }
}
