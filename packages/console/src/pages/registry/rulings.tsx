import type { RulingKind, SignedRuling } from '@ambit/core/ruling'
import { useText } from '../../i18n/language.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { Caller } from '../receipts/caller.tsx'

const dots: Readonly<Partial<Record<RulingKind, string>>> = {
  activation: 'bg-ok',
  reinstatement: 'bg-ok',
  certificate: 'bg-accent',
  suspension: 'bg-warn',
  recall: 'bg-danger',
}

const shownRulings = 6

/** What authorities said of it, the newest first. */
export function Rulings({ rulings }: { readonly rulings: readonly SignedRuling[] }) {
  const text = useText()
  const newestFirst = [...rulings].sort((left, right) =>
    left.body.notBefore < right.body.notBefore ? 1 : -1,
  )
  return (
    <Section title={text.record.history}>
      {rulings.length === 0 ? (
        <p className="text-muted">{text.record.noHistory}</p>
      ) : (
        <Folded items={newestFirst} shown={shownRulings}>
          {(shown) => (
            <ol className="ml-1.5 border-l-2 border-line">
              {shown.map(({ body }) => (
                <li key={body.id} className="relative pb-5 pl-5 last:pb-0">
                  <span
                    aria-hidden="true"
                    className={`absolute top-1.5 -left-[7px] size-3 rounded-full border-2 border-ground ${dots[body.kind] ?? 'bg-edge'}`}
                  />
                  <div className="font-semibold">{text.rulings[body.kind]}</div>
                  <div className="text-sm text-muted">
                    <Time at={body.notBefore} form="short" />
                    {' · '}
                    {body.person === undefined ? text.record.byNode : <Caller ids={[body.person]} />}
                  </div>
                  {body.note !== undefined && (
                    <p className="mt-1 text-sm">
                      <ForeignText charactersMax={300}>{body.note}</ForeignText>
                    </p>
                  )}
                </li>
              ))}
            </ol>
          )}
        </Folded>
      )}
    </Section>
  )
}
