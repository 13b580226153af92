import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { approve, deny } from '../../api/approvals.ts'
import type { Denial } from '../../api/approvals.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { AnswerProblem } from './answer-problem.tsx'
import { useArmed } from './arming.ts'
import { sentenceId } from './card.tsx'
import { DecidingButton } from './deciding-button.tsx'
import { EditPanel } from './edit-panel.tsx'
import { NarrowPanel } from './narrow-panel.tsx'
import { useAgreement } from './agreement.ts'
import { StopPanel } from './stop-panel.tsx'

/** What a person says: yes, once or for so many days; or no. */
export type Word =
  | { readonly yes: true; readonly days?: number }
  | { readonly yes: false; readonly denial?: Denial }

type Way = 'plain' | 'edit' | 'narrow' | 'stop'

interface AnswerProps {
  readonly card: ApprovalCard
  readonly may: boolean
  readonly focused: boolean
  /** The values on the card are already the reader's. */
  readonly edited: boolean
  /** A new card takes the place of this one; gives what its values were before. */
  readonly onEdited: (before: ReadonlyMap<string, string>) => void
}

/** The ways to answer a request. Refusing comes first and has the focus; nothing counts before the card is read. */
export function Answer({ card, may, focused, edited, onEdited }: AnswerProps) {
  const text = useText()
  const [way, setWay] = useState<Way>('plain')
  const say = useAnswer(card)
  const back = () => {
    say.reset()
    setWay('plain')
  }
  const inner = { card, say, onBack: back }
  return (
    <div className="border-t border-line bg-sunken px-4 py-3 md:px-7 md:py-4">
      <AnswerProblem error={say.error} />
      {!may && (
        <p className="text-muted">
          {card.mode === 'draft' ? text.approvals.notYoursDraft : text.approvals.notYours}
        </p>
      )}
      {may && way === 'plain' && (
        <PlainAnswer {...inner} focused={focused || edited} edited={edited} onWay={setWay} />
      )}
      {may && way === 'edit' && (
        <EditPanel
          card={card}
          onBack={back}
          onEdited={(before) => {
            onEdited(before)
            back()
          }}
        />
      )}
      {may && way === 'narrow' && <NarrowPanel {...inner} />}
      {may && way === 'stop' && <StopPanel {...inner} />}
    </div>
  )
}

export type Saying = ReturnType<typeof useAnswer>

function useAnswer(card: ApprovalCard) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (word: Word) =>
      word.yes ? await approve(card, word.days) : await deny(card, word.denial),
    onSuccess: (answered) => client.setQueryData(queries.approval(card.id).queryKey, answered),
    onSettled: async () => await client.invalidateQueries({ queryKey: ['approvals'] }),
  })
}

interface PlainAnswerProps {
  readonly card: ApprovalCard
  readonly say: Saying
  readonly focused: boolean
  readonly edited: boolean
  readonly onWay: (way: Way) => void
}

function PlainAnswer({ card, say, focused, edited, onWay }: PlainAnswerProps) {
  const text = useText()
  const refusal = useRef<HTMLButtonElement>(null)
  const armed = useArmed(card.digest, [card.id])
  const agreement = useAgreement(card)
  // The first of two people said yes, and it waits for the second: it was sent, and is not decided.
  const sending = say.isPending || (say.isSuccess && say.data.state !== 'pending')
  const ready = armed && !sending
  const said = sending ? say.variables.yes : undefined
  useEffect(() => {
    if (focused) refusal.current?.focus({ preventScroll: true })
  }, [focused, card.digest])
  const yes = card.mode === 'draft' ? text.card.doIt : text.approvals.approve
  const no = card.mode === 'draft' ? text.card.leaveIt : text.approvals.deny
  return (
    <>
      {agreement.words !== undefined && <p className="mb-2 font-semibold">{agreement.words}</p>}
      {edited && (
        <p role="status" className="mb-2 font-semibold text-accent">
          {text.alternatives.edited}
        </p>
      )}
      <div className="grid grid-cols-2 gap-3">
        <DecidingButton
          buttonRef={refusal}
          size="large"
          ready={ready}
          describedBy={sentenceId(card)}
          onClick={() => say.mutate({ yes: false })}
        >
          {said === false ? text.approvals.sending : no}
        </DecidingButton>
        <DecidingButton
          size="large"
          kind="primary"
          ready={ready && !agreement.mine}
          describedBy={sentenceId(card)}
          onClick={() => say.mutate({ yes: true })}
        >
          {said === true ? text.approvals.sending : yes}
        </DecidingButton>
      </div>
      <p className="mt-2 min-h-5 text-sm text-muted">
        {!armed
          ? text.approvals.arming
          : card.obligations.includes('step-up')
            ? text.approvals.passkey
            : text.approvals.once}
      </p>
      <OtherWays card={card} disabled={sending} onWay={onWay} />
    </>
  )
}

interface OtherWaysProps {
  readonly card: ApprovalCard
  readonly disabled: boolean
  readonly onWay: (way: Way) => void
}

function OtherWays({ card, disabled, onWay }: OtherWaysProps) {
  const text = useText()
  const ways = [
    ['edit', 'edit'],
    ['narrow', 'narrow'],
    ['deny-and-stop', 'stop'],
  ] as const
  return (
    <div role="group" aria-label={text.alternatives.label} className="-mx-3 mt-1 flex flex-wrap">
      {ways
        .filter(([alternative]) => card.alternatives.includes(alternative))
        .map(([, way]) => (
          <Button key={way} kind="quiet" size="small" disabled={disabled} onClick={() => onWay(way)}>
            {text.alternatives[way]}
          </Button>
        ))}
    </div>
  )
}
