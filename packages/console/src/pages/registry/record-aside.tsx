import { Link } from '@tanstack/react-router'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Folded } from '../../ui/folded.tsx'
import { Section } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { stateTones } from './record-state.ts'

const shownDomains = 6
const shownVersions = 5

/** The domains that a record names or answers at, and which of them its organisation proved. */
export function OwnDomains({ view, keeper }: { readonly view: RecordView; readonly keeper: boolean }) {
  const text = useText()
  const { claims, domains = [] } = view
  if (claims.length === 0) return null
  return (
    <Section title={text.ownDomains.title}>
      <Folded items={claims} shown={shownDomains}>
        {(shown) => (
          <ul className="panel divide-y divide-line">
            {shown.map(({ domain, state }) => {
              const proof = domains.find((each) => each.domain === domain)
              return (
                <li key={domain} className="px-4 py-2.5">
                  <div className="font-semibold">{visibleString(domain, 253)}</div>
                  <div className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
                    <StateLabel tone={state === 'proved' ? 'ok' : 'warn'}>
                      {text.life.claimStates[state]}
                    </StateLabel>
                    {proof !== undefined && <Time at={proof.proved} form="date" />}
                  </div>
                </li>
              )
            })}
          </ul>
        )}
      </Folded>
      {keeper && claims.some(({ state }) => state === 'claimed') && (
        <p className="mt-2 text-sm">
          <Link to="/domains" className="font-semibold text-accent underline-offset-4 hover:underline">
            {text.ownDomains.prove}
          </Link>
        </p>
      )}
    </Section>
  )
}

/** Every version that was ever submitted; they never change. */
export function Versions({ view: { versions } }: { readonly view: RecordView }) {
  const text = useText()
  if (versions.length === 0) return null
  return (
    <Section title={text.record.versions}>
      <Folded items={[...versions].reverse()} shown={shownVersions}>
        {(shown) => (
          <ul className="panel divide-y divide-line">
            {shown.map((version) => (
              <li
                key={version.digest}
                className="flex flex-wrap items-baseline justify-between gap-x-3 px-4 py-2.5"
              >
                <span>
                  <span className="font-semibold">{visibleString(version.version, 40)}</span>{' '}
                  <span className="text-sm text-muted">
                    <ShortId>{version.digest}</ShortId>
                  </span>
                </span>
                <StateLabel tone={stateTones[version.state]}>{text.states[version.state]}</StateLabel>
              </li>
            ))}
          </ul>
        )}
      </Folded>
    </Section>
  )
}
