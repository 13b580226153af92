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
import { Capabilities } from './capabilities.tsx'
import { Certificate } from './certificate.tsx'
import { HeldChanges } from './held-changes.tsx'
import { LivenessFacts } from './liveness-facts.tsx'
import { RecordFacts } from './record-facts.tsx'
import { RecordSteps } from './record-steps.tsx'
import { mayKeep, stateTones } from './record-state.ts'
import { Rulings } from './rulings.tsx'
import { ServerSignIn } from './server-sign-in.tsx'

const descriptionCharactersMax = 1500

/** One agent or server: all that is known of it and every step that may be taken. */
export function RecordPage() {
  const { slug } = useParams({ from: '/home/registry/$slug' })
  const record = useQuery(queries.record(slug))
  return <Loaded query={record}>{(view) => <RecordBody view={view} />}</Loaded>
}

function RecordBody({ view }: { readonly view: RecordView }) {
  const { language, text } = useLanguage()
  const { data: me } = useQuery(queries.me())
  const roles = me?.roles ?? []
  const keeper = mayKeep(roles)
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
          <RecordSteps view={view} title={title} roles={roles} />
          {view.state === 'active' && (
            <StopOne subject={{ kind: 'agent', slug: summary.slug, title }} word={text.stop.stopAgent} />
          )}
        </>
      }
    >
      <div className="grid gap-x-10 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0">
          {description !== undefined && description !== '' && (
            <div className="mb-10">
              <ForeignBlock charactersMax={descriptionCharactersMax}>{description}</ForeignBlock>
            </div>
          )}
          <Remarks view={view} />
          <HeldChanges view={view} keeper={keeper} />
          <Capabilities view={view} keeper={keeper} />
        </div>
        <aside className="min-w-0">
          <LivenessFacts liveness={view.liveness} />
          <RecordFacts view={view} />
          <ServerSignIn slug={view.summary.slug} />
          <Certificate view={view} keeper={keeper} />
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
