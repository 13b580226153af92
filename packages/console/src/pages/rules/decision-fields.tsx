import { useText } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import type { Obligation, RuleDraft } from './rule-draft.ts'

const decisions = ['ask', 'user', 'refuse'] as const
const obligations: readonly Obligation[] = ['step-up', 'second-person']
/** 0: until it is removed. */
const spans = [0, 1, 7, 30, 90]

interface DecisionFieldsProps {
  readonly draft: RuleDraft
  readonly onChange: (part: Partial<RuleDraft>) => void
}

/** What a rule decides, what goes with it, why, and for how long. */
export function DecisionFields({ draft, onChange }: DecisionFieldsProps) {
  const text = useText()
  const words = draft.scope === 'mine' ? text.rule.decision : text.rule.decisionOurs
  return (
    <>
      <fieldset className="mb-3">
        <legend className="small-label mb-1">{text.newRule.decide}</legend>
        <div className="grid gap-2 sm:grid-cols-3">
          {decisions.map((decision) => (
            <label
              key={decision}
              className="flex min-h-11 cursor-pointer items-center gap-3 rounded-md border border-edge px-3 py-2 font-semibold has-checked:border-accent has-checked:bg-wash"
            >
              <input
                type="radio"
                name="decision"
                checked={draft.decision === decision}
                onChange={() => onChange({ decision })}
                className="size-5 shrink-0 accent-accent"
              />
              {words[decision]}
            </label>
          ))}
        </div>
        <p className="mt-1.5 text-sm text-muted">{text.rule.decisionHelp[draft.decision]}</p>
      </fieldset>
      {draft.decision === 'ask' && <Obligations draft={draft} onChange={onChange} />}
      <div className="grid gap-x-4 sm:grid-cols-2">
        <Labelled label={`${text.newRule.note} (${text.common.optional})`}>
          {(names) => (
            <input
              {...names}
              autoComplete="off"
              maxLength={2000}
              value={draft.note}
              onChange={(event) => onChange({ note: event.target.value })}
              className="field"
            />
          )}
        </Labelled>
        <Labelled label={text.newRule.days}>
          {(names) => (
            <select
              {...names}
              value={draft.days}
              onChange={(event) => onChange({ days: Number(event.target.value) })}
              className="field"
            >
              {spans.map((days) => (
                <option key={days} value={days}>
                  {days === 0 ? text.newRule.forever : text.newMandate.days(days)}
                </option>
              ))}
            </select>
          )}
        </Labelled>
      </div>
    </>
  )
}

function Obligations({ draft, onChange }: DecisionFieldsProps) {
  const text = useText()
  return (
    <fieldset className="mb-3">
      <legend className="small-label">{text.newRule.obligations}</legend>
      <div className="flex flex-wrap gap-x-6">
        {obligations.map((each) => (
          <label key={each} className="flex min-h-11 items-center gap-3">
            <input
              type="checkbox"
              checked={draft.obligations.includes(each)}
              onChange={(event) =>
                onChange({
                  obligations: obligations.filter((one) =>
                    one === each ? event.target.checked : draft.obligations.includes(one),
                  ),
                })
              }
              className="size-5 accent-accent"
            />
            {text.rule.obligations[each]}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
