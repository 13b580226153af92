import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { StandingApproval } from '../../api/approval-types.ts'
import { queries } from '../../api/queries.ts'
import { endStandingApproval } from '../../api/standing-approvals.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { BackToApprovals } from './approval-page.tsx'
import { Bound } from './narrow-panel.tsx'
import { usePersonName } from './person.ts'

/** What passes without asking, until when, and its end. */
export function StandingPage() {
  const text = useText()
  const standing = useInfiniteQuery(queries.standingApprovals())
  const [ending, setEnding] = useState<StandingApproval>()
  return (
    <Page title={text.standing.title} lead={text.standing.lead} above={<BackToApprovals />}>
      <Loaded query={standing}>
        {({ pages }) => {
          const all = pages.flatMap((page) => page.standing)
          if (all.length === 0)
            return (
              <div className="panel max-w-2xl px-6 py-10">
                <p className="text-xl font-bold">{text.standing.empty}</p>
                <p className="mt-1 text-muted">{text.standing.emptyHelp}</p>
              </div>
            )
          return (
            <ul className="grid items-start gap-4 lg:grid-cols-2">
              {all.map((each) => (
                <StandingItem key={each.id} standing={each} onEnd={() => setEnding(each)} />
              ))}
            </ul>
          )
        }}
      </Loaded>
      {standing.hasNextPage && (
        <Button className="mt-4" onClick={() => void standing.fetchNextPage()}>
          {text.common.more}
        </Button>
      )}
      {ending !== undefined && <EndDialog standing={ending} onClose={() => setEnding(undefined)} />}
    </Page>
  )
}

interface StandingItemProps {
  readonly standing: StandingApproval
  readonly onEnd: () => void
}

function StandingItem({ standing, onEnd }: StandingItemProps) {
  const text = useText()
  const giver = usePersonName(standing.givenBy)
  return (
    <li className="panel flex flex-col px-5 py-4">
      <p className="text-lg font-bold tracking-tight">
        {visibleString(standing.capability, 80)}{' '}
        <span className="font-normal text-muted">
          {text.standing.of}{' '}
          <Link
            to="/registry/$slug"
            params={{ slug: standing.target }}
            className="underline decoration-edge underline-offset-4 hover:decoration-accent"
          >
            {visibleString(standing.target, 80)}
          </Link>
        </span>
      </p>
      <ul className="mt-2 mb-3 space-y-1.5 border-l-2 border-edge pl-4">
        {standing.same.map(({ name, text: value }) => (
          <Bound key={name} name={name} value={value} words={text.alternatives.same} />
        ))}
        {standing.atMost.map(({ name, value }) => (
          <Bound key={name} name={name} value={String(value)} words={text.alternatives.most} />
        ))}
        {standing.free.map((name) => (
          <Bound key={name} name={name} value={undefined} words={text.alternatives.free} />
        ))}
      </ul>
      <div className="mt-auto flex flex-wrap items-end justify-between gap-3">
        <p className="text-sm text-muted">
          {text.standing.until}{' '}
          <strong className="text-ink">
            <Time at={standing.expires} form="short" />
          </strong>
          <br />
          {giver !== undefined && (
            <>
              {text.standing.by} {giver},{' '}
            </>
          )}
          <Time at={standing.givenAt} form="short" />
        </p>
        <Button size="small" kind="danger" onClick={onEnd}>
          {text.standing.end}
        </Button>
      </div>
    </li>
  )
}

interface EndDialogProps {
  readonly standing: StandingApproval
  readonly onClose: () => void
}

function EndDialog({ standing, onClose }: EndDialogProps) {
  const text = useText()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: async () => await endStandingApproval(standing.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['approvals'] })
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.standing.endTitle}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="grave" disabled={end.isPending} onClick={() => end.mutate()}>
            {text.standing.end}
          </Button>
        </>
      }
    >
      <p>{text.standing.endHelp}</p>
      {end.error !== null && (
        <div className="mt-4">
          <Problem error={end.error} />
        </div>
      )}
    </Dialog>
  )
}
