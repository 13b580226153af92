import { Fault } from '@ambit/core/fault'
import type { RecordState } from '@ambit/core/record'

export const steps = [
  'submission',
  'activation',
  'suspension',
  'reinstatement',
  'recall',
  'retirement',
] as const
/** A ruling that changes the state of a version. */
export type Step = (typeof steps)[number]

/**
 * Which step leads where. A draft is nothing yet: it can only be submitted. A recall is ended by a
 * reinstatement (of a version that was in use before), with who and why, or by retirement. A retired version can still turn out to be dangerous, so it can
 * be recalled.
 */
const transitions: Readonly<Record<RecordState, Readonly<Partial<Record<Step, RecordState>>>>> = {
  draft: { submission: 'submitted' },
  submitted: { activation: 'active', recall: 'recalled', retirement: 'retired' },
  active: { suspension: 'suspended', recall: 'recalled', retirement: 'retired' },
  suspended: { reinstatement: 'active', recall: 'recalled', retirement: 'retired' },
  recalled: { reinstatement: 'active', retirement: 'retired' },
  retired: { recall: 'recalled' },
}

/** The state after a step, or undefined when the step is not allowed. */
export function stateAfter(state: RecordState, step: Step): RecordState | undefined {
  return transitions[state][step]
}

/** Throws a Fault `record.state` that names the steps that are allowed. */
export function checkStep(state: RecordState, step: Step, where: string): RecordState {
  const next = stateAfter(state, step)
  if (next !== undefined) return next
  const allowed = Object.keys(transitions[state])
  throw new Fault('record.state', {
    detail: `a ${step} is not possible while the record is ${state}`,
    where,
    remedy:
      allowed.length === 0
        ? 'This version has come to its end; submit a new version.'
        : `From here these are possible: ${allowed.join(', ')}.`,
  })
}
