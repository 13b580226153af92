import { useId } from 'react'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import type { ConsentDraft, ConsentField, MoneyRow } from './consent-draft.ts'
import { periodWord } from './consent-sentences.ts'

const periodsMs = [60_000, 3_600_000, 86_400_000]
const rowsMax = 10

interface LimitsProps {
  readonly draft: ConsentDraft
  readonly wrong: readonly ConsentField[]
  readonly onChange: (part: Partial<ConsentDraft>) => void
}

/** How far it may go: calls, calls at a time, money, data. */
export function Limits({ draft, wrong, onChange }: LimitsProps) {
  const text = useText()
  const words = text.consent
  const wrongOf = (field: ConsentField) => (wrong.includes(field) ? words.wrong[field] : undefined)
  const common = { autoComplete: 'off', className: 'field' } as const
  return (
    <div className="grid gap-x-6 sm:grid-cols-2">
      <Labelled label={words.calls} wrong={wrongOf('callsMax')}>
        {(names) => (
          <input
            {...names}
            {...common}
            inputMode="numeric"
            aria-invalid={wrong.includes('callsMax')}
            value={draft.callsMax}
            onChange={(event) => onChange({ callsMax: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled label={words.rate} wrong={wrongOf('rateCalls')}>
        {(names) => (
          <div className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,7rem)] items-center gap-2">
            <input
              {...names}
              {...common}
              inputMode="numeric"
              aria-invalid={wrong.includes('rateCalls')}
              value={draft.rateCalls}
              onChange={(event) => onChange({ rateCalls: event.target.value })}
            />
            <span className="text-muted">{text.newMandate.rateEach}</span>
            <Period periodMs={draft.ratePeriodMs} onPeriod={(ratePeriodMs) => onChange({ ratePeriodMs })} />
          </div>
        )}
      </Labelled>
      <Money rows={draft.money} wrong={wrongOf('money')} onRows={(money) => onChange({ money })} />
      <Labelled label={words.data} wrong={wrongOf('megabytes')}>
        {(names) => (
          <input
            {...names}
            {...common}
            inputMode="decimal"
            aria-invalid={wrong.includes('megabytes')}
            value={draft.megabytes}
            onChange={(event) => onChange({ megabytes: event.target.value })}
          />
        )}
      </Labelled>
    </div>
  )
}

interface PeriodProps {
  readonly periodMs: number
  readonly onPeriod: (periodMs: number) => void
}

/** A client may have proposed a period that has no word; then it stands beside the usual ones. */
function Period({ periodMs, onPeriod }: PeriodProps) {
  const text = useText()
  const all = periodsMs.includes(periodMs) ? periodsMs : [...periodsMs, periodMs]
  return (
    <select
      aria-label={text.newMandate.rateEach}
      value={periodMs}
      onChange={(event) => onPeriod(Number(event.target.value))}
      className="field"
    >
      {all.map((each) => (
        <option key={each} value={each}>
          {periodWord(each, text)}
        </option>
      ))}
    </select>
  )
}

interface MoneyProps {
  readonly rows: readonly MoneyRow[]
  readonly wrong: string | undefined
  readonly onRows: (rows: readonly MoneyRow[]) => void
}

function Money({ rows, wrong, onRows }: MoneyProps) {
  const text = useText().consent
  const helpId = useId()
  const shown = rows.length === 0 ? [{ amount: '', currency: '' }] : rows
  const change = (at: number, part: Partial<MoneyRow>) =>
    onRows(shown.map((row, each) => (each === at ? { ...row, ...part } : row)))
  return (
    <fieldset className="mb-4 min-w-0" aria-describedby={helpId}>
      <legend className="small-label mb-1">{text.money}</legend>
      {shown.map((row, at) => (
        <div key={at} className="mb-2 grid grid-cols-[minmax(0,1fr)_6rem] gap-2">
          <input
            aria-label={text.amount}
            autoComplete="off"
            inputMode="decimal"
            aria-invalid={wrong !== undefined}
            value={row.amount}
            onChange={(event) => change(at, { amount: event.target.value })}
            className="field"
          />
          <input
            aria-label={text.currency}
            autoComplete="off"
            autoCapitalize="characters"
            placeholder="EUR"
            maxLength={3}
            aria-invalid={wrong !== undefined}
            value={row.currency}
            onChange={(event) => change(at, { currency: event.target.value.toUpperCase() })}
            className="field uppercase"
          />
        </div>
      ))}
      <div id={helpId} className="text-sm">
        {wrong === undefined ? (
          <p className="text-muted">{text.moneyHelp}</p>
        ) : (
          <p role="alert" className="font-semibold text-danger">
            {wrong}
          </p>
        )}
      </div>
      {rows.length > 0 && rows.length < rowsMax && (
        <Button
          size="small"
          kind="quiet"
          className="mt-1 -ml-3"
          onClick={() => onRows([...rows, { amount: '', currency: '' }])}
        >
          {text.addCurrency}
        </Button>
      )}
    </fieldset>
  )
}
