import type { ReactNode } from 'react'
import type { Consent } from '../../api/consents.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Fact } from '../../ui/page.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { isLocalLink } from '../people/local-link.ts'

/** Who asks: its own words set apart from what this node knows. */
export function ClientPanel({ consent }: { readonly consent: Consent }) {
  const text = useText().consent
  const { client, redirectHost, scopes, expires } = consent
  const local = isLocalLink(`http://${redirectHost}`)
  const host = client.known === 'document' ? hostOf(client.id) : undefined
  return (
    <section aria-label={text.who} className="mb-6 lg:mb-8">
      <div className="panel px-4 py-4 md:px-6">
        <p className="small-label mb-2">{text.says}</p>
        <div className="fenced text-lg font-bold">
          <ForeignText charactersMax={120}>{client.name}</ForeignText>
          {client.url !== undefined && (
            <p className="text-sm font-normal text-muted">
              <ForeignText charactersMax={120}>{client.url}</ForeignText>
            </p>
          )}
        </div>
        <p className="mt-3 flex flex-wrap items-baseline gap-x-3 gap-y-1.5">
          {host === undefined ? (
            <>
              <Tag tone="warn">{text.unchecked}</Tag>
              <span className="min-w-0 basis-64 grow">{text.uncheckedHelp}</span>
            </>
          ) : (
            <>
              <Tag tone="ok">{text.checked}</Tag>
              <span className="min-w-0 basis-64 grow">
                {text.checkedHelp(visibleString(host, 100))} {local && text.sharedHelp}
              </span>
            </>
          )}
        </p>
        <dl className="mt-3 grid grid-cols-2 gap-x-6 xl:grid-cols-3">
          <Known name={text.back} wide>
            {backWords(redirectHost, local, text)}
          </Known>
          {scopes.includes('offline_access') && <Known name={text.renews}>{text.renewsHelp}</Known>}
          <Known name={text.waits}>
            <Time at={expires} form="short" />
          </Known>
        </dl>
      </div>
    </section>
  )
}

interface KnownProps {
  readonly name: string
  /** A line of its own where there is little room. */
  readonly wide?: boolean
  readonly children: ReactNode
}

function Known({ name, wide = false, children }: KnownProps) {
  return (
    <div className={`border-t border-line py-1 ${wide ? 'col-span-2 xl:col-span-1' : ''}`}>
      <Fact name={name}>{children}</Fact>
    </div>
  )
}

/** A host, or `scheme:` of a program. */
export function backWords(
  redirectHost: string,
  local: boolean,
  text: { backLocal: (host: string) => string; backScheme: (scheme: string) => string },
): string {
  const seen = visibleString(redirectHost, 100)
  if (local) return text.backLocal(seen)
  return redirectHost.endsWith(':') ? text.backScheme(seen) : seen
}

function hostOf(address: string): string | undefined {
  return URL.parse(address)?.host
}
