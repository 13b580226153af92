import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { takeStep } from '../../api/records.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { useStaleRecord } from './stale-record.ts'

interface DiscardDialogProps {
  readonly slug: string
  readonly onClose: () => void
}

/** Throws a draft away that was never submitted: nothing of it stays. */
export function DiscardDialog({ slug, onClose }: DiscardDialogProps) {
  const text = useText().discard
  const navigate = useNavigate()
  const renew = useStaleRecord()
  const discard = useMutation({
    mutationFn: () => takeStep(slug, 'retire', ''),
    onSuccess: async () => {
      await navigate({ to: '/registry', search: {} })
      await renew()
    },
  })
  return (
    <AskDialog
      title={text.title}
      doing={text.do}
      kind="grave"
      pending={discard.isPending}
      error={discard.error}
      onDo={() => discard.mutate()}
      onClose={onClose}
    >
      <p>{text.help}</p>
    </AskDialog>
  )
}
