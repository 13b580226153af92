import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { offerTransfer } from '../../api/transfers.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NoteField } from './note-field.tsx'
import { useStaleRecord } from './stale-record.ts'

interface TransferDialogProps {
  readonly slug: string
  readonly title: string
  readonly onClose: () => void
}

/** Offers a record to another organisation of the node. */
export function TransferDialog({ slug, title, onClose }: TransferDialogProps) {
  const text = useText().transfer
  const renew = useStaleRecord()
  const [to, setTo] = useState('')
  const [note, setNote] = useState('')
  const offer = useMutation({
    mutationFn: () =>
      offerTransfer(slug, { to: to.trim(), ...(note.trim() === '' ? {} : { note: note.trim() }) }),
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.title(visibleString(title, 60))}
      doing={text.do}
      pending={offer.isPending}
      disabled={to.trim() === ''}
      error={offer.error}
      onDo={() => offer.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.help}</p>
      <Labelled label={text.to} help={text.toHelp}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={100}
            value={to}
            onChange={(event) => setTo(event.target.value)}
            className="field font-mono"
          />
        )}
      </Labelled>
      <NoteField note={note} onNote={setNote} />
    </AskDialog>
  )
}
