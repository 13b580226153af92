import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { probeRecord, takeStep } from '../../api/records.ts'
import type { RecordStep, RecordView, RoleName } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { RecallDialog } from './recall-dialog.tsx'
import { mayKeep, stepsFrom } from './record-state.ts'
import { useStandOnCode } from './stand-on-code.ts'
import { useStaleRecord } from './stale-record.ts'

interface RecordStepsProps {
  readonly view: RecordView
  readonly title: string
  readonly roles: readonly RoleName[]
  /** Another person than this one has to activate it. */
  readonly needsOther: boolean
}

/** The steps that this state and this person's role allow, as buttons; each says what it will do before it does it. */
export function RecordSteps({ view, title, roles, needsOther }: RecordStepsProps) {
  const text = useText()
  const client = useQueryClient()
  const [asking, setAsking] = useState<RecordStep | 'recall'>()
  const steps = stepsFrom(view, roles).filter((step) => step !== 'activate' || !needsOther)
  const probe = useMutation({
    mutationFn: () => probeRecord(view.summary.slug),
    onSettled: () => client.invalidateQueries({ queryKey: ['record', view.summary.slug] }),
  })
  return (
    <div className="flex flex-col items-start gap-2 md:items-end">
      <div className="flex flex-wrap gap-2">
        {mayKeep(roles) && view.state !== 'retired' && view.takedown === undefined && (
          <Button disabled={probe.isPending} onClick={() => probe.mutate()}>
            {text.record.probe}
          </Button>
        )}
        {steps.map((step) => (
          <Button key={step} kind={look(step)} onClick={() => setAsking(step)}>
            {step === 'recall' ? text.record.recall : text.record.steps[step]}
          </Button>
        ))}
      </div>
      <div role="status" className="max-w-sm text-sm text-muted">
        {probe.data !== undefined && text.record.probed(probe.data.reachable, probe.data.changes.length)}
        {roles.length > 0 && !mayKeep(roles) && text.record.stepsNotYours}
      </div>
      {probe.error !== null && <Problem error={probe.error} />}
      {asking === 'recall' && <RecallDialog view={view} title={title} onClose={() => setAsking(undefined)} />}
      {asking !== undefined && asking !== 'recall' && (
        <StepDialog view={view} step={asking} onClose={() => setAsking(undefined)} />
      )}
    </div>
  )
}

function look(step: RecordStep | 'recall'): 'primary' | 'plain' | 'danger' {
  if (step === 'recall') return 'danger'
  return step === 'suspend' || step === 'retire' ? 'plain' : 'primary'
}

interface StepDialogProps {
  readonly view: RecordView
  readonly step: RecordStep
  readonly onClose: () => void
}

function StepDialog({ view, step, onClose }: StepDialogProps) {
  const text = useText()
  const noteId = useId()
  const standOnCode = useStandOnCode(view)
  const renew = useStaleRecord()
  const [note, setNote] = useState('')
  const take = useMutation({
    mutationFn: async () => {
      // A retired record gives its name back.
      if (step === 'retire') await standOnCode()
      await takeStep(view.record.id, step, note.trim())
    },
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.record.stepTitle[step]}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" disabled={take.isPending} onClick={() => take.mutate()}>
            {text.record.steps[step]}
          </Button>
        </>
      }
    >
      <p className="mb-4">{text.record.stepHelp[step]}</p>
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
      {take.error !== null && (
        <div className="mt-4">
          <Problem error={take.error} />
        </div>
      )}
    </Dialog>
  )
}
