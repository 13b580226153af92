import type { ReactNode } from 'react'
import type { AgentCertificate } from '../../api/certificates.ts'
import { useText } from '../../i18n/language.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'

interface CertificateFactsProps {
  readonly certificate: AgentCertificate
  /** Whose it is, where that is not plain from the page. */
  readonly whose?: ReactNode
}

/** What a certificate is for, and whether and until when it holds. */
export function CertificateFacts({ certificate, whose }: CertificateFactsProps) {
  const text = useText().x509
  const { serial, usage, holds, revoked, reason = 0, notBefore, notAfter } = certificate
  return (
    <div className="min-w-0 grow">
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
        {whose}
        <span className="font-semibold first-letter:uppercase">{text.usages[usage]}</span>
        <StateLabel tone={holds ? 'ok' : revoked === undefined ? 'quiet' : 'danger'}>
          {holds ? text.holds : revoked === undefined ? text.ended : text.revoked}
        </StateLabel>
      </p>
      <p className="mt-0.5 text-sm text-muted">
        <ShortId>{serial}</ShortId>
        {' · '}
        {revoked === undefined ? (
          <>
            <Time at={notBefore} form="date" /> – <Time at={notAfter} form="date" />
          </>
        ) : (
          <>
            <Time at={revoked} form="short" />: {text.reasons[reason] ?? reason}
          </>
        )}
      </p>
    </div>
  )
}
