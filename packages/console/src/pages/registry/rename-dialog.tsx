import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../../api/call.ts'
import { renameRecord } from '../../api/record-life.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Tick } from '../../ui/tick.tsx'
import { NoteField } from './note-field.tsx'
import { useStandOnCode } from './stand-on-code.ts'
import { useStaleRecord } from './stale-record.ts'

interface RenameDialogProps {
  readonly view: RecordView
  /** May say that a likeness to another name is right. */
  readonly owner: boolean
  readonly onClose: () => void
}

export function RenameDialog({ view, owner, onClose }: RenameDialogProps) {
  const text = useText()
  const navigate = useNavigate()
  const { slug } = view.summary
  const renew = useStaleRecord()
  const standOnCode = useStandOnCode(view)
  const [name, setName] = useState(slug)
  const [note, setNote] = useState('')
  const [confirmed, setConfirmed] = useState(false)
  const rename = useMutation({
    mutationFn: async () => {
      await standOnCode()
      return await renameRecord(view.record.id, {
        slug: name,
        ...(note.trim() === '' ? {} : { note: note.trim() }),
        ...(confirmed ? { confirmName: true } : {}),
      })
    },
    onSuccess: async (renamed) => {
      onClose()
      await navigate({ to: '/registry/$slug', params: { slug: renamed.summary.slug }, replace: true })
      await renew()
    },
  })
  const isConfusable = rename.error instanceof ApiProblem && rename.error.code === 'record.name-confusable'
  return (
    <AskDialog
      title={text.rename.title}
      doing={text.rename.do}
      pending={rename.isPending}
      disabled={name === slug || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)}
      error={rename.error}
      onDo={() => rename.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.rename.help}</p>
      <Labelled label={text.rename.name} help={text.registry.slugHelp.split(/[.。]/)[0]}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={63}
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="field font-mono"
          />
        )}
      </Labelled>
      <NoteField note={note} onNote={setNote} />
      {owner && isConfusable && (
        <Tick state={confirmed} onTick={setConfirmed}>
          <span>
            {text.rename.confirm}
            <span className="block text-sm text-muted">{text.rename.confirmHelp}</span>
          </span>
        </Tick>
      )}
    </AskDialog>
  )
}
