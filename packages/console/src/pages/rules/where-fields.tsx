import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { Effect } from '@ambit/core/record'
import { queries } from '../../api/queries.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { comparisons } from './rule-draft.ts'
import type { RuleDraft, WrongField } from './rule-draft.ts'

const effects: readonly Effect[] = ['read', 'write', 'egress', 'pay', 'identity', 'physical']

interface WhereFieldsProps {
  readonly draft: RuleDraft
  readonly wrong: readonly WrongField[]
  readonly onChange: (part: Partial<RuleDraft>) => void
}

/** Which acts a rule is about: what is used, what that does, and the narrower clauses folded below. */
export function WhereFields(props: WhereFieldsProps) {
  const { draft, onChange } = props
  const text = useText()
  // What is wrong in it opens it, and it stays open.
  const [open, setOpen] = useState(false)
  const records = useInfiniteQuery(queries.records('', undefined))
  const record = useQuery({ ...queries.record(draft.target), enabled: draft.target !== '*' })
  const listed = records.data?.pages.flatMap((page) => page.records) ?? []
  return (
    <>
      <div className="grid gap-x-4 sm:grid-cols-2">
        <Labelled label={text.newRule.target}>
          {(names) => (
            <select
              {...names}
              value={draft.target}
              onChange={(event) => onChange({ target: event.target.value, capability: '*', argument: '' })}
              className="field"
            >
              <option value="*">{text.newRule.anyTarget}</option>
              {listed.map(({ slug, title }) => (
                <option key={slug} value={slug}>
                  {visibleString(title, 60)}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled label={text.newRule.capability}>
          {(names) => (
            <select
              {...names}
              value={draft.capability}
              disabled={draft.target === '*'}
              onChange={(event) => onChange({ capability: event.target.value })}
              className="field"
            >
              <option value="*">{text.newRule.anyCapability}</option>
              {record.data?.capabilities.map(({ id, name }) => (
                <option key={id} value={id}>
                  {visibleString(name, 60)}
                </option>
              ))}
            </select>
          )}
        </Labelled>
      </div>
      <Labelled label={text.newRule.effect}>
        {(names) => (
          <select
            {...names}
            value={draft.effect}
            onChange={(event) =>
              onChange({ effect: effects.find((each) => each === event.target.value) ?? '' })
            }
            className="field"
          >
            <option value="">{text.rule.anyEffect}</option>
            {effects.map((effect) => (
              <option key={effect} value={effect}>
                {text.rule.effects[effect]}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <details
        className="mb-4"
        open={open || props.wrong.length > 0}
        onToggle={(event) => setOpen(event.currentTarget.open)}
      >
        <summary className="w-fit rounded-sm py-1.5 font-semibold text-accent">{text.newRule.only}</summary>
        <Narrower {...props} argumentsKnown={argumentsOf(record.data, draft.capability)} />
      </details>
    </>
  )
}

/** Names of a tool's arguments, as its definition has them. */
function argumentsOf(view: RecordView | undefined, capability: string): readonly string[] {
  const schema: unknown = view?.record.capabilities.find(({ id }) => id === capability)?.inputSchema
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return []
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).slice(0, 100) : []
}

interface NarrowerProps extends WhereFieldsProps {
  readonly argumentsKnown: readonly string[]
}

function Narrower({ draft, wrong, onChange, argumentsKnown }: NarrowerProps) {
  const text = useText()
  const wordOf = (...fields: readonly WrongField[]) => {
    const field = fields.find((each) => wrong.includes(each))
    return field === undefined ? undefined : text.newRule.wrong[field]
  }
  return (
    <div className="pt-2">
      <Argument
        draft={draft}
        argumentsKnown={argumentsKnown}
        wrong={wordOf('value', 'number')}
        onChange={onChange}
      />
      <div className="grid grid-cols-[minmax(0,1fr)_7rem] gap-x-4">
        <Labelled
          label={text.newRule.amount}
          help={text.newRule.amountHelp}
          wrong={wordOf('amount', 'currency')}
        >
          {(names) => (
            <input
              {...names}
              inputMode="decimal"
              autoComplete="off"
              maxLength={20}
              value={draft.amount}
              onChange={(event) => onChange({ amount: event.target.value })}
              className="field"
            />
          )}
        </Labelled>
        <Labelled label={text.newRule.currency}>
          {(names) => (
            <input
              {...names}
              autoComplete="off"
              maxLength={3}
              value={draft.currency}
              onChange={(event) => onChange({ currency: event.target.value })}
              className="field uppercase"
            />
          )}
        </Labelled>
      </div>
      <Labelled label={text.newRule.places} help={text.newRule.placesHelp} wrong={wordOf('places')}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            maxLength={6000}
            value={draft.places}
            onChange={(event) => onChange({ places: event.target.value })}
            className="field"
          />
        )}
      </Labelled>
    </div>
  )
}

interface ArgumentProps extends Pick<NarrowerProps, 'draft' | 'argumentsKnown' | 'onChange'> {
  readonly wrong: string | undefined
}

function Argument({ draft, argumentsKnown, wrong, onChange }: ArgumentProps) {
  const text = useText()
  const listId = useId()
  return (
    <div className="grid gap-x-4 sm:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
      <Labelled label={text.newRule.argument} help={text.newRule.argumentHelp}>
        {(names) => (
          <>
            <input
              {...names}
              list={listId}
              autoComplete="off"
              maxLength={200}
              value={draft.argument}
              onChange={(event) => onChange({ argument: event.target.value })}
              className="field font-mono"
            />
            <datalist id={listId}>
              {argumentsKnown.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Labelled>
      <Labelled label={text.newRule.compare}>
        {(names) => (
          <select
            {...names}
            value={draft.comparison}
            onChange={(event) => {
              const comparison = comparisons.find((each) => each === event.target.value)
              if (comparison !== undefined) onChange({ comparison })
            }}
            className="field"
          >
            {comparisons.map((each) => (
              <option key={each} value={each}>
                {text.mandate.constraints[each]}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <Labelled label={text.newRule.value} wrong={wrong}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            maxLength={2000}
            value={draft.value}
            onChange={(event) => onChange({ value: event.target.value })}
            className="field"
          />
        )}
      </Labelled>
    </div>
  )
}
