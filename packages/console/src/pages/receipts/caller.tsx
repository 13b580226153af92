import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { ShortId } from '../../ui/short-id.tsx'

/** Who acted, by name where the name is known here: this person, or a record on the first page of the registry. */
export function Caller({ ids }: { readonly ids: readonly string[] }) {
  const text = useText()
  const { data: me } = useQuery(queries.me())
  const { data: records } = useInfiniteQuery(queries.records('', undefined))
  const id = ids[0]
  if (id === undefined) return <>{text.receipts.someone}</>
  const record = records?.pages.flatMap((page) => page.records).find((each) => each.id === id)
  if (record !== undefined) return <ForeignText charactersMax={60}>{record.title}</ForeignText>
  if (id === me?.person.id) return <>{text.receipts.you}</>
  // Who acts has only a key: a client that this person connected, where theirs is the mandate.
  if (me !== undefined && ids.includes(me.person.id)) return <>{text.receipts.yourClient}</>
  return <ShortId>{id}</ShortId>
}
