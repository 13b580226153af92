import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { RecordView } from '../../api/types.ts'
import { queries } from '../../api/queries.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import type { Language } from '../../i18n/preferred-language.ts'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { StopOne } from '../stop/stop-button.tsx'
import { AgentCertificates } from './agent-certificates.tsx'
import { AgentKeys } from './agent-keys.tsx'
import { Capabilities } from './capabilities.tsx'
import { Certificate } from './certificate.tsx'
import { Decommissioning } from './decommission-report.tsx'
import { Glance } from './glance.tsx'
import { HeldChanges } from './held-changes.tsx'
import { Interfaces } from './interfaces.tsx'
import { MoreMenu } from './more-menu.tsx'
import { OwnDomains, Versions } from './record-aside.tsx'
import { RecordSteps } from './record-steps.tsx'
import { mayKeep, stateTones } from './record-state.ts'
import { Review } from './review.tsx'
import { Rulings } from './rulings.tsx'
import { needsOtherPerson } from './second-person.ts'
import { ServerSignIn } from './server-sign-in.tsx'
import { Supplies } from './supplies.tsx'
import { TakenDown } from './taken-down.tsx'
import { Transfers } from './transfers.tsx'

const descriptionCharactersMax = 1500

/** One agent or server: all that is known of it and every step that may be taken. */
export function RecordPage() {
  const { slug } = useParams({ from: '/home/registry/$slug' })
  const record = useQuery(queries.record(slug))
  return <Loaded query={record}>{(view) => <RecordBody view={view} address={slug} />}</Loaded>
}

interface RecordBodyProps {
  readonly view: RecordView
  /** What the page was asked for by: its name, or its identity code, which is all that a retired record has left. */
  readonly address: string
}

function RecordBody({ view, address }: RecordBodyProps) {
  const { language, text } = useLanguage()
  const { data: me } = useQuery(queries.me())
  const roles = me?.roles ?? []
  const { data: review } = useQuery(queries.review())
  const keeper = mayKeep(roles) && view.state !== 'retired' && view.takedown === undefined
  const needsOther = needsOtherPerson(view, review?.twoPeople === true, me?.person.id ?? '')
  const { summary, record } = view
  const title = inLanguage(record.name, language) ?? summary.title
  const description = inLanguage(record.description, language)
  return (
    <Page
      title={title}
      heading={<ForeignText charactersMax={120}>{title}</ForeignText>}
      above={<Above view={view} />}
      lead={
        <span className="flex flex-wrap items-center gap-x-4 gap-y-1.5 text-base">
          <span className="text-ink">
            <StateLabel tone={stateTones[view.state]}>{text.states[view.state]}</StateLabel>
          </span>
          <span>{text.kinds[record.kind]}</span>
          <span>
            {text.record.version} {visibleString(record.version, 40)}
          </span>
          {summary.tier !== undefined && (
            <Tag>
              {text.record.tier}: {text.record.tiers[summary.tier]}
            </Tag>
          )}
        </span>
      }
      actions={
        <>
          <RecordSteps view={view} title={title} roles={roles} needsOther={needsOther} />
          {me !== undefined && <MoreMenu view={view} slug={address} title={title} me={me} />}
          {view.state === 'active' && (
            <StopOne subject={{ kind: 'agent', slug: summary.slug, title }} word={text.stop.stopAgent} />
          )}
        </>
      }
    >
      <TakenDown view={view} />
      <Transfers record={record.id} />
      <Glance view={view} />
      <div className="grid gap-x-10 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0">
          {description !== undefined && description !== '' && (
            <div className="mb-10">
              <ForeignBlock charactersMax={descriptionCharactersMax}>{description}</ForeignBlock>
            </div>
          )}
          <Remarks view={view} />
          <HeldChanges view={view} keeper={keeper} />
          <Interfaces view={view} />
          <Capabilities view={view} keeper={keeper} />
          <Supplies view={view} />
          <AgentKeys slug={address} keeper={keeper} />
          <AgentCertificates view={view} slug={address} keeper={keeper} />
        </div>
        <aside className="min-w-0">
          <Certificate view={view} keeper={keeper} />
          <OwnDomains view={view} keeper={keeper} />
          <ServerSignIn slug={address} />
          <Review slug={address} needsOther={needsOther} />
          <Versions view={view} />
          <Decommissioning view={view} slug={address} />
          <Rulings rulings={view.rulings} />
        </aside>
      </div>
    </Page>
  )
}

/** What an operator should know before the next step. */
function Remarks({ view }: { readonly view: RecordView }) {
  const text = useText()
  const beside = view.draft && view.versions.length > 0
  if (!beside && view.remarks.length === 0) return null
  return (
    <div className="mb-8 rounded-md bg-warn-wash p-4">
      <p className="font-bold text-warn">{text.record.remarks}</p>
      <ul className="mt-1 space-y-1">
        {beside && <li>{text.record.draftBeside(visibleString(view.record.version, 40))}</li>}
        {view.remarks.map((remark) => (
          <li key={remark}>
            <ForeignText charactersMax={400}>{remark}</ForeignText>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Above({ view }: { readonly view: RecordView }) {
  const text = useText()
  return (
    <p className="mb-2 flex flex-wrap gap-x-2 text-sm text-muted">
      <Link
        to="/registry"
        search={{}}
        className="font-semibold text-accent underline-offset-4 hover:underline"
      >
        {text.registry.title}
      </Link>
      <span aria-hidden="true">/</span>
      <code className="font-mono text-[0.8125rem] leading-5">{visibleString(view.summary.slug, 63)}</code>
    </p>
  )
}

function inLanguage(
  texts: { readonly en?: string | undefined; readonly zh?: string | undefined },
  language: Language,
): string | undefined {
  return texts[language] ?? texts.en ?? texts.zh
}
