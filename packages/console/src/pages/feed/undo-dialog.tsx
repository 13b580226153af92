import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { undoAct, undoTrace } from '../../api/feed.ts'
import type { FeedEntry, UndoneTrace } from '../../api/feed.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { withLocalTimes } from './sentence.ts'

interface UndoDialogProps {
  readonly entry: FeedEntry
  /** All that is shown, among them others of the same task. */
  readonly all: readonly FeedEntry[]
  readonly onClose: () => void
}

/** Says what will be undone and how, undoes it or the whole task, and says what came of it. */
export function UndoDialog({ entry, all, onClose }: UndoDialogProps) {
  const { language, text } = useLanguage()
  const client = useQueryClient()
  const ofTask = all.filter((each) => each.trace === entry.trace && each.undo.state === 'can').length
  const [whole, setWhole] = useState(false)
  const undo = useMutation({
    mutationFn: async (): Promise<UndoneTrace> =>
      whole ? await undoTrace(entry.trace) : { undone: [await undoAct(entry.act)] },
    onSettled: () =>
      Promise.all(['feed', 'acts', 'mandates'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.undo.title}
      actions={
        <>
          <Button onClick={onClose}>{undo.isSuccess ? text.common.close : text.common.cancel}</Button>
          {!undo.isSuccess && (
            <Button kind="primary" disabled={undo.isPending} onClick={() => undo.mutate()}>
              {undo.isPending ? text.undo.working : text.undo.now}
            </Button>
          )}
        </>
      }
    >
      <p className="rounded-md bg-sunken px-4 py-3 leading-6">
        <ForeignText charactersMax={900}>{withLocalTimes(entry.sentence[language], language)}</ForeignText>
      </p>
      {undo.data !== undefined ? (
        <Result result={undo.data} whole={whole} />
      ) : (
        <>
          {ofTask > 1 && <Extent ofTask={ofTask} whole={whole} onWhole={setWhole} />}
          <p className="mt-4 text-muted">{text.undo.help}</p>
          {undo.error !== null && (
            <div className="mt-4">
              <Problem error={undo.error} />
            </div>
          )}
        </>
      )}
    </Dialog>
  )
}

interface ExtentProps {
  readonly ofTask: number
  readonly whole: boolean
  readonly onWhole: (whole: boolean) => void
}

function Extent({ ofTask, whole, onWhole }: ExtentProps) {
  const text = useText()
  const choices = [
    { whole: false, word: text.undo.one },
    { whole: true, word: text.undo.task(ofTask) },
  ]
  return (
    <fieldset className="mt-4">
      {choices.map((choice) => (
        <label key={choice.word} className="flex min-h-11 items-center gap-3">
          <input
            type="radio"
            name="extent"
            checked={choice.whole === whole}
            onChange={() => onWhole(choice.whole)}
            className="size-5 accent-accent"
          />
          {choice.word}
        </label>
      ))}
      {whole && <p className="text-sm text-muted">{text.undo.taskHelp}</p>}
    </fieldset>
  )
}

interface ResultProps {
  readonly result: UndoneTrace
  readonly whole: boolean
}

function Result({ result: { undone, failed }, whole }: ResultProps) {
  const text = useText()
  const [one] = undone
  const vetoed = !whole && one?.state === 'vetoed'
  return (
    <div className="mt-4">
      <p role="status" className="text-lg font-semibold">
        {whole ? text.undo.doneMany(undone.length) : vetoed ? text.undo.vetoed : text.undo.done}
      </p>
      {!whole && one?.by !== undefined && (
        <Link
          to="/receipts/$act"
          params={{ act: one.by }}
          className="mt-1 inline-block text-accent underline"
        >
          {text.undo.proof}
        </Link>
      )}
      {failed !== undefined && (
        <div className="mt-3 rounded-md bg-warn-wash p-4">
          <p className="font-bold text-warn">{text.undo.stoppedAt}</p>
          <p className="mt-1">
            <ForeignText charactersMax={600}>{`${failed.title}: ${failed.detail}`}</ForeignText>
          </p>
          <Link
            to="/receipts/$act"
            params={{ act: failed.act }}
            className="mt-1 inline-block text-accent underline"
          >
            {text.feed.receipt}
          </Link>
        </div>
      )}
    </div>
  )
}
