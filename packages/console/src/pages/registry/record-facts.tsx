import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Fact, Section } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LifeFacts } from './life-facts.tsx'
import { ProofFacts } from './proof-facts.tsx'
import { protocolNames } from './record-row.tsx'
import { stateTones } from './record-state.ts'

/** Who answers for it, where it runs, how it is reached, which versions there are. */
export function RecordFacts({ view }: { readonly view: RecordView }) {
  const text = useText()
  const { record } = view
  return (
    <Section title={text.record.about}>
      <dl className="panel px-4 py-1">
        <Fact name={text.record.responsible}>
          <ForeignText charactersMax={120}>{record.responsible.name}</ForeignText>
          {record.responsible.contact !== undefined && (
            <div className="text-sm text-muted">
              <ForeignText charactersMax={120}>{record.responsible.contact}</ForeignText>
            </div>
          )}
        </Fact>
        <Fact name={text.record.provider}>
          <ForeignText charactersMax={120}>{record.provider.organization}</ForeignText>
        </Fact>
        {record.deployment !== undefined && (
          <Fact name={text.record.deployment}>
            {text.record.places[record.deployment.where]}
            {record.deployment.jurisdiction !== undefined && (
              <>
                , <ForeignText charactersMax={60}>{record.deployment.jurisdiction}</ForeignText>
              </>
            )}
          </Fact>
        )}
        <Fact name={text.record.interfaces}>
          <ul>
            {record.interfaces.map((each) => (
              <li key={`${each.protocol} ${each.url}`}>
                {protocolNames[each.protocol]} {visibleString(each.version, 30)}
                <div className="font-mono text-[0.8125rem] leading-5 text-muted">
                  <ForeignText charactersMax={160}>{each.url}</ForeignText>
                </div>
              </li>
            ))}
          </ul>
        </Fact>
        <LifeFacts view={view} />
        <ProofFacts view={view} />
        <Fact name={text.record.versions}>
          {view.versions.length === 0 && <span className="text-muted">{text.common.none}</span>}
          <ul>
            {view.versions.map((version) => (
              <li key={version.digest} className="flex items-baseline justify-between gap-3">
                <span>
                  {visibleString(version.version, 40)}{' '}
                  <span className="text-muted">
                    <ShortId>{version.digest}</ShortId>
                  </span>
                </span>
                <StateLabel tone={stateTones[version.state]}>{text.states[version.state]}</StateLabel>
              </li>
            ))}
          </ul>
        </Fact>
        <Fact name={text.record.identifier}>
          <code className="font-mono text-[0.8125rem]">{visibleString(record.id, 100)}</code>
        </Fact>
      </dl>
    </Section>
  )
}
