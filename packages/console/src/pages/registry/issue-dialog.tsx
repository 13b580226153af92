import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { issueCertificate } from '../../api/certificates.ts'
import type { CertificateUsage } from '../../api/certificates.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { downloadText } from '../receipts/download.ts'
import { DropField } from '../verify/drop-field.tsx'
import { useStaleRecord } from './stale-record.ts'

const usages: readonly CertificateUsage[] = ['clientAuth', 'serverAuth']

interface IssueDialogProps {
  readonly slug: string
  readonly onClose: () => void
}

/** Has a certificate made for the key of a pasted or dropped request, and hands the chain out. */
export function IssueDialog({ slug, onClose }: IssueDialogProps) {
  const text = useText()
  const renew = useStaleRecord()
  const [csr, setCsr] = useState('')
  const [usage, setUsage] = useState<CertificateUsage>('clientAuth')
  const issue = useMutation({ mutationFn: () => issueCertificate(slug, { usage, csr }), onSuccess: renew })
  if (issue.data !== undefined) {
    const { chain, certificate } = issue.data
    const name = `${slug}-${certificate.serial.slice(0, 8)}.pem`
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={text.x509.issued}
        actions={
          <>
            <Button onClick={onClose}>{text.common.close}</Button>
            <Button kind="primary" onClick={() => downloadText(name, chain)}>
              {text.x509.downloadChain}
            </Button>
          </>
        }
      >
        <p className="mb-3">{text.x509.issuedHelp}</p>
        <pre className="max-h-48 overflow-y-auto rounded-md bg-sunken p-4 font-mono text-xs leading-4 whitespace-pre-wrap">
          {chain}
        </pre>
      </Dialog>
    )
  }
  return (
    <AskDialog
      title={text.x509.issueTitle}
      doing={text.x509.issue}
      pending={issue.isPending}
      disabled={csr.trim() === ''}
      error={issue.error}
      onDo={() => issue.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.x509.issueHelp}</p>
      <fieldset className="mb-4">
        <legend className="small-label mb-1">{text.x509.usage}</legend>
        {usages.map((each) => (
          <label key={each} className="flex min-h-11 items-center gap-3">
            <input
              type="radio"
              name="usage"
              checked={usage === each}
              onChange={() => setUsage(each)}
              className="size-5 accent-accent"
            />
            {text.x509.usageHelp[each]}
          </label>
        ))}
      </fieldset>
      <DropField label={text.x509.csr} help={text.x509.csrHelp} value={csr} onChange={setCsr} rows={5} />
    </AskDialog>
  )
}
