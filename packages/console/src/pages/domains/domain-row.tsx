import { useMutation, useQueryClient } from '@tanstack/react-query'
import { checkDomain } from '../../api/domains.ts'
import type { Domain } from '../../api/domains.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Problem } from '../../ui/problem.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

const domainTones: Readonly<Record<Domain['state'], Tone>> = {
  claimed: 'quiet',
  proved: 'ok',
  failing: 'warn',
}

interface DomainRowProps {
  readonly domain: Domain
  /** Left out: this person only looks. */
  readonly onRemove: (() => void) | undefined
}

/** One domain: how it stands, what proves it, and the way to have it looked for now. */
export function DomainRow({ domain, onRemove }: DomainRowProps) {
  const text = useText().domains
  const client = useQueryClient()
  const { domain: name, state, way, since, checked, problem } = domain
  const shown = visibleString(name, 253)
  const check = useMutation({
    mutationFn: () => checkDomain(name),
    // A check that finds nothing is a refusal, and what it found instead stands in the list.
    onSettled: async () => {
      await Promise.all(['domains', 'record'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    },
  })
  return (
    <li className="panel">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6">
        <div className="min-w-0 grow">
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-lg leading-snug font-bold tracking-tight">
            {shown}
            <StateLabel tone={domainTones[state]}>{text.states[state]}</StateLabel>
          </p>
          <p className="mt-0.5 text-sm text-muted">
            {way !== undefined && `${text.way[way]} `}
            {since !== undefined && (
              <>
                {text.since} <Time at={since} form="date" />
                {checked !== undefined && ' · '}
              </>
            )}
            {checked !== undefined && (
              <>
                {text.checked} <Time at={checked} form="short" />
              </>
            )}
          </p>
        </div>
        {onRemove !== undefined && (
          <div className="flex gap-2">
            <Button size="small" kind="danger" aria-label={text.removeOf(shown)} onClick={onRemove}>
              {text.remove}
            </Button>
            <Button
              size="small"
              kind={state === 'proved' ? 'plain' : 'primary'}
              aria-label={text.checkOf(shown)}
              disabled={check.isPending}
              onClick={() => check.mutate()}
            >
              {check.isPending ? text.checking : text.check}
            </Button>
          </div>
        )}
      </div>
      <div role="status" className="px-4 md:px-6">
        {check.isSuccess && state === 'proved' && <p className="pb-3 font-semibold text-ok">{text.found}</p>}
        {check.error === null && problem !== undefined && (
          <p className="pb-3 text-sm">
            <span className="font-semibold text-warn">{text.problem}</span> {visibleString(problem, 300)}
          </p>
        )}
      </div>
      {check.error !== null && (
        <div className="px-4 pb-4 md:px-6">
          <Problem error={check.error} />
        </div>
      )}
      <details open={state !== 'proved'} className="border-t border-line px-4 py-3 md:px-6">
        <summary className="small-label w-fit rounded-sm">{text.how}</summary>
        <p className="mt-1 mb-3 text-sm text-muted">{text.stateHelp[state]}</p>
        <Publish domain={domain} />
      </details>
    </li>
  )
}

/** The two places that the token goes into, each as it is typed there. */
function Publish({ domain: { domain, token } }: { readonly domain: Domain }) {
  const text = useText().domains
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <div className="min-w-0 rounded-md bg-sunken p-4">
        <p className="mb-2 font-semibold">{text.dns}</p>
        <Copied name={text.host} value={`_ambit.${domain}`} />
        <Copied name={text.value} value={token} />
      </div>
      <div className="min-w-0 rounded-md bg-sunken p-4">
        <p className="mb-2 font-semibold">{text.file}</p>
        <Copied name={text.address} value={`https://${domain}/.well-known/ambit-domain`} />
        <Copied name={text.line} value={token} />
      </div>
    </div>
  )
}

function Copied({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="mb-2 flex items-end justify-between gap-3 last:mb-0">
      <div className="min-w-0">
        <div className="small-label">{name}</div>
        <code className="block font-mono text-[0.8125rem] leading-5 break-all select-all">
          {visibleString(value, 400)}
        </code>
      </div>
      <CopyButton value={value} />
    </div>
  )
}
