import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { revokeMandate } from '../../api/mandates.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'

interface RevokeDialogProps {
  readonly id: string
  readonly onClose: () => void
}

/** Says what ends with a mandate before it is revoked, and what ended afterwards. */
export function RevokeDialog({ id, onClose }: RevokeDialogProps) {
  const text = useText()
  const noteId = useId()
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const revoke = useMutation({
    mutationFn: () => revokeMandate(id, note.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: ['mandates'] }),
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.mandate.revokeTitle}
      actions={
        <>
          <Button onClick={onClose}>{revoke.isSuccess ? text.common.close : text.common.cancel}</Button>
          {!revoke.isSuccess && (
            <Button kind="grave" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
              {text.mandate.revoke}
            </Button>
          )}
        </>
      }
    >
      {revoke.data !== undefined ? (
        <p role="status" className="text-lg font-semibold">
          {text.mandate.revoked(revoke.data.revoked.length, revoke.data.stopped)}
        </p>
      ) : (
        <>
          <p className="mb-4">{text.mandate.revokeHelp}</p>
          <label htmlFor={noteId} className="small-label mb-1 block">
            {text.common.note} ({text.common.optional})
          </label>
          <textarea
            id={noteId}
            rows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            className="field"
          />
          {revoke.error !== null && (
            <div className="mt-4">
              <Problem error={revoke.error} />
            </div>
          )}
        </>
      )}
    </Dialog>
  )
}
