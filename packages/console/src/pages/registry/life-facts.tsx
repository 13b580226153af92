import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Fact } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { stateTones } from './record-state.ts'

/** Whether a record was taken away, which domains it names, and what it is made of. */
export function LifeFacts({ view: { takedown, claims, supplies } }: { readonly view: RecordView }) {
  const text = useText()
  return (
    <>
      {takedown !== undefined && (
        <Fact name={text.life.takenDown}>
          <ForeignText charactersMax={2000}>{takedown.reason}</ForeignText>
          <div className="text-sm text-muted">
            <Time at={takedown.since} form="date" />. {text.life.takenDownBy}
          </div>
        </Fact>
      )}
      {claims.length > 0 && (
        <Fact name={text.life.claims}>
          <ul>
            {claims.map(({ domain, state }) => (
              <li key={domain} className="flex items-baseline justify-between gap-3">
                <span>{visibleString(domain, 253)}</span>
                <span className="text-sm text-muted">{text.life.claimStates[state]}</span>
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {supplies.length > 0 && (
        <Fact name={text.life.supplies}>
          <ul>
            {supplies.map(({ name, version, digest, state }) => (
              <li key={`${name} ${digest ?? version}`} className="flex items-baseline justify-between gap-3">
                <ForeignText charactersMax={160}>{`${name} ${version ?? ''}`}</ForeignText>
                {state !== undefined && (
                  <StateLabel tone={stateTones[state]}>{text.states[state]}</StateLabel>
                )}
              </li>
            ))}
          </ul>
        </Fact>
      )}
    </>
  )
}
