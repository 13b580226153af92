import { useEffect, useRef } from 'react'
import { useText } from '../../i18n/language.tsx'
import { AnswerProblem } from './answer-problem.tsx'
import { useArmed } from './arming.ts'
import { DecidingButton } from './deciding-button.tsx'

interface ListAnswerProps {
  /** Changes with what would be approved. */
  readonly what: string
  /** The single requests that it answers; of a plan, none. */
  readonly ids?: readonly string[]
  readonly left: number
  readonly all: number
  readonly stepUp: boolean
  readonly saying: {
    readonly isPending: boolean
    readonly variables: boolean | undefined
    readonly error: Error | null
    readonly mutate: (yes: boolean) => void
  }
  readonly decided: boolean
  readonly focused: boolean
}

/** One answer for a whole list. */
export function ListAnswer({ what, ids, left, all, stepUp, saying, decided, focused }: ListAnswerProps) {
  const text = useText()
  const refusal = useRef<HTMLButtonElement>(null)
  const armed = useArmed(what, ids)
  const ready = armed && !saying.isPending && !decided
  useEffect(() => {
    if (focused) refusal.current?.focus({ preventScroll: true })
  }, [focused])
  const yes = left === all ? text.lists.approveAll(all) : text.lists.approveSome(left, all)
  return (
    <div className="border-t border-line bg-sunken px-4 py-3 md:px-7 md:py-4">
      <AnswerProblem error={saying.error} />
      <div className="grid grid-cols-2 gap-3">
        <DecidingButton buttonRef={refusal} size="large" ready={ready} onClick={() => saying.mutate(false)}>
          {saying.isPending && saying.variables === false ? text.approvals.sending : text.lists.denyAll}
        </DecidingButton>
        <DecidingButton
          size="large"
          kind="primary"
          ready={ready && left > 0}
          onClick={() => saying.mutate(true)}
        >
          {saying.isPending && saying.variables === true ? text.approvals.sending : yes}
        </DecidingButton>
      </div>
      <p aria-live="polite" className="mt-2 min-h-5 text-sm text-muted">
        {left === 0
          ? text.lists.nothingLeft
          : !armed
            ? text.approvals.arming
            : stepUp
              ? text.approvals.passkey
              : text.lists.eachOnce}
      </p>
    </div>
  )
}
