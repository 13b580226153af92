import { useInfiniteQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface HolderFieldProps {
  readonly agent: string
  readonly onAgent: (agent: string) => void
}

/** Who the mandate is given to: a client that is connected later, or an active agent. */
export function HolderField({ agent, onAgent }: HolderFieldProps) {
  const text = useText()
  const records = useInfiniteQuery(queries.records('', 'active'))
  const agents = (records.data?.pages ?? [])
    .flatMap((page) => page.records)
    .filter((record) => record.kind === 'agent')
  return (
    <select
      aria-label={text.newMandate.holder}
      value={agent}
      onChange={(event) => onAgent(event.target.value)}
      className="field sm:max-w-md"
    >
      <option value="">{text.newMandate.anyClient}</option>
      {agents.map((record) => (
        <option key={record.slug} value={record.slug}>
          {visibleString(record.title, 80)}
        </option>
      ))}
    </select>
  )
}
