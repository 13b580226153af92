import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { revokeCertificates } from '../../api/certificates.ts'
import type { AgentCertificate } from '../../api/certificates.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { useStaleRecord } from './stale-record.ts'

/** What a person may say; the others are said by the authority itself. */
const reasons = [0, 1, 4, 5] as const
const keyCompromised = 1

interface RevokeCertificateDialogProps {
  readonly certificate: AgentCertificate
  readonly onClose: () => void
}

export function RevokeCertificateDialog({ certificate, onClose }: RevokeCertificateDialogProps) {
  const text = useText().x509
  const renew = useStaleRecord()
  const [reason, setReason] = useState(0)
  const { serial, record } = certificate
  const revoke = useMutation({
    mutationFn: () => revokeCertificates(record, { serial, reason }),
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.revokeTitle}
      doing={text.revoke}
      kind="grave"
      pending={revoke.isPending}
      error={revoke.error}
      onDo={() => revoke.mutate()}
      onClose={onClose}
    >
      <p className="mb-3 font-mono text-[0.8125rem]">{serial}</p>
      <p className="mb-4">{text.revokeHelp}</p>
      <Labelled label={text.reason} help={reason === keyCompromised ? text.revokeKey : undefined}>
        {(names) => (
          <select
            {...names}
            value={reason}
            onChange={(event) => setReason(Number(event.target.value))}
            className="field"
          >
            {reasons.map((each) => (
              <option key={each} value={each}>
                {text.reasons[each]}
              </option>
            ))}
          </select>
        )}
      </Labelled>
    </AskDialog>
  )
}
