import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Pending } from '../approval/approval.ts'

/** The outcome of an act that was performed after a person approved it, as its caller would have heard it. */
export function storedOutcome(pending: Pending): Outcome {
  const { outcome } = pending
  return {
    type: 'outcome',
    status: outcome?.status ?? 'unknown',
    ...(outcome?.answer === undefined ? {} : { value: JSON.parse(outcome.answer) as unknown }),
    ...(outcome?.changed === undefined ? {} : { changed: outcome.changed }),
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
    startedAt: 0,
    durationMs: 0,
  }
}

/** What a call hears whose approval came to nothing: `approval.denied`, `approval.expired`, `approval.void`. */
export function notApproved(state: string, approval: string): Decision {
  const what = `the approval this call waited for is ${state}`
  return { class: 'refuse', reasons: [{ code: `approval.${state}`, rule: approval, what }], obligations: [] }
}
