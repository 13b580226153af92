import type { ApprovalCard } from '../../api/approval-types.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'

const nameCharactersMax = 80

/** Who stands behind an act, as steps: the person first, whoever asks last. */
export function Chain({ card }: { readonly card: Pick<ApprovalCard, 'agent' | 'chain'> }) {
  const text = useText()
  const steps = (card.chain.length === 0 ? [card.agent] : card.chain).toReversed()
  return (
    <ol className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {steps.map(({ title, id }, at) => (
        <li key={`${at} ${id}`} className="flex min-w-0 items-center gap-2">
          {at > 0 && (
            <>
              <span aria-hidden="true" className="text-muted">
                →
              </span>
              <span className="sr-only">{text.card.whoFor}</span>
            </>
          )}
          <span
            title={id}
            className={`min-w-0 rounded-sm border px-2 leading-6 ${at === steps.length - 1 ? 'border-edge font-semibold' : 'border-line'}`}
          >
            <ForeignText charactersMax={nameCharactersMax}>{shortName(title)}</ForeignText>
          </span>
        </li>
      ))}
    </ol>
  )
}

/** A caller without a name of its own is called by its key, of which nobody reads the middle. */
function shortName(title: string): string {
  return title.startsWith('did:key:') && title.length > 24
    ? `${title.slice(0, 16)}…${title.slice(-6)}`
    : title
}
