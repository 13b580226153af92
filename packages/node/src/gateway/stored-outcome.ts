import type { Outcome } from '@ambit/core/act'
import type { Pending } from '../approval/approval.ts'

/** The outcome of an act that was performed after a person approved it, as its caller would have heard it. */
export function storedOutcome(pending: Pending): Outcome {
  const { outcome } = pending
  return {
    type: 'outcome',
    status: outcome?.status ?? 'unknown',
    ...(outcome?.answer === undefined ? {} : { value: JSON.parse(outcome.answer) as unknown }),
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
    startedAt: 0,
    durationMs: 0,
  }
}
