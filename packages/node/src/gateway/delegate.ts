import type { Decision } from '@ambit/core/decision'
import { mandateHeader } from '@ambit/core/wire/delegation'
import type { Target } from '../registry/target.ts'
import type { Course } from './course.ts'
import type { RoutePlan } from './plan.ts'

/**
 * What a caller hands on is judged as part of its act: an act that may go on is refused all the same when more is
 * handed on than the caller has, or to nobody who could hold it.
 */
export function withDelegation(course: Course, target: Target, decision: Decision): Decision {
  const { parts, intake, chain, at } = course
  if (intake.delegate === undefined || decision.class === 'refuse') return decision
  const reason = parts.authority.delegationRefusal(chain, target, intake.delegate, at)
  return reason === undefined ? decision : { class: 'refuse', reasons: [reason], obligations: [] }
}

/** The headers that an act is sent with: credentials of the person for the target, and what is handed on to it. */
export function headersOf(course: Course, plan: RoutePlan): readonly string[] | Promise<readonly string[]> {
  const own = plan.headers(course)
  return course.intake.delegate === undefined ? own : handedOn(course, own)
}

async function handedOn(
  { parts, intake, chain, id }: Course,
  own: readonly string[] | Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { target, delegate } = intake
  const value = await parts.authority.delegate(chain, target, delegate!, id, parts.clock.now())
  return [...(await own), mandateHeader, value]
}
