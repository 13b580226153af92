import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { confirmRecovery, recoverKey, reportKey, rotateKey } from '../../api/agent-keys.ts'
import type { RecoveredKey, WaitingRecovery } from '../../api/agent-keys.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { NoteField } from './note-field.tsx'
import { useStaleRecord } from './stale-record.ts'

interface CloseProps {
  readonly onClose: () => void
}

interface KeyDialogProps extends CloseProps {
  readonly slug: string
}

const overlapsS = [0, 3600, 86_400, 604_800] as const

export function RotateDialog({ slug, onClose }: KeyDialogProps) {
  const text = useText().keys
  const renew = useStaleRecord()
  const [overlapS, setOverlapS] = useState<number>(86_400)
  const rotate = useMutation({
    mutationFn: () => rotateKey(slug, overlapS),
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.rotateTitle}
      doing={text.rotate}
      pending={rotate.isPending}
      error={rotate.error}
      onDo={() => rotate.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.rotateHelp}</p>
      <Labelled label={text.overlap}>
        {(names) => (
          <select
            {...names}
            value={overlapS}
            onChange={(event) => setOverlapS(Number(event.target.value))}
            className="field"
          >
            {overlapsS.map((each) => (
              <option key={each} value={each}>
                {text.overlaps[each]}
              </option>
            ))}
          </select>
        )}
      </Labelled>
    </AskDialog>
  )
}

export function RecoverDialog({ slug, onClose }: KeyDialogProps) {
  const text = useText().keys
  const renew = useStaleRecord()
  const { data: recoveries } = useQuery(queries.recoveries())
  const [note, setNote] = useState('')
  const recover = useMutation({ mutationFn: () => recoverKey(slug, note.trim()), onSuccess: renew })
  if (recover.data !== undefined) return <Recovered recovered={recover.data} onClose={onClose} />
  return (
    <AskDialog
      title={text.recoverTitle}
      doing={text.recover}
      kind="grave"
      pending={recover.isPending}
      error={recover.error}
      onDo={() => recover.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.recoverHelp}</p>
      {recoveries?.people === 2 && <p className="mb-4 font-semibold">{text.recoverTwo}</p>}
      <NoteField note={note} onNote={setNote} />
    </AskDialog>
  )
}

interface ConfirmDialogProps extends CloseProps {
  readonly recovery: WaitingRecovery
}

export function ConfirmDialog({ recovery, onClose }: ConfirmDialogProps) {
  const text = useText().keys
  const renew = useStaleRecord()
  const confirm = useMutation({ mutationFn: () => confirmRecovery(recovery.id), onSuccess: renew })
  if (confirm.data !== undefined) return <Recovered recovered={confirm.data} onClose={onClose} />
  return (
    <AskDialog
      title={text.confirmTitle}
      doing={text.confirm}
      kind="grave"
      pending={confirm.isPending}
      error={confirm.error}
      onDo={() => confirm.mutate()}
      onClose={onClose}
    >
      <p>{text.confirmHelp}</p>
    </AskDialog>
  )
}

function Recovered({
  recovered,
  onClose,
}: {
  readonly recovered: RecoveredKey
  readonly onClose: () => void
}) {
  const text = useText().keys
  return (
    <Done title={text.recover} onClose={onClose}>
      {recovered.state === 'waiting' ? text.recoverWaits : text.recovered(recovered.mandates)}
    </Done>
  )
}

export function ReportDialog({ slug, agentKey, onClose }: KeyDialogProps & { readonly agentKey: string }) {
  const text = useText().keys
  const renew = useStaleRecord()
  const report = useMutation({ mutationFn: () => reportKey(slug, agentKey), onSuccess: renew })
  if (report.data !== undefined)
    return (
      <Done title={text.report} onClose={onClose}>
        {text.reported(report.data.mandates)}
      </Done>
    )
  return (
    <AskDialog
      title={text.reportTitle}
      doing={text.reportDo}
      kind="grave"
      pending={report.isPending}
      error={report.error}
      onDo={() => report.mutate()}
      onClose={onClose}
    >
      <p className="mb-3 font-mono text-[0.8125rem]">{agentKey}</p>
      <ul className="list-disc space-y-1.5 pl-5">
        {text.reportPoints.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </AskDialog>
  )
}

interface DoneProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

function Done({ title, onClose, children }: DoneProps) {
  const text = useText().common
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      actions={<Button onClick={onClose}>{text.close}</Button>}
    >
      <p role="status" className="font-semibold">
        {children}
      </p>
    </Dialog>
  )
}
