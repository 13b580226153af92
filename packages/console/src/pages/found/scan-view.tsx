import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { registerRecord } from '../../api/records.ts'
import type { Finding, Scan } from '../../api/scans.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'

const tones: Readonly<Record<Scan['state'], Tone>> = {
  running: 'accent',
  done: 'ok',
  cancelled: 'quiet',
  'out-of-time': 'warn',
  failed: 'danger',
}

/** How far a scan has come, and what it has found. */
export function ScanView({ scan }: { readonly scan: Scan }) {
  const text = useText().scans
  const { state, began, tried, of, open, findings, more, networks } = scan
  return (
    <section aria-label={text.title}>
      <p className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted" role="status">
        <StateLabel tone={tones[state]}>{text.states[state]}</StateLabel>
        <Time at={began} form="short" />
        <code className="font-mono">{networks.join(', ')}</code>
        <span>{text.progress(tried, of, open)}</span>
      </p>
      {findings.length === 0 ? (
        state !== 'running' && <p className="panel p-5 text-muted">{text.nothing}</p>
      ) : (
        <ul className="panel divide-y divide-line">
          {findings.map((finding) => (
            <FindingRow
              key={`${finding.address} ${finding.port} ${finding.url ?? finding.protocol}`}
              finding={finding}
            />
          ))}
        </ul>
      )}
      {more > 0 && <p className="mt-3 text-muted">{text.more(more)}</p>}
    </section>
  )
}

const standingTones: Readonly<Record<Finding['standing'], Tone>> = {
  unregistered: 'warn',
  registered: 'ok',
  own: 'quiet',
}

function FindingRow({ finding }: { readonly finding: Finding }) {
  const text = useText().scans
  const { name, url, address, port, protocol, version, standing, slug, wantsCredentials, callable } = finding
  const isShadow = standing === 'unregistered'
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6">
      <div className="min-w-0 grow">
        <p className="text-lg leading-snug font-bold tracking-tight">
          {slug !== undefined && (
            <Link
              to="/registry/$slug"
              params={{ slug }}
              className="text-accent underline-offset-4 hover:underline"
            >
              {slug}
            </Link>
          )}
          {slug === undefined && name !== undefined && <ForeignText charactersMax={100}>{name}</ForeignText>}
          {slug === undefined && name === undefined && <span className="text-muted">{text.unnamed}</span>}
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">
          <StateLabel tone={standingTones[standing]}>{text.standings[standing]}</StateLabel>
          <code className="font-mono break-all">{url ?? `${address}:${port}`}</code>
          <span>
            {protocol === 'ambit' ? 'Ambit' : protocol.toUpperCase()}{' '}
            {version !== undefined && <ForeignText charactersMax={30}>{version}</ForeignText>}
          </span>
          {wantsCredentials === true && <Tag tone="warn">{text.wantsCredentials}</Tag>}
        </p>
        {isShadow && !callable && <p className="mt-1 text-sm">{text.notCallable}</p>}
      </div>
      {isShadow && callable && url !== undefined && <DraftButton url={url} />}
    </li>
  )
}

/** Reads what stands there and makes a draft of it, as registering by its address does. */
function DraftButton({ url }: { readonly url: string }) {
  const text = useText().scans
  const client = useQueryClient()
  const draft = useMutation({
    mutationFn: registerRecord,
    onSuccess: async () => await client.invalidateQueries({ queryKey: ['records'] }),
  })
  if (draft.data !== undefined) {
    const { slug } = draft.data.summary
    return (
      <p>
        {text.drafted}:{' '}
        <Link
          to="/registry/$slug"
          params={{ slug }}
          className="text-accent underline-offset-4 hover:underline"
        >
          {slug}
        </Link>
      </p>
    )
  }
  return (
    <>
      <Button size="small" disabled={draft.isPending} onClick={() => draft.mutate({ url })}>
        {draft.isPending ? text.drafting : text.draft}
      </Button>
      {draft.error !== null && (
        <div className="w-full">
          <Problem error={draft.error} />
        </div>
      )}
    </>
  )
}
