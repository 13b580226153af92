import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { recallRecord } from '../../api/records.ts'
import type { Recalled, RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface RecallDialogProps {
  readonly view: RecordView
  readonly title: string
  readonly onClose: () => void
}

/** Says what a recall does before it is done, and what it did afterwards. */
export function RecallDialog({ view, title, onClose }: RecallDialogProps) {
  const text = useText()
  const client = useQueryClient()
  const formId = useId()
  const [all, setAll] = useState(false)
  const [note, setNote] = useState('')
  const { slug } = view.summary
  const recall = useMutation({
    mutationFn: () =>
      recallRecord(slug, { note: note.trim(), ...(all ? {} : { version: view.summary.version }) }),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['record', slug] }),
        client.invalidateQueries({ queryKey: ['records'] }),
      ])
    },
  })
  const done = recall.data !== undefined
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.record.recallTitle(visibleString(title, 60))}
      actions={
        <>
          <Button onClick={onClose}>{done ? text.common.close : text.common.cancel}</Button>
          {!done && (
            <Button kind="grave" type="submit" form={formId} disabled={recall.isPending}>
              {text.record.recallDo}
            </Button>
          )}
        </>
      }
    >
      {recall.data !== undefined ? (
        <Done recalled={recall.data} />
      ) : (
        <form
          id={formId}
          onSubmit={(event) => {
            event.preventDefault()
            recall.mutate()
          }}
        >
          <What />
          <Which version={view.summary.version} all={all} onAll={setAll} />
          <Why note={note} onNote={setNote} />
          {recall.error !== null && <Problem error={recall.error} />}
        </form>
      )}
    </Dialog>
  )
}

function What() {
  const text = useText()
  return (
    <>
      <p className="mb-2 font-semibold">{text.record.recallWhat}</p>
      <ul className="mb-2 list-disc space-y-1.5 pl-5">
        {text.record.recallPoints.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <p className="mb-5 text-muted">{text.record.recallBack}</p>
    </>
  )
}

interface WhichProps {
  readonly version: string
  readonly all: boolean
  readonly onAll: (all: boolean) => void
}

function Which({ version, all, onAll }: WhichProps) {
  const text = useText()
  const choices = [
    { chosen: !all, all: false, word: text.record.recallThis(visibleString(version, 40)) },
    { chosen: all, all: true, word: text.record.recallAll },
  ]
  return (
    <fieldset className="mb-5">
      <legend className="small-label mb-1">{text.record.recallVersions}</legend>
      {choices.map((choice) => (
        <label key={choice.word} className="flex min-h-11 items-center gap-3">
          <input
            type="radio"
            name="versions"
            checked={choice.chosen}
            onChange={() => onAll(choice.all)}
            className="size-5 accent-accent"
          />
          {choice.word}
        </label>
      ))}
    </fieldset>
  )
}

interface WhyProps {
  readonly note: string
  readonly onNote: (note: string) => void
}

function Why({ note, onNote }: WhyProps) {
  const text = useText()
  const noteId = useId()
  const helpId = useId()
  return (
    <div className="mb-4">
      <label htmlFor={noteId} className="small-label mb-1 block">
        {text.record.recallWhy}
      </label>
      <textarea
        id={noteId}
        aria-describedby={helpId}
        required
        rows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => onNote(event.target.value)}
        className="field"
      />
      <p id={helpId} className="mt-1 text-sm text-muted">
        {text.record.recallWhyHelp}
      </p>
    </div>
  )
}

function Done({ recalled }: { readonly recalled: Recalled }) {
  const text = useText()
  return (
    <div role="status">
      <p className="text-lg font-semibold">
        {text.record.recalled(recalled.stopped, Math.ceil(recalled.tookMs))}
      </p>
      {recalled.ruling.body.note !== undefined && (
        <p className="mt-2 text-muted">
          <ForeignText>{recalled.ruling.body.note}</ForeignText>
        </p>
      )}
      {recalled.acts.length > 0 && (
        <>
          <h3 className="small-label mt-4">{text.record.stoppedActs}</h3>
          <ul>
            {recalled.acts.map((act) => (
              <li key={act}>
                <Link to="/receipts/$act" params={{ act }} className="text-accent underline">
                  <ShortId>{act}</ShortId>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
