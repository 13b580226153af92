import { useMutation } from '@tanstack/react-query'
import { makeAcmeCredential } from '../../api/certificates.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Time } from '../../ui/time.tsx'
import { downloadJson } from '../receipts/download.ts'
import { SecretOnce } from '../security/secret-once.tsx'

interface AcmeDialogProps {
  readonly slug: string
  readonly onClose: () => void
}

/** Makes what an agent opens its ACME account with, and shows it once. */
export function AcmeDialog({ slug, onClose }: AcmeDialogProps) {
  const text = useText()
  const make = useMutation({
    mutationFn: () => makeAcmeCredential(slug),
    // The secret leaves the memory of the page when it is no longer shown.
    gcTime: 0,
  })
  const { data } = make
  if (data !== undefined)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={text.x509.acme}
        actions={
          <>
            <Button onClick={onClose}>{text.common.close}</Button>
            <Button kind="primary" onClick={() => downloadJson(`${slug}.acme`, data)}>
              {text.x509.acmeDownload}
            </Button>
          </>
        }
      >
        <SecretOnce help={text.x509.acmeOnce} secret={JSON.stringify(data)} />
        <p className="mt-3 text-sm text-muted">
          {text.x509.acmeUntil} <Time at={data.expiresAt} form="short" />
        </p>
      </Dialog>
    )
  return (
    <AskDialog
      title={text.x509.acmeTitle}
      doing={text.x509.acmeDo}
      pending={make.isPending}
      error={make.error}
      onDo={() => make.mutate()}
      onClose={onClose}
    >
      <p>{text.x509.acmeHelp}</p>
    </AskDialog>
  )
}
