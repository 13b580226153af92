import type { Allow, Constraint } from '@ambit/core/mandate'
import type { Dictionary } from '../../i18n/en.ts'
import { useText } from '../../i18n/language.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'

/** What a mandate allows, entry by entry. */
export function AllowList({ allow }: { readonly allow: readonly Allow[] }) {
  const text = useText()
  return (
    <ul className="panel divide-y divide-line">
      {allow.map((entry, at) => (
        <li
          key={`${at} ${entry.target} ${entry.capability}`}
          className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1.5 p-4 md:px-5"
        >
          <div className="min-w-0">
            {entry.capability === '*' ? (
              <span className="font-bold">{text.mandate.everything}</span>
            ) : (
              <code className="font-mono font-bold">{visibleString(entry.capability, 120)}</code>
            )}{' '}
            <span className="text-muted">{text.mandate.of}</span>{' '}
            <span>{entry.target === '*' ? text.mandate.anyone : visibleString(entry.target, 100)}</span>
            <Constraints entry={entry} />
          </div>
          <Tag
            tone={
              entry.decision === 'autonomous' ? 'warn' : entry.decision === undefined ? 'quiet' : 'accent'
            }
          >
            {text.mandate.decision[entry.decision ?? 'default']}
          </Tag>
        </li>
      ))}
    </ul>
  )
}

/** What bounds an entry beside its target and capability. */
export function Constraints({ entry }: { readonly entry: Allow }) {
  const text = useText()
  const constraints = Object.entries(entry.arguments ?? {})
  if (constraints.length === 0 && entry.effect === undefined) return null
  return (
    <ul className="mt-1 text-sm text-muted">
      {entry.effect !== undefined && <li>{text.mandate.upTo(text.effects[entry.effect])}</li>}
      {constraints.map(([name, constraint]) => (
        <li key={name}>
          {text.mandate.only} <code className="font-mono">{visibleString(name, 60)}</code>{' '}
          {constraintWords(constraint, text)}
        </li>
      ))}
    </ul>
  )
}

const bounds = ['eq', 'in', 'prefix', 'min', 'max'] as const

/** Every bound given, in words; values as JSON, so that text is told from numbers. */
function constraintWords(constraint: Constraint, text: Dictionary): string {
  return bounds
    .filter((bound) => constraint[bound] !== undefined)
    .map(
      (bound) =>
        `${text.mandate.constraints[bound]} ${visibleString(JSON.stringify(constraint[bound]), 200)}`,
    )
    .join(', ')
}
