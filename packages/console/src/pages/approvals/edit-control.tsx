import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import type { ControlNames } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import type { EditField, Typed } from './edit-values.ts'

/** A text longer than this, or of several lines, gets an area. */
const lineCharacters = 60
const descriptionCharactersMax = 200

interface EditControlProps {
  readonly field: EditField
  readonly typed: string
  readonly wrong: Typed['wrong']
  readonly onType: (typed: string) => void
}

/** One value to change, with what its target says of it. */
export function EditControl({ field, typed, wrong, onType }: EditControlProps) {
  const text = useText()
  const wrongWords = {
    number: text.alternatives.wantsNumber,
    whole: text.alternatives.wantsWhole,
    json: text.alternatives.wantsJson,
  }
  return (
    <Labelled
      label={<code className="font-mono font-semibold">{visibleString(field.name, 80)}</code>}
      help={helpOf(field, text)}
      wrong={wrong === undefined ? undefined : wrongWords[wrong]}
    >
      {(names) => (
        <>
          <Control field={field} typed={typed} names={names} onType={onType} />
          {hidesSomething(typed) && field.kind !== 'secret' && (
            <p className="mt-1 text-sm text-warn">
              {text.alternatives.hiddenCharacters} <ForeignText charactersMax={300}>{typed}</ForeignText>
            </p>
          )}
        </>
      )}
    </Labelled>
  )
}

interface ControlProps {
  readonly field: EditField
  readonly typed: string
  readonly names: ControlNames
  readonly onType: (typed: string) => void
}

function Control({ field, typed, names, onType }: ControlProps) {
  const text = useText()
  const common = {
    ...names,
    value: typed,
    onChange: (event: { readonly target: { readonly value: string } }) => onType(event.target.value),
    className: 'field',
    autoComplete: 'off',
    spellCheck: false,
  }
  if (field.kind === 'yes-no' || field.kind === 'choice') {
    const choices =
      field.kind === 'choice'
        ? field.choices.map((value) => [value, visibleString(value, 80)] as const)
        : ([
            ['true', text.alternatives.yes],
            ['false', text.alternatives.no],
          ] as const)
    return (
      <select {...common}>
        {choices.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    )
  }
  if (field.kind === 'json' || field.typed.length > lineCharacters || field.typed.includes('\n')) {
    return <textarea {...common} rows={Math.min(10, typed.split('\n').length + 1)} />
  }
  const numeric = field.kind === 'number' || field.kind === 'whole'
  return (
    <input
      {...common}
      type={field.kind === 'secret' ? 'password' : 'text'}
      inputMode={numeric ? 'decimal' : undefined}
    />
  )
}

function helpOf(field: EditField, text: ReturnType<typeof useText>): string | undefined {
  if (field.kind === 'secret') return text.alternatives.secret
  const parts = [
    field.description === undefined
      ? undefined
      : `“${visibleString(field.description, descriptionCharactersMax)}”`,
    field.minimum === undefined ? undefined : text.alternatives.atLeast(field.minimum),
    field.maximum === undefined ? undefined : text.alternatives.atMost(field.maximum),
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(' · ')
}

/** Whether something in it would not be seen, or would turn the text around. */
function hidesSomething(typed: string): boolean {
  return visibleString(typed, typed.length) !== typed
}
