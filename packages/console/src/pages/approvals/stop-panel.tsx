import { useState } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import type { Denial } from '../../api/approvals.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import type { Saying } from './answer.tsx'
import { useArmed } from './arming.ts'
import { DecidingButton } from './deciding-button.tsx'
import { PanelButtons } from './narrow-panel.tsx'

const noteCharactersMax = 2000

interface StopPanelProps {
  readonly card: ApprovalCard
  readonly say: Saying
  readonly onBack: () => void
}

/** Refuses, and stops whoever asked. */
export function StopPanel({ card, say, onBack }: StopPanelProps) {
  const text = useText()
  const armed = useArmed(card.digest)
  const [stop, setStop] = useState<NonNullable<Denial['stop']>>('agent')
  const [note, setNote] = useState('')
  const words = note.trim()
  const choices = [
    {
      what: 'agent',
      name: text.alternatives.stopAgent,
      foreign: card.agent.title,
      help: text.alternatives.stopAgentHelp,
    },
    { what: 'mandate', name: text.alternatives.stopMandate, foreign: card.mandate.purpose, help: undefined },
  ] as const
  return (
    <section aria-label={text.alternatives.stopTitle}>
      <h3 className="text-lg font-bold tracking-tight">{text.alternatives.stopTitle}</h3>
      <p className="mt-1">{text.alternatives.stopHelp}</p>
      <div role="radiogroup" aria-label={text.alternatives.stopTitle} className="mt-3 space-y-2">
        {choices.map(({ what, name, foreign, help }) => (
          <label key={what} className="flex cursor-pointer items-start gap-3">
            <input
              type="radio"
              name={`stop-${card.id}`}
              checked={stop === what}
              onChange={() => setStop(what)}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              {name} “<ForeignText charactersMax={120}>{foreign}</ForeignText>”
              {help !== undefined && <span className="block text-sm text-muted">{help}</span>}
            </span>
          </label>
        ))}
      </div>
      <div className="mt-3">
        <Labelled label={`${text.alternatives.note} (${text.common.optional})`}>
          {(names) => (
            <input
              {...names}
              value={note}
              maxLength={noteCharactersMax}
              onChange={(event) => setNote(event.target.value)}
              className="field"
            />
          )}
        </Labelled>
      </div>
      <PanelButtons onBack={onBack}>
        <DecidingButton
          kind="grave"
          ready={armed && !say.isPending && !say.isSuccess}
          onClick={() =>
            say.mutate({ yes: false, denial: { stop, ...(words === '' ? {} : { note: words }) } })
          }
        >
          {say.isPending ? text.approvals.sending : text.alternatives.stopDo}
        </DecidingButton>
      </PanelButtons>
    </section>
  )
}
