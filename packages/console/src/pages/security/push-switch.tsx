import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiProblem } from '../../api/call.ts'
import { pushState, turnPushOff, turnPushOn } from '../../api/push.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { NameField } from './name-field.tsx'

interface PushSwitchProps {
  readonly pushKey: string
  /** The node tells any browser at all: a subscription that it was told to forget is none. */
  readonly known: boolean
}

/** Whether this very browser is told, and the way to change that. */
export function PushSwitch({ pushKey, known }: PushSwitchProps) {
  const text = useLanguage().text.channels
  const client = useQueryClient()
  const state = useQuery({ queryKey: ['push-state', pushKey], queryFn: () => pushState(pushKey) })
  const [naming, setNaming] = useState(false)
  const stale = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ['push-state'] }),
      client.invalidateQueries({ queryKey: ['channels'] }),
    ])
  }
  const off = useMutation({ mutationFn: turnPushOff, onSuccess: stale })
  if (state.data === undefined) return null
  if (state.data === 'unsupported' || state.data === 'denied')
    return <p className="mb-3 text-sm text-muted">{text[state.data]}</p>
  return (
    <div className="mb-3 flex flex-wrap items-center gap-3">
      {state.data === 'on' && known ? (
        <>
          <span className="font-semibold text-ok">{text.isOn}</span>
          <Button size="small" disabled={off.isPending} onClick={() => off.mutate()}>
            {text.pushOff}
          </Button>
        </>
      ) : (
        <Button onClick={() => setNaming(true)}>{text.pushOn}</Button>
      )}
      {naming && <PushDialog pushKey={pushKey} onDone={stale} onClose={() => setNaming(false)} />}
    </div>
  )
}

interface PushDialogProps {
  readonly pushKey: string
  readonly onDone: () => Promise<void>
  readonly onClose: () => void
}

function PushDialog({ pushKey, onDone, onClose }: PushDialogProps) {
  const { language, text } = useLanguage()
  const words = text.channels
  const [name, setName] = useState('')
  const on = useMutation({
    mutationFn: async () => await turnPushOn(pushKey, { label: name.trim(), language }),
    onSuccess: async (channel) => {
      await onDone()
      if (channel !== undefined) onClose()
    },
  })
  // What the browser says of it is not for people; that it did not work is.
  const refused = on.isSuccess || (on.error !== null && !(on.error instanceof ApiProblem))
  return (
    <AskDialog
      title={words.pushTitle}
      doing={words.pushOn}
      pending={on.isPending}
      disabled={name.trim() === ''}
      error={on.error instanceof ApiProblem ? on.error : null}
      problem={
        refused && !on.isPending ? (
          <p role="alert" className="font-semibold text-danger">
            {words.refused}
          </p>
        ) : undefined
      }
      onDo={() => on.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{words.pushHelp}</p>
      <NameField name={name} example={words.pushName} charactersMax={100} onName={setName} />
    </AskDialog>
  )
}
