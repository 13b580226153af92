import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AgentIdentity, AgentKey, WaitingRecovery } from '../../api/agent-keys.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { ConfirmDialog, RecoverDialog, ReportDialog, RotateDialog } from './key-dialogs.tsx'
import { usePersonName } from './person-name.ts'

const shownKeys = 3

const keyTones: Readonly<Record<AgentKey['state'], Tone>> = {
  active: 'ok',
  retired: 'quiet',
  compromised: 'danger',
}

type Asking =
  | { readonly what: 'rotate' | 'recover' }
  | { readonly what: 'report'; readonly key: string }
  | { readonly what: 'confirm'; readonly recovery: WaitingRecovery }
  | undefined

interface AgentKeysProps {
  readonly slug: string
  readonly keeper: boolean
}

/** The keys of an agent, those that are over too, and what people may do about them. */
export function AgentKeys({ slug, keeper }: AgentKeysProps) {
  const text = useText().keys
  const identity = useQuery(queries.agentIdentity(slug))
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  const keys = identity.data?.keys ?? []
  const canRotate = keys.some(({ kept, speaks, until }) => kept && speaks && until === undefined)
  return (
    <Section
      title={text.title}
      actions={
        keeper &&
        identity.data !== undefined && (
          <div className="flex gap-2">
            {canRotate && (
              <Button size="small" onClick={() => setAsking({ what: 'rotate' })}>
                {text.rotate}
              </Button>
            )}
            <Button size="small" onClick={() => setAsking({ what: 'recover' })}>
              {text.recover}
            </Button>
          </div>
        )
      }
    >
      <p className="mb-3 text-muted">{text.help}</p>
      <Loaded query={identity}>
        {(data) => (
          <>
            <Waiting agent={data.agent} keeper={keeper} onAsk={setAsking} />
            <KeyList
              keys={data.keys}
              onReport={keeper ? (key) => setAsking({ what: 'report', key }) : undefined}
            />
            <Names identity={data} />
          </>
        )}
      </Loaded>
      {asking?.what === 'rotate' && <RotateDialog slug={slug} onClose={close} />}
      {asking?.what === 'recover' && <RecoverDialog slug={slug} onClose={close} />}
      {asking?.what === 'report' && <ReportDialog slug={slug} agentKey={asking.key} onClose={close} />}
      {asking?.what === 'confirm' && <ConfirmDialog recovery={asking.recovery} onClose={close} />}
    </Section>
  )
}

interface KeyListProps {
  readonly keys: readonly AgentKey[]
  readonly onReport: ((key: string) => void) | undefined
}

function KeyList({ keys, onReport }: KeyListProps) {
  const text = useText().keys
  if (keys.length === 0) return <p className="panel p-4 text-muted md:px-5">{text.empty}</p>
  return (
    <Folded items={keys} shown={shownKeys}>
      {(shown) => (
        <ul className="panel divide-y divide-line">
          {shown.map((each) => (
            <KeyRow key={each.key} each={each} onReport={onReport} />
          ))}
        </ul>
      )}
    </Folded>
  )
}

interface KeyRowProps {
  readonly each: AgentKey
  readonly onReport: ((key: string) => void) | undefined
}

function KeyRow({ each: { key, state, since, until, by, kept, speaks }, onReport }: KeyRowProps) {
  const text = useText().keys
  const waits = state === 'active' && !speaks
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <span className="font-semibold">
            <ShortId>{key}</ShortId>
          </span>
          <StateLabel tone={waits ? 'quiet' : keyTones[state]}>
            {waits ? text.waits : text.states[state]}
          </StateLabel>
        </p>
        <p className="mt-0.5 text-sm text-muted">
          {text.by[by]} · {kept ? text.kept : text.own} · {text.since} <Time at={since} form="date" />
          {state === 'active' && until !== undefined && (
            <>
              {' · '}
              {text.until} <Time at={until} form="short" />
            </>
          )}
        </p>
      </div>
      {onReport !== undefined && state !== 'compromised' && (
        <Button
          size="small"
          kind="danger"
          aria-label={text.reportOf(key.slice('did:key:'.length))}
          onClick={() => onReport(key)}
        >
          {text.report}
        </Button>
      )}
    </li>
  )
}

interface WaitingProps {
  readonly agent: string
  readonly keeper: boolean
  readonly onAsk: (asking: Asking) => void
}

/** A recovery that another person has to confirm. */
function Waiting({ agent, keeper, onAsk }: WaitingProps) {
  const text = useText().keys
  const recoveries = useQuery(queries.recoveries())
  const { data: me } = useQuery(queries.me())
  const nameOf = usePersonName()
  return recoveries.data?.waiting
    .filter((each) => each.agent === agent)
    .map((recovery) => (
      <div
        key={recovery.id}
        className="mb-3 flex flex-wrap items-center gap-x-6 gap-y-2 rounded-md bg-warn-wash p-4"
      >
        <div className="min-w-0 grow">
          <p className="font-semibold text-warn">{text.waiting}</p>
          <p className="text-sm">
            <ForeignText charactersMax={120}>{text.askedBy(nameOf(recovery.person))}</ForeignText>
            {' · '}
            <Time at={recovery.at} form="short" />
          </p>
          {recovery.note !== undefined && (
            <p className="text-sm">
              <ForeignText charactersMax={500}>{recovery.note}</ForeignText>
            </p>
          )}
          {recovery.person === me?.person.id && <p className="text-sm">{text.askedByYou}</p>}
        </div>
        {keeper && recovery.person !== me?.person.id && (
          <Button size="small" kind="primary" onClick={() => onAsk({ what: 'confirm', recovery })}>
            {text.confirm}
          </Button>
        )}
      </div>
    ))
}

function Names({ identity: { dids, aliases } }: { readonly identity: AgentIdentity }) {
  const text = useText().keys
  const names = [...dids, ...aliases]
  if (names.length === 0) return null
  return (
    <details className="mt-3">
      <summary className="small-label w-fit rounded-sm py-1">{text.dids}</summary>
      <ul className="mt-1 space-y-1 font-mono text-[0.8125rem] leading-5">
        {names.map((name) => (
          <li key={name}>
            <ForeignText charactersMax={500}>{name}</ForeignText>
          </li>
        ))}
      </ul>
    </details>
  )
}
