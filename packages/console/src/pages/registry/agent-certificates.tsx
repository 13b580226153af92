import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getCertificate } from '../../api/certificates.ts'
import type { AgentCertificate } from '../../api/certificates.ts'
import { queries } from '../../api/queries.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Folded } from '../../ui/folded.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { downloadText } from '../receipts/download.ts'
import { AcmeDialog } from './acme-dialog.tsx'
import { CertificateFacts } from './certificate-facts.tsx'
import { IssueDialog } from './issue-dialog.tsx'
import { RevokeCertificateDialog } from './revoke-certificate-dialog.tsx'

const shownCertificates = 4

type Asking = 'issue' | 'acme' | AgentCertificate | undefined

interface AgentCertificatesProps {
  readonly view: RecordView
  readonly slug: string
  readonly keeper: boolean
}

/** The X.509 certificates of an agent, and the ways to get and to end them. */
export function AgentCertificates({ view, slug, keeper }: AgentCertificatesProps) {
  const text = useText().x509
  const certificates = useQuery(queries.recordCertificates(slug))
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  // The authority certifies nothing of a record that is not in force.
  const inForce = view.versions.some(({ state }) => state === 'active')
  return (
    <Section
      title={text.title}
      actions={
        keeper &&
        inForce && (
          <div className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => setAsking('acme')}>
              {text.acme}
            </Button>
            <Button size="small" onClick={() => setAsking('issue')}>
              {text.issue}
            </Button>
          </div>
        )
      }
    >
      <p className="mb-3 text-muted">{text.help}</p>
      <Loaded query={certificates}>
        {({ certificates: list }) => (
          <CertificateList list={list} slug={slug} onRevoke={keeper ? setAsking : undefined} />
        )}
      </Loaded>
      {asking === 'issue' && <IssueDialog slug={slug} onClose={close} />}
      {asking === 'acme' && <AcmeDialog slug={slug} onClose={close} />}
      {typeof asking === 'object' && <RevokeCertificateDialog certificate={asking} onClose={close} />}
    </Section>
  )
}

interface CertificateListProps {
  readonly list: readonly AgentCertificate[]
  readonly slug: string
  readonly onRevoke: ((certificate: AgentCertificate) => void) | undefined
}

function CertificateList({ list, slug, onRevoke }: CertificateListProps) {
  const text = useText().x509
  const download = useMutation({
    mutationFn: getCertificate,
    onSuccess: ({ chain, certificate }) =>
      downloadText(`${slug}-${certificate.serial.slice(0, 8)}.pem`, chain),
  })
  if (list.length === 0) return <p className="panel p-4 text-muted md:px-5">{text.empty}</p>
  return (
    <>
      <Folded items={list} shown={shownCertificates}>
        {(shown) => (
          <ul className="panel divide-y divide-line">
            {shown.map((each) => (
              <li key={each.serial} className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
                <CertificateFacts certificate={each} />
                <div className="flex gap-2">
                  <Button
                    size="small"
                    aria-label={text.downloadOf(each.serial)}
                    onClick={() => download.mutate(each.serial)}
                  >
                    {text.download}
                  </Button>
                  {onRevoke !== undefined && each.holds && (
                    <Button
                      size="small"
                      kind="danger"
                      aria-label={text.revokeOf(each.serial)}
                      onClick={() => onRevoke(each)}
                    >
                      {text.revoke}
                    </Button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Folded>
      {download.error !== null && (
        <div className="mt-3">
          <Problem error={download.error} />
        </div>
      )}
    </>
  )
}
