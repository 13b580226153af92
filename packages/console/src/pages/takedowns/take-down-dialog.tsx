import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { takeDown } from '../../api/takedowns.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Tick } from '../../ui/tick.tsx'
import { NoteField } from '../registry/note-field.tsx'

interface TakeDownDialogProps {
  /** Left out: it is asked for. */
  readonly record?: string
  readonly onClose: () => void
}

/** Takes a record of any organisation away, and says before what that does. */
export function TakeDownDialog({ record, onClose }: TakeDownDialogProps) {
  const text = useText().takedowns
  const client = useQueryClient()
  const [code, setCode] = useState(record ?? '')
  const [reason, setReason] = useState('')
  const [wholeHosts, setWholeHosts] = useState(false)
  const [dependants, setDependants] = useState(false)
  const take = useMutation({
    mutationFn: () => takeDown({ record: code.trim(), reason: reason.trim(), wholeHosts, dependants }),
    onSuccess: async () => {
      await Promise.all(
        ['takedowns', 'record', 'records', 'acts'].map((key) =>
          client.invalidateQueries({ queryKey: [key] }),
        ),
      )
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.addTitle}
      doing={text.do}
      kind="grave"
      pending={take.isPending}
      disabled={code.trim() === '' || reason.trim() === ''}
      error={take.error}
      onDo={() => take.mutate()}
      onClose={onClose}
    >
      <ul className="mb-4 list-disc space-y-1.5 pl-5">
        {text.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <Labelled label={text.record} help={record === undefined ? text.recordHelp : undefined}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            spellCheck={false}
            maxLength={100}
            readOnly={record !== undefined}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            className="field font-mono text-sm"
          />
        )}
      </Labelled>
      <NoteField label={text.reason} help={text.reasonHelp} note={reason} onNote={setReason} />
      <Tick state={wholeHosts} onTick={setWholeHosts}>
        {text.wholeHosts}
      </Tick>
      <Tick state={dependants} onTick={setDependants}>
        {text.dependants}
      </Tick>
    </AskDialog>
  )
}
