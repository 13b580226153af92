import type { ReactNode } from 'react'
import type { RecordView } from '../../api/types.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { regionName } from '../../ui/region-name.ts'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { livenessTones, percent } from './liveness-words.ts'
import { protocolNames } from './record-row.tsx'

/** The six things that are asked of any agent, answered at the top of its page. */
export function Glance({ view }: { readonly view: RecordView }) {
  const text = useText().glance
  const { id } = view.record
  return (
    <section className="panel mb-8 overflow-hidden md:mb-10">
      <dl className="grid gap-px bg-line sm:grid-cols-2 lg:grid-cols-3">
        <Maker view={view} />
        <Cell name={text.answers}>
          <Main>
            <ForeignText charactersMax={120}>{view.record.responsible.name}</ForeignText>
          </Main>
          {view.record.responsible.contact !== undefined && (
            <Beside>
              <ForeignText charactersMax={160}>{view.record.responsible.contact}</ForeignText>
            </Beside>
          )}
        </Cell>
        <Runs view={view} />
        <Speaks view={view} />
        <Certified view={view} />
        <Answered view={view} />
      </dl>
      <div className="flex items-center justify-between gap-4 border-t border-line bg-sunken px-4 py-2 md:px-5">
        <p className="min-w-0">
          <span className="small-label">{text.code}</span>{' '}
          <code className="font-mono text-[0.8125rem] select-all">{visibleString(id, 100)}</code>
        </p>
        <CopyButton value={id} />
      </div>
    </section>
  )
}

function Cell({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0 bg-surface px-4 py-3 md:px-5 md:py-4">
      <dt className="small-label">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}

function Main({ children }: { readonly children: ReactNode }) {
  return <div className="leading-snug font-semibold">{children}</div>
}

function Beside({ children }: { readonly children: ReactNode }) {
  return <div className="mt-0.5 text-sm text-muted">{children}</div>
}

function Maker({ view: { record } }: { readonly view: RecordView }) {
  const { language, text } = useLanguage()
  const { organization, department, country, license, contact } = record.provider
  const facts = [
    department,
    country === undefined ? undefined : regionName(country, language),
    license === undefined ? undefined : text.glance.license(license),
    contact,
  ].filter((each) => each !== undefined)
  return (
    <Cell name={text.glance.maker}>
      <Main>
        {organization === '' ? (
          <span className="text-muted">{text.glance.notSaid}</span>
        ) : (
          <ForeignText charactersMax={120}>{organization}</ForeignText>
        )}
      </Main>
      {facts.length > 0 && (
        <Beside>
          <ForeignText charactersMax={300}>{facts.join(' · ')}</ForeignText>
        </Beside>
      )}
    </Cell>
  )
}

function Runs({ view: { record } }: { readonly view: RecordView }) {
  const { language, text } = useLanguage()
  const { deployment } = record
  if (deployment === undefined)
    return (
      <Cell name={text.glance.runs}>
        <Main>
          <span className="text-muted">{text.glance.notSaid}</span>
        </Main>
      </Cell>
    )
  const { where, region, jurisdiction, model, runtime } = deployment
  const facts = [region, runtime].filter((each) => each !== undefined)
  return (
    <Cell name={text.glance.runs}>
      <Main>
        <span className="inline-block first-letter:uppercase">{text.record.places[where]}</span>
        {jurisdiction !== undefined && ` · ${regionName(jurisdiction, language)}`}
      </Main>
      {facts.length > 0 && (
        <Beside>
          <ForeignText charactersMax={200}>{facts.join(' · ')}</ForeignText>
        </Beside>
      )}
      {model !== undefined && (
        <Beside>
          {text.glance.model}{' '}
          <ForeignText charactersMax={200}>
            {[model.name, model.version, model.filingNumber].filter((each) => each !== undefined).join(' ')}
          </ForeignText>
        </Beside>
      )}
    </Cell>
  )
}

function Speaks({ view: { record } }: { readonly view: RecordView }) {
  const text = useText()
  const spoken = new Set(
    record.interfaces.map(({ protocol, version }) => `${protocolNames[protocol]} ${version}`),
  )
  const protocols = [...spoken].join(', ')
  return (
    <Cell name={text.glance.speaks}>
      <Main>{protocols === '' ? text.glance.noInterface : visibleString(protocols, 120)}</Main>
      <Beside>{[...new Set(record.interfaces.map(({ transport }) => transport))].join(' · ')}</Beside>
    </Cell>
  )
}

function Certified({ view }: { readonly view: RecordView }) {
  const text = useText()
  const { certificate, checks = [], record } = view
  const passed = checks.filter(({ ok }) => ok).length
  const what = [...record.scenarios, ...record.places].join(', ')
  return (
    <Cell name={text.glance.certified}>
      <Main>
        {certificate === undefined ? (
          <span className="text-muted">{text.glance.notCertified}</span>
        ) : what === '' ? (
          <span className="inline-block first-letter:uppercase">{text.glance.anything}</span>
        ) : (
          <ForeignText charactersMax={160}>{what}</ForeignText>
        )}
      </Main>
      <Beside>
        {certificate?.expires !== undefined && (
          <>
            {text.glance.until} <Time at={certificate.expires} form="date" />
            {checks.length > 0 && ' · '}
          </>
        )}
        {checks.length > 0 && text.record.checksOk(passed, checks.length)}
      </Beside>
    </Cell>
  )
}

function Answered({ view: { liveness } }: { readonly view: RecordView }) {
  const text = useText()
  const shares = liveness?.interfaces.flatMap(({ availability7d: share }) =>
    share === undefined ? [] : [share],
  )
  return (
    <Cell name={text.glance.answered}>
      <Main>
        {liveness?.answered === undefined ? (
          <span className="text-muted">
            {liveness === undefined || liveness.state === 'unknown'
              ? text.glance.notAsked
              : text.liveness.never}
          </span>
        ) : (
          <Time at={liveness.answered} form="short" />
        )}
      </Main>
      <Beside>
        <span className="flex flex-wrap items-center gap-x-3">
          {liveness !== undefined && liveness.state !== 'unknown' && (
            <span className="text-ink">
              <StateLabel tone={livenessTones[liveness.state]}>
                {text.liveness.states[liveness.state]}
              </StateLabel>
            </span>
          )}
          {shares !== undefined && shares.length > 0 && (
            <span>{text.glance.week(percent(Math.min(...shares)))}</span>
          )}
        </span>
      </Beside>
    </Cell>
  )
}
