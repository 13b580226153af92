import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import type { AgentCertificate } from '../../api/certificates.ts'
import { queries } from '../../api/queries.ts'
import type { RecordSummary } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { CertificateFacts } from '../registry/certificate-facts.tsx'
import { addressOf, mayKeep } from '../registry/record-state.ts'
import { RevokeCertificateDialog } from '../registry/revoke-certificate-dialog.tsx'

const shownCertificates = 20

/** The newest certificates of the organisation, found by serial, identity code or name. */
export function OwnCertificates({ certificates }: { readonly certificates: readonly AgentCertificate[] }) {
  const text = useText().authority
  const { data: me } = useQuery(queries.me())
  const { data: records } = useInfiniteQuery(queries.records('', undefined))
  const [typed, setTyped] = useState('')
  const [revoking, setRevoking] = useState<AgentCertificate>()
  const wanted = useDeferredValue(typed.trim().toLowerCase())
  const known = new Map(records?.pages.flatMap((page) => page.records).map((each) => [each.id, each]))
  const found = certificates.filter(({ serial, record }) => {
    const of = known.get(record)
    return `${serial} ${record} ${of?.slug ?? ''} ${of?.title ?? ''}`.toLowerCase().includes(wanted)
  })
  const keeper = me !== undefined && mayKeep(me.roles)
  if (certificates.length === 0) return <p className="panel p-5 text-muted">{text.empty}</p>
  return (
    <>
      <input
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={text.search}
        aria-label={text.search}
        maxLength={200}
        className="field mb-4 lg:max-w-md"
      />
      {found.length === 0 && <p className="panel p-5 text-muted">{text.none}</p>}
      <Folded items={found} shown={shownCertificates}>
        {(shown) => (
          <ul className="panel divide-y divide-line empty:hidden">
            {shown.map((each) => (
              <Row
                key={each.serial}
                certificate={each}
                record={known.get(each.record)}
                onRevoke={keeper && each.holds ? () => setRevoking(each) : undefined}
              />
            ))}
          </ul>
        )}
      </Folded>
      {revoking !== undefined && (
        <RevokeCertificateDialog certificate={revoking} onClose={() => setRevoking(undefined)} />
      )}
    </>
  )
}

interface RowProps {
  readonly certificate: AgentCertificate
  readonly record: RecordSummary | undefined
  readonly onRevoke: (() => void) | undefined
}

function Row({ certificate, record, onRevoke }: RowProps) {
  const text = useText().x509
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <CertificateFacts
        certificate={certificate}
        whose={
          record === undefined ? (
            <ShortId>{certificate.record}</ShortId>
          ) : (
            <Link
              to="/registry/$slug"
              params={{ slug: addressOf(record) }}
              className="font-bold text-accent underline-offset-4 hover:underline"
            >
              <ForeignText charactersMax={60}>{record.title}</ForeignText>
            </Link>
          )
        }
      />
      {onRevoke !== undefined && (
        <Button size="small" kind="danger" aria-label={text.revokeOf(certificate.serial)} onClick={onRevoke}>
          {text.revoke}
        </Button>
      )}
    </li>
  )
}
