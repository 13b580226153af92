import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { liftTakedown } from '../../api/takedowns.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NoteField } from '../registry/note-field.tsx'

interface LiftDialogProps {
  /** Identity code. */
  readonly record: string
  readonly name: string
  readonly onClose: () => void
}

export function LiftDialog({ record, name, onClose }: LiftDialogProps) {
  const text = useText().takedowns
  const client = useQueryClient()
  const [why, setWhy] = useState('')
  const lift = useMutation({
    mutationFn: () => liftTakedown(record, why.trim()),
    onSuccess: async () => {
      await Promise.all(
        ['takedowns', 'record', 'records'].map((key) => client.invalidateQueries({ queryKey: [key] })),
      )
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.liftTitle(visibleString(name, 60))}
      doing={text.lift}
      pending={lift.isPending}
      disabled={why.trim() === ''}
      error={lift.error}
      onDo={() => lift.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.liftHelp}</p>
      <NoteField label={text.why} note={why} onNote={setWhy} />
    </AskDialog>
  )
}
