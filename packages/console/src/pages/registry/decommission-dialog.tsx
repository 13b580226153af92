import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { decommissionRecord } from '../../api/record-life.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { DecommissionReport } from './decommission-report.tsx'
import { NoteField } from './note-field.tsx'
import { useStandOnCode } from './stand-on-code.ts'
import { useStaleRecord } from './stale-record.ts'

interface DecommissionDialogProps {
  readonly view: RecordView
  readonly title: string
  readonly onClose: () => void
}

/** Says what ends, ends it, and shows what was ended and what is left. */
export function DecommissionDialog({ view, title, onClose }: DecommissionDialogProps) {
  const text = useText()
  const renew = useStaleRecord()
  const standOnCode = useStandOnCode(view)
  const [note, setNote] = useState('')
  const run = useMutation({
    mutationFn: async () => {
      await standOnCode()
      return await decommissionRecord(view.record.id, note.trim())
    },
    onSuccess: renew,
  })
  if (run.data !== undefined)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={run.data.residue.length === 0 ? text.decommission.done : text.decommission.left}
        actions={
          <>
            <Button onClick={onClose}>{text.common.close}</Button>
            {run.data.residue.length > 0 && (
              <Button kind="primary" disabled={run.isPending} onClick={() => run.mutate()}>
                {text.decommission.again}
              </Button>
            )}
          </>
        }
      >
        <div role="status">
          <DecommissionReport report={run.data} />
        </div>
      </Dialog>
    )
  return (
    <AskDialog
      title={text.decommission.title(visibleString(title, 60))}
      doing={text.decommission.do}
      kind="grave"
      pending={run.isPending}
      error={run.error}
      onDo={() => run.mutate()}
      onClose={onClose}
    >
      <ul className="mb-2 list-disc space-y-1.5 pl-5">
        {text.decommission.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <p className="mb-4 text-muted">{text.decommission.back}</p>
      <NoteField note={note} onNote={setNote} />
    </AskDialog>
  )
}
