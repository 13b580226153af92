import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import type { NodeStatus } from '../../api/types.ts'
import { useLanguage, useText, languageTags } from '../../i18n/language.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Fact, Section } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

type Log = NodeStatus['ledgers'][number]
type Disk = NonNullable<NodeStatus['disk']>

const stateTones: Readonly<Record<string, Tone>> = {
  open: 'ok',
  full: 'danger',
  failed: 'danger',
  closed: 'warn',
}
const diskTones: Readonly<Record<Disk['level'], Tone>> = { ok: 'ok', low: 'warn', full: 'danger' }
const renewMs = 10_000
const dayS = 24 * 60 * 60
/** Further ahead, the growth of the last hour foretells nothing. */
const forecastMaxS = 90 * dayS

/** The logs that receipts stand in: how long they are, how far they are published, by which key, and the disk below them. */
export function Logs() {
  const text = useText()
  const { data: status } = useQuery({ ...queries.status(), refetchInterval: renewMs })
  if (status === undefined) return null
  return (
    <div className="mt-12">
      <Section
        title={text.logs.title}
        actions={
          <Link to="/verify" className="text-sm font-semibold text-accent">
            {text.verify.title} →
          </Link>
        }
      >
        <p className="mb-4 text-muted">{text.logs.lead}</p>
        <ul className="grid gap-4 md:grid-cols-2">
          {status.ledgers.map((log) => (
            <LogPanel key={log.origin} log={log} />
          ))}
        </ul>
        {status.disk !== undefined && <DiskLine disk={status.disk} />}
      </Section>
    </div>
  )
}

function LogPanel({ log }: { readonly log: Log }) {
  const text = useText()
  const states: Readonly<Record<string, string>> = text.logs.states
  // The files of a log stand below `/log` at what follows the node in its name: `activity/2026h2`.
  const checkpoint = `/log/${log.origin.slice(log.origin.indexOf('/') + 1)}/checkpoint`
  return (
    <li className="panel min-w-0 p-4 md:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="min-w-0 font-mono text-sm font-bold break-all">{visibleString(log.origin, 200)}</h3>
        <StateLabel tone={stateTones[log.state] ?? 'quiet'}>{states[log.state] ?? log.state}</StateLabel>
      </div>
      <p className="mt-2">
        {text.logs.entries(log.size)} {text.logs.published(log.publishedSize)}
      </p>
      {[log.reason, log.token?.reason].map(
        (reason) =>
          reason !== undefined && (
            <p key={reason} className="mt-1 text-danger">
              {visibleString(reason, 300)}
            </p>
          ),
      )}
      <dl className="mt-3">
        <Fact name={text.logs.key}>
          <div className="flex items-start justify-between gap-3">
            <code className="min-w-0 font-mono text-[0.8125rem] break-all">
              {visibleString(log.vkey, 400)}
            </code>
            <CopyButton value={log.vkey} />
          </div>
        </Fact>
        <Fact name={text.logs.checkpoint}>
          <a href={checkpoint} className="font-mono text-[0.8125rem] text-accent">
            {visibleString(checkpoint, 200)}
          </a>
        </Fact>
        <Fact name={text.logs.witnesses}>
          <Witnesses witnessing={log.witnessing} />
        </Fact>
      </dl>
    </li>
  )
}

function Witnesses({ witnessing }: { readonly witnessing: Log['witnessing'] }) {
  const text = useText()
  if (witnessing === undefined || witnessing.witnesses.length === 0) return <>{text.logs.noWitnesses}</>
  return (
    <>
      <StateLabel tone={witnessing.quorum ? 'ok' : 'warn'}>
        {witnessing.quorum ? text.logs.quorum : text.logs.noQuorum}
      </StateLabel>
      <ul>
        {witnessing.witnesses.map(({ name, cosigned }) => (
          <li key={name} className="text-sm">
            {visibleString(name, 80)}
            {cosigned !== undefined && (
              <>
                {' · '}
                <Time at={cosigned} form="short" />
              </>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function DiskLine({ disk }: { readonly disk: Disk }) {
  const { text, language } = useLanguage()
  const { level, freeBytes, totalBytes, fullInS } = disk
  const size = new Intl.NumberFormat(languageTags[language], {
    style: 'unit',
    unit: 'gigabyte',
    maximumFractionDigits: 1,
  })
  const gigabytes = (bytes: number) => size.format(bytes / 1e9)
  return (
    <p className="mt-4 flex flex-wrap items-center gap-x-3">
      <span className="small-label">{text.logs.disk}</span>
      <StateLabel tone={diskTones[level]}>{text.logs.levels[level]}</StateLabel>
      <span>{text.logs.free(gigabytes(freeBytes), gigabytes(totalBytes))}</span>
      {fullInS !== undefined && fullInS < forecastMaxS && (
        <span className={level === 'ok' ? 'text-muted' : 'font-semibold text-warn'}>
          {text.logs.fullIn(Math.floor(fullInS / dayS))}
        </span>
      )}
    </p>
  )
}
