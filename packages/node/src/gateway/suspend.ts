import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Pending, Suspended } from '../approval/approval.ts'
import type { TargetCapability } from '../registry/target.ts'
import type { Course } from './course.ts'
import type { Included } from './gateway.ts'
import { storedOutcome } from './stored-outcome.ts'

/**
 * An act that a person must decide: kept sealed by the approvals, the caller told at once, nothing waits. When the
 * same holder asked for exactly this before and it was approved and performed meanwhile, the answer is given now.
 */
export function suspend(course: Course, decision: Decision): void {
  const { parts } = course
  parts.metrics.act('ask', decision.reasons[0]?.code ?? 'unknown')
  suspendOrFind(course, decision).then(
    (pending) => answer(course, decision, pending),
    (error: unknown) => {
      leave(course)
      course.sink.failed(Fault.from(error))
    },
  )
}

async function suspendOrFind(course: Course, decision: Decision): Promise<Pending> {
  const suspended = suspendedOf(course, decision)
  return (await course.parts.approvals.find(suspended)) ?? (await course.parts.approvals.ask(suspended))
}

function answer(course: Course, decision: Decision, pending: Pending): void {
  leave(course)
  if (course.stopped !== undefined) return
  if (pending.state === 'done') course.sink.outcome(storedOutcome(pending), pending.act)
  else course.sink.asked(pending, decision)
}

function leave(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
}

function suspendedOf(course: Course, decision: Decision): Suspended {
  const { intake } = course
  const purpose = course.chain.mandates[0]?.purpose
  const agent =
    intake.holder.agent === undefined ? undefined : course.parts.targets.target(intake.holder.agent)
  return {
    act: course.id,
    at: course.at,
    trace: course.trace,
    holder: intake.holder.key,
    organization: intake.holder.organization,
    subject: intake.holder.subject,
    callers: intake.holder.callers,
    links: course.chain.links,
    chain: course.chain.digest,
    target: intake.target.digest,
    targetSlug: intake.target.slug,
    targetTitle: intake.target.title,
    capability: intake.capability.id,
    capabilityTitle: titleOf(intake.capability),
    definition: intake.capability.definition,
    effect: intake.capability.profile.effect,
    reversibility: intake.capability.profile.reversibility,
    arguments: intake.arguments,
    ...(intake.includes === undefined ? {} : { includes: intake.includes.map(suspendedPart) }),
    ...(intake.wire.headers === undefined ? {} : { wireHeaders: intake.wire.headers }),
    ...(intake.operation === undefined ? {} : { operation: intake.operation }),
    protocolIn: intake.protocolIn,
    reasons: decision.reasons,
    roles: intake.capability.profile.roles,
    ...(agent === undefined ? {} : { agentTitle: agent.title }),
    ...(purpose === undefined ? {} : { purpose }),
  }
}

function suspendedPart({ capability, arguments: given }: Included) {
  return { capability: capability.id, arguments: given }
}

/** Text of a third party: the card shows it cut and quoted. */
function titleOf(capability: TargetCapability): string {
  const { title, name } = capability.served
  return typeof title === 'string' ? title : typeof name === 'string' ? name : capability.id
}
