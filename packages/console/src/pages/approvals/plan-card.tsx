import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Plan } from '../../api/approval-types.ts'
import { approvePlan, denyPlan } from '../../api/plans.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { CountDown } from './count-down.tsx'
import { ListAnswer } from './list-answer.tsx'
import { useMayDecide } from './person.ts'
import { StepList } from './step-list.tsx'
import { toggled } from './toggled.ts'

const tones: Readonly<Record<Plan['state'], Tone>> = {
  pending: 'accent',
  approved: 'ok',
  denied: 'danger',
  expired: 'warn',
}

interface PlanCardProps {
  readonly plan: Plan
  readonly focused?: boolean
}

/** What an agent wants to do for a task, before it does any of it: one list, one answer. */
export function PlanCard({ plan, focused = false }: PlanCardProps) {
  const text = useText()
  const client = useQueryClient()
  const may = useMayDecide('step', plan.subject)
  const [out, setOut] = useState<ReadonlySet<string>>(new Set())
  const waits = plan.state === 'pending'
  const left = plan.steps.filter(({ id }) => !out.has(id))
  const say = useMutation({
    mutationFn: async (yes: boolean) => (yes ? await approvePlan(plan, [...out]) : await denyPlan(plan)),
    onSuccess: (decided) => client.setQueryData(queries.plan(plan.id).queryKey, decided),
    onSettled: async () => await client.invalidateQueries({ queryKey: ['approvals'] }),
  })
  return (
    <article aria-labelledby={`plan-${plan.id}`} className="panel overflow-hidden">
      <div className="px-4 pt-4 pb-4 md:px-7 md:pt-6">
        <div className="mb-2 flex items-start justify-between gap-4">
          <Tag tone="accent">{text.lists.planStates[plan.state]}</Tag>
          {waits && <CountDown from={plan.asked} until={plan.expires} left={text.approvals.left} />}
        </div>
        <h2 id={`plan-${plan.id}`} className="text-xl leading-snug font-bold tracking-tight md:text-2xl">
          {text.lists.planTitle} “<ForeignText charactersMax={120}>{plan.agent.title}</ForeignText>”
        </h2>
        {waits && <p className="mt-1 text-muted">{text.lists.planHelp}</p>}
        {plan.words !== '' && (
          <div className="mt-3">
            <h3 className="small-label mb-1">{text.lists.words}</h3>
            <ForeignBlock>{plan.words}</ForeignBlock>
          </div>
        )}
        <StepList
          cards={plan.steps}
          struck={out}
          onStrike={may && waits && !say.isPending ? (id) => setOut(toggled(out, id)) : undefined}
        />
      </div>
      {waits && may && (
        <ListAnswer
          what={plan.digest}
          left={left.length}
          all={plan.steps.length}
          stepUp={left.some(({ obligations }) => obligations.includes('step-up'))}
          saying={say}
          decided={say.isSuccess}
          focused={focused}
        />
      )}
      {!waits && (
        <p role="status" className="border-t border-line bg-sunken px-4 py-4 md:px-7">
          <StateLabel tone={tones[plan.state]}>{text.lists.planStates[plan.state]}</StateLabel>
        </p>
      )}
    </article>
  )
}
