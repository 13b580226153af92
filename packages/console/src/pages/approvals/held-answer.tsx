import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { approve, deny } from '../../api/approvals.ts'
import { useText } from '../../i18n/language.tsx'
import { AnswerProblem } from './answer-problem.tsx'
import { useArmed } from './arming.ts'
import { DecidingButton } from './deciding-button.tsx'

interface HeldAnswerProps {
  readonly card: ApprovalCard
  readonly may: boolean
  readonly focused: boolean
}

/** An act in the outbox: vetoed, or let go before its time. */
export function HeldAnswer({ card, may, focused }: HeldAnswerProps) {
  const text = useText()
  const client = useQueryClient()
  const veto = useRef<HTMLButtonElement>(null)
  const armed = useArmed(card.digest)
  const say = useMutation({
    mutationFn: async (go: boolean) => (go ? await approve(card) : await deny(card)),
    onSettled: async () => await client.invalidateQueries({ queryKey: ['approvals'] }),
  })
  const sending = say.isPending || say.isSuccess
  useEffect(() => {
    if (focused) veto.current?.focus({ preventScroll: true })
  }, [focused])
  return (
    <div className="border-t border-line bg-sunken px-4 py-3 md:px-7 md:py-4">
      <AnswerProblem error={say.error} />
      {may ? (
        <div className="grid grid-cols-2 gap-3">
          {/* A veto only stops something, and its time may be short: it counts at once. */}
          <DecidingButton buttonRef={veto} size="large" ready={!sending} onClick={() => say.mutate(false)}>
            {sending && !say.variables ? text.approvals.sending : text.card.veto}
          </DecidingButton>
          <DecidingButton size="large" ready={armed && !sending} onClick={() => say.mutate(true)}>
            {sending && say.variables ? text.approvals.sending : text.card.letGo}
          </DecidingButton>
        </div>
      ) : (
        <p className="text-muted">{text.approvals.notYours}</p>
      )}
    </div>
  )
}
