import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { undoAct } from '../../api/feed.ts'
import type { FeedEntry } from '../../api/feed.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { useNow } from '../../ui/now.ts'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { clock } from '../approvals/clock.ts'

interface TakeBackProps {
  readonly entry: FeedEntry
  readonly sentence: string
  readonly onUndo: (entry: FeedEntry) => void
}

/** What the reader can do about an act: veto it while it is held, undo it while that can be done, decide what is asked. */
export function TakeBack({ entry, sentence, onUndo }: TakeBackProps) {
  const text = useText()
  const { state, until } = entry.undo
  if (state === 'veto') return <Veto act={entry.act} until={until} sentence={sentence} />
  if (state === 'undone') return <Side>{<Tag tone="ok">{text.feed.undone}</Tag>}</Side>
  if (state === 'undoing') return <Side>{<Tag tone="accent">{text.feed.undoing}</Tag>}</Side>
  if (entry.state === 'asked' && entry.approval !== undefined) {
    return (
      <Side>
        <Link
          to="/approvals/$id"
          params={{ id: entry.approval }}
          className={buttonClass({ size: 'small', kind: 'primary' })}
        >
          {text.feed.decide}
        </Link>
      </Side>
    )
  }
  if (state === 'cannot') return <Side />
  return (
    <Side>
      <Button size="small" aria-label={text.undo.undoOf(sentence)} onClick={() => onUndo(entry)}>
        {text.undo.undo}
      </Button>
    </Side>
  )
}

/** As wide for every entry, so that the sentences stand under one another. */
function Side({ children }: { readonly children?: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 empty:hidden md:w-40 md:flex-col md:items-end md:empty:block">
      {children}
    </div>
  )
}

interface VetoProps {
  readonly act: string
  readonly until: string | undefined
  readonly sentence: string
}

/** A veto only stops something, so one tap is enough. */
function Veto({ act, until, sentence }: VetoProps) {
  const text = useText()
  const client = useQueryClient()
  const refresh = () =>
    Promise.all(['feed', 'approvals', 'acts'].map((key) => client.invalidateQueries({ queryKey: [key] })))
  const veto = useMutation({ mutationFn: async () => await undoAct(act), onSettled: refresh })
  return (
    <Side>
      <div className="flex flex-wrap items-center gap-3 md:flex-row-reverse">
        <Button
          kind="danger"
          disabled={veto.isPending || veto.isSuccess}
          aria-label={text.undo.vetoOf(sentence)}
          onClick={() => veto.mutate()}
        >
          {veto.isPending ? text.undo.vetoing : text.undo.veto}
        </Button>
        {until !== undefined && <TimeLeft until={until} onOver={() => void refresh()} />}
      </div>
      <p role="status" className="text-sm text-ok">
        {veto.isSuccess && text.undo.vetoed}
      </p>
      {veto.error !== null && <Problem error={veto.error} />}
    </Side>
  )
}

interface TimeLeftProps {
  readonly until: string
  readonly onOver: () => void
}

/** After its time an act is on its way: the feed is asked again once. */
function TimeLeft({ until, onOver }: TimeLeftProps) {
  const text = useText()
  const left = Math.max(0, Date.parse(until) - useNow(true))
  const over = left === 0
  useEffect(() => {
    if (over) onOver()
    // Once, when it is over: what to call then is a new function each time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [over])
  return (
    <span role="timer" aria-live="off" className="text-sm font-semibold text-muted">
      {clock(left)}
      <span className="sr-only"> {text.feed.left}</span>
    </span>
  )
}
