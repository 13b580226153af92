import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApprovalList } from '../../api/approval-types.ts'
import { approveTogether, deny } from '../../api/approvals.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { ListAnswer } from './list-answer.tsx'
import { useMayDecide } from './person.ts'
import { StepList } from './step-list.tsx'
import { toggled } from './toggled.ts'

interface TogetherCardProps {
  readonly list: ApprovalList
  readonly focused: boolean
  /** Left out: single approvals rest. */
  readonly onCards?: (() => void) | undefined
}

/** What one agent waits for under one mandate, answered at once; what is taken out is refused. */
export function TogetherCard({ list, focused, onCards }: TogetherCardProps) {
  const text = useText()
  const client = useQueryClient()
  const may = useMayDecide('act', list.subject)
  const [out, setOut] = useState<ReadonlySet<string>>(new Set())
  const cards = list.approvals
  const left = cards.filter(({ id }) => !out.has(id))
  const say = useMutation({
    mutationFn: async (yes: boolean) => {
      if (yes)
        return await approveTogether(
          left,
          cards.filter(({ id }) => out.has(id)),
        )
      for (const card of cards) await deny(card)
      return { approved: [], failed: [] }
    },
    onSettled: async () => await client.invalidateQueries({ queryKey: ['approvals'] }),
  })
  const failed = say.data?.failed.length ?? 0
  const titleId = `list-${list.mandate}-${list.agent.id}`
  return (
    <article aria-labelledby={titleId} className="panel overflow-hidden">
      <div className="px-4 pt-4 pb-4 md:px-7 md:pt-6">
        <div className="flex flex-wrap items-start justify-between gap-3">
          <h2 id={titleId} className="text-xl leading-snug font-bold tracking-tight md:text-2xl">
            {text.lists.togetherTitle(cards.length)} “
            <ForeignText charactersMax={120}>{list.agent.title}</ForeignText>”
          </h2>
          {onCards !== undefined && (
            <Button size="small" kind="quiet" className="max-md:-ml-3" onClick={onCards}>
              {text.lists.asCards}
            </Button>
          )}
        </div>
        <p className="mt-1 text-muted">{text.lists.togetherHelp}</p>
        {failed > 0 && (
          <p role="alert" className="mt-2 font-semibold text-warn">
            {text.lists.failed(failed)}
          </p>
        )}
        <StepList
          cards={cards}
          struck={out}
          onStrike={may && !say.isPending ? (id) => setOut(toggled(out, id)) : undefined}
        />
      </div>
      {may && (
        <ListAnswer
          what={cards.map(({ digest }) => digest).join(' ')}
          ids={cards.map(({ id }) => id)}
          left={left.length}
          all={cards.length}
          stepUp={left.some(({ obligations }) => obligations.includes('step-up'))}
          saying={say}
          decided={false}
          focused={focused}
        />
      )}
    </article>
  )
}
