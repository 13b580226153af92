import { useId } from 'react'
import { useText } from '../../i18n/language.tsx'
import type { DraftField, MandateDraft } from './mandate-draft.ts'

const periods = [
  { ms: 60_000, word: 'minute' },
  { ms: 3_600_000, word: 'hour' },
  { ms: 86_400_000, word: 'day' },
] as const

interface LimitFieldsProps {
  readonly draft: MandateDraft
  readonly missing: readonly DraftField[]
  readonly onChange: (part: Partial<MandateDraft>) => void
}

/** Calls altogether, and calls in a period; both may stay empty. */
export function LimitFields({ draft, missing, onChange }: LimitFieldsProps) {
  const text = useText()
  const callsId = useId()
  const rateId = useId()
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <div>
        <label htmlFor={callsId} className="small-label mb-1 block">
          {text.newMandate.callsLimit} ({text.common.optional})
        </label>
        <input
          id={callsId}
          inputMode="numeric"
          autoComplete="off"
          value={draft.callsMax}
          aria-invalid={missing.includes('callsMax')}
          onChange={(event) => onChange({ callsMax: event.target.value })}
          className="field"
        />
      </div>
      <div>
        <label htmlFor={rateId} className="small-label mb-1 block">
          {text.newMandate.rateLimit} ({text.common.optional})
        </label>
        <div className="grid grid-cols-[minmax(0,1fr)_auto_auto] items-center gap-2">
          <input
            id={rateId}
            inputMode="numeric"
            autoComplete="off"
            value={draft.rateCalls}
            aria-invalid={missing.includes('rateCalls')}
            onChange={(event) => onChange({ rateCalls: event.target.value })}
            className="field"
          />
          <span className="text-muted">{text.newMandate.rateEach}</span>
          <select
            aria-label={text.newMandate.rateEach}
            value={draft.ratePeriodMs}
            onChange={(event) => onChange({ ratePeriodMs: Number(event.target.value) })}
            className="field"
          >
            {periods.map((period) => (
              <option key={period.word} value={period.ms}>
                {text.mandate.periods[period.word]}
              </option>
            ))}
          </select>
        </div>
      </div>
    </div>
  )
}
