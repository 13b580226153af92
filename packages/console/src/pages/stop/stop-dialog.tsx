import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { setStop } from '../../api/stops.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { useArmed } from './armed.ts'
import { stopChoices, stopTitle } from './stop-choice.ts'
import type { StopChoice, StopSubject } from './stop-choice.ts'
import { StopResult } from './stop-result.tsx'

interface StopDialogProps {
  readonly subject: StopSubject
  readonly onClose: () => void
}

/** What a stop may have made stale: everything that was under way, waited or was held. */
const stale = ['stops', 'feed', 'acts', 'approvals', 'status'] as const

/**
 * Says what will end, takes one confirmation, and shows how far it reached. The confirmation has the focus, so that a
 * key brings up the dialog and another one stops; it takes neither the press that opened it nor one that is held down.
 */
export function StopDialog({ subject, onClose }: StopDialogProps) {
  const text = useText()
  const client = useQueryClient()
  const { data: me } = useQuery(queries.me())
  const [at, setAt] = useState(0)
  const [note, setNote] = useState('')
  const armed = useArmed()
  const confirm = useRef<HTMLButtonElement>(null)
  const choices = me === undefined ? [] : stopChoices(subject, me, text)
  const chosen = choices[at]
  const stop = useMutation({
    mutationFn: async ({ order }: StopChoice) =>
      await setStop({ ...order, ...(note.trim() === '' ? {} : { note: note.trim() }) }),
    onSuccess: async () =>
      await Promise.all(stale.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={stop.isSuccess ? text.stop.done : stopTitle(subject, text)}
      initialFocus={confirm}
      actions={
        <>
          <Button onClick={onClose}>{stop.isSuccess ? text.common.close : text.common.cancel}</Button>
          {!stop.isSuccess && (
            <Button
              ref={confirm}
              kind="grave"
              size="large"
              className="sm:min-h-11 sm:text-base"
              aria-disabled={!armed || stop.isPending}
              onKeyDown={(event) => {
                if (event.repeat) event.preventDefault()
              }}
              onClick={() => {
                if (armed && !stop.isPending && chosen !== undefined) stop.mutate(chosen)
              }}
            >
              {stop.isPending ? text.stop.stopping : text.stop.now}
            </Button>
          )}
        </>
      }
    >
      {stop.data !== undefined ? (
        <StopResult stopped={stop.data} />
      ) : (
        <>
          {choices.length > 1 && <Choices choices={choices} at={at} onChoose={setAt} />}
          <ul className="mb-5 list-disc space-y-1.5 pl-5">
            {text.stop.points.map((point) => (
              <li key={point}>{point}</li>
            ))}
          </ul>
          <Note note={note} onNote={setNote} />
          {stop.error !== null && (
            <div className="mt-4">
              <Problem error={stop.error} />
            </div>
          )}
        </>
      )}
    </Dialog>
  )
}

interface ChoicesProps {
  readonly choices: readonly StopChoice[]
  readonly at: number
  readonly onChoose: (at: number) => void
}

function Choices({ choices, at, onChoose }: ChoicesProps) {
  const text = useText()
  const name = useId()
  return (
    <fieldset className="mb-4">
      <legend className="sr-only">{text.stop.what}</legend>
      <div className="space-y-2">
        {choices.map((choice, each) => (
          <label
            key={choice.word}
            className="flex min-h-14 cursor-pointer items-center gap-3.5 rounded-md border border-edge px-4 py-2 has-checked:border-danger has-checked:bg-danger-wash"
          >
            <input
              type="radio"
              name={name}
              checked={each === at}
              onChange={() => onChoose(each)}
              className="size-5 shrink-0 accent-danger"
            />
            <span className="min-w-0">
              <span className="block font-bold">{choice.word}</span>
              <span className="block text-sm text-muted">{choice.help}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface NoteProps {
  readonly note: string
  readonly onNote: (note: string) => void
}

function Note({ note, onNote }: NoteProps) {
  const text = useText()
  const id = useId()
  return (
    <>
      <label htmlFor={id} className="small-label mb-1 block">
        {text.stop.note} ({text.common.optional})
      </label>
      <input
        id={id}
        maxLength={2000}
        autoComplete="off"
        value={note}
        onChange={(event) => onNote(event.target.value)}
        className="field"
      />
    </>
  )
}
