import { useText } from '../../i18n/language.tsx'
import { ForeignBlock } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'

/** Contents behind commitments, shown only of a receipt that was verified, so that its shape is known. */
export function Openings({ receipt }: { readonly receipt: unknown }) {
  const text = useText()
  const { openings = [] } = receipt as {
    readonly openings?: readonly { index: number; field: string; value?: unknown; text?: string }[]
  }
  if (openings.length === 0) return null
  return (
    <Section title={text.receipt.openingsTitle}>
      <dl className="space-y-4">
        {openings.map((opening) => (
          <div key={`${opening.index} ${opening.field}`}>
            <dt className="small-label mb-1">
              {text.receipt.entry(opening.index)} ·{' '}
              <code className="font-mono">{visibleString(opening.field, 100)}</code>
            </dt>
            <dd>
              <ForeignBlock mono charactersMax={8000}>
                {opening.text ?? JSON.stringify(opening.value, undefined, 2)}
              </ForeignBlock>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}
