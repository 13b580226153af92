import { useText } from '../../i18n/language.tsx'
import { Tick } from '../../ui/tick.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { Constraints } from '../mandates/allow-list.tsx'
import type { Decision, Offer } from './consent-draft.ts'

const decisions: readonly Decision[] = ['default', 'autonomous', 'ask', 'user']

interface OfferRowProps {
  readonly offer: Offer
  readonly decision: Decision | undefined
  readonly onDecide: (decision: Decision | undefined) => void
}

/** One capability: whether it may be used, within which bounds, and who decides. */
export function OfferRow({ offer, decision, onDecide }: OfferRowProps) {
  const text = useText()
  const name = visibleString(offer.entry.capability, 120)
  return (
    <li className="flex flex-wrap items-center gap-x-4">
      <Tick state={decision !== undefined} onTick={(ticked) => onDecide(ticked ? 'default' : undefined)}>
        <span className="min-w-0">
          <code className="font-mono text-[0.9375rem]">{name}</code>
          {offer.reversibility === 3 && offer.effect !== 'read' && (
            <span className="ml-2 text-sm font-semibold text-danger">{text.reversibility[3]}</span>
          )}
          <Constraints entry={offer.entry} />
        </span>
      </Tick>
      {decision !== undefined && <DecisionField name={name} decision={decision} onDecide={onDecide} />}
    </li>
  )
}

interface DecisionFieldProps {
  readonly name: string
  readonly decision: Decision
  readonly onDecide: (decision: Decision) => void
}

export function DecisionField({ name, decision, onDecide }: DecisionFieldProps) {
  const text = useText()
  return (
    <select
      aria-label={text.newMandate.decide(name)}
      title={text.mandate.decisionHelp[decision]}
      value={decision}
      onChange={(event) => {
        const chosen = decisions.find((each) => each === event.target.value)
        if (chosen !== undefined) onDecide(chosen)
      }}
      className="field my-1 ml-8 w-auto max-w-60 sm:ml-0 sm:min-h-9 sm:py-1"
    >
      {decisions.map((each) => (
        <option key={each} value={each}>
          {text.mandate.decision[each]}
        </option>
      ))}
    </select>
  )
}
