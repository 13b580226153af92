import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Pending } from '../approval/approval.ts'
import type { Course } from './course.ts'
import { refuse } from './judge.ts'
import { notApproved, storedOutcome } from './stored-outcome.ts'
import { suspendedOf } from './suspend.ts'

/**
 * An act whose caller names the approval that it waited for: it hears what became of that one, where it asked for
 * exactly this act. Whatever else the caller says of it decides nothing, and a name that is not its own, or is for
 * another act, is refused and recorded.
 */
export function claim(course: Course, approval: string): void {
  answer(course, approval).catch((error: unknown) => {
    leave(course)
    course.sink.failed(Fault.from(error))
  })
}

async function answer(course: Course, approval: string): Promise<void> {
  const pending = await course.parts.approvals.asked(approval, suspendedOf(course, unfounded))
  if (pending === undefined) refuse(course, unfounded)
  else tell(course, pending)
}

function tell(course: Course, pending: Pending): void {
  leave(course)
  const { sink } = course
  const { id, act, state } = pending
  if (course.stopped !== undefined) return
  if (state === 'done') sink.outcome(storedOutcome(pending), act)
  else if (state === 'denied' || state === 'expired' || state === 'void')
    sink.refused(notApproved(state, id), act)
  else sink.asked(pending, undecided)
}

function leave(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
}

const undecided: Decision = { class: 'ask', reasons: [], obligations: [] }

const unfounded: Decision = {
  class: 'refuse',
  reasons: [
    {
      code: 'approval.unfounded',
      rule: 'claim',
      what: 'The approval that this call names was not asked for by this agent, for this act.',
      howToAsk: 'Make the call again without naming one.',
    },
  ],
  obligations: [],
}
