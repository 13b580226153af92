import { strictness } from '@ambit/core/decision'
import type { Decision } from '@ambit/core/decision'
import type { Course } from './course.ts'
import { refuse } from './judge.ts'
import { suspendedOf } from './suspend.ts'

/** Whether only the person may do it, so that what the agent prepared is kept for them. */
export function isDraft(decision: Decision): boolean {
  return strictness(decision) === 2
}

/**
 * Refuses what only the person may do, and keeps it as a draft that they can perform: the refusal names it. Where it
 * cannot be kept, the refusal stands without.
 */
export function refuseWithDraft(course: Course, decision: Decision): void {
  const { parts } = course
  // The act that was refused is over; what the person does is another.
  const suspended = { ...suspendedOf(course, decision), act: parts.ids.next() }
  parts.approvals
    .draft(suspended)
    .then(({ id }) => named(decision, id))
    .catch((error: unknown) => {
      parts.log.warn('approval.no-draft', { act: course.id, error: String(error) })
      return decision
    })
    .then((refusal) => refuse(course, refusal))
    .catch((error: unknown) => parts.log.error('act.failed', { act: course.id, error: String(error) }))
}

function named({ reasons, ...rest }: Decision, draft: string): Decision {
  const howToAsk = `It is kept as ${draft}: the person can perform it in the console, under Approvals.`
  return { ...rest, reasons: reasons.map((reason) => ({ ...reason, evidence: draft, howToAsk })) }
}
