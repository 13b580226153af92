import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { stateTones } from './record-state.ts'

const shownSupplies = 6

/** The bill of materials; of what is registered here, how that very version stands. */
export function Supplies({ view: { supplies } }: { readonly view: RecordView }) {
  const text = useText()
  if (supplies.length === 0) return null
  return (
    <Section
      title={
        <>
          {text.made.title} <span className="font-normal text-muted">{supplies.length}</span>
        </>
      }
    >
      <Folded items={supplies} shown={shownSupplies}>
        {(shown) => (
          <ul className="panel divide-y divide-line">
            {shown.map(({ kind, name, version, digest, state }, at) => (
              <li
                key={`${at} ${name}`}
                className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1 px-4 py-2.5 md:px-5"
              >
                <div className="min-w-0">
                  <span className="font-semibold">
                    <ForeignText charactersMax={160}>{`${name} ${version ?? ''}`.trim()}</ForeignText>
                  </span>{' '}
                  <span className="text-sm text-muted">
                    {text.made.kinds[kind] ?? visibleString(kind, 40)}
                    {digest !== undefined && (
                      <>
                        {' · '}
                        <ShortId>{digest}</ShortId>
                      </>
                    )}
                  </span>
                </div>
                {state === undefined ? (
                  <span className="text-sm text-muted">{text.made.unknown}</span>
                ) : (
                  <StateLabel tone={stateTones[state]}>{text.states[state]}</StateLabel>
                )}
              </li>
            ))}
          </ul>
        )}
      </Folded>
    </Section>
  )
}
