import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { binding } from '../approval/approval.ts'
import type { Pending, Suspended } from '../approval/approval.ts'
import type { TargetCapability } from '../registry/target.ts'
import type { Course } from './course.ts'
import type { Included } from './gateway.ts'
import type { PathParts } from './parts.ts'
import { resume } from './resume.ts'
import { storedOutcome } from './stored-outcome.ts'

/**
 * An act that a person must decide: kept sealed by the approvals, the caller told at once, nothing waits. When the
 * same holder asked for exactly this before and it was approved and performed meanwhile, the answer is given now.
 */
export function suspend(course: Course, decision: Decision): void {
  const { parts } = course
  parts.metrics.act('ask', decision.reasons[0]?.code ?? 'unknown')
  const suspended = suspendedOf(course, decision)
  stepOrAsk(course, decision, suspended).catch((error: unknown) => {
    leave(course)
    course.sink.failed(Fault.from(error))
  })
}

async function stepOrAsk(course: Course, decision: Decision, suspended: Suspended): Promise<void> {
  if (await performStep(course, suspended)) return
  answer(course, decision, await findOrAsk(course.parts, suspended))
}

async function findOrAsk({ approvals }: PathParts, suspended: Suspended): Promise<Pending> {
  return (await approvals.find(suspended)) ?? (await approvals.ask(suspended))
}

/** Whether this call is a step of a plan that its person approved: it is performed now, for this caller. */
async function performStep(course: Course, suspended: Suspended): Promise<boolean> {
  const { parts, sink } = course
  const { asPlanned, includes } = course.intake
  // A list holds no message that asks for a second thing.
  if (includes !== undefined) return false
  const planned =
    asPlanned === undefined ? suspended : { ...suspended, arguments: asPlanned(suspended.arguments) }
  const step = await parts.approvals.step(planned)
  if (step === undefined || course.stopped !== undefined) return false
  const act = await resume(parts, step, sink)
  if (act === undefined) return false
  parts.inFlight.remove(course)
  course.performance = act
  if (course.stopped !== undefined) act.cancel('the caller took it back')
  return true
}

function answer(course: Course, decision: Decision, pending: Pending): void {
  leave(course)
  const { stopped } = course
  if (stopped !== undefined) {
    // Whoever took it back hears no more; whoever was stopped hears why.
    if (stopped.code === 'act.cancelled') return
    const outcome = { type: 'outcome', status: 'cancelled', error: stopped } as const
    course.sink.outcome({ ...outcome, startedAt: course.at, durationMs: 0 }, course.id)
    return
  }
  if (pending.state === 'done') course.sink.outcome(storedOutcome(pending), pending.act)
  else course.sink.asked(pending, decision)
}

function leave(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
}

/** What is bound, and what is needed to perform the act later. */
export function suspendedOf(course: Course, decision: Decision): Suspended {
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
    ...(intake.delegate === undefined ? {} : { delegate: intake.delegate }),
    protocolIn: intake.protocolIn,
    reasons: decision.reasons,
    roles: intake.capability.profile.roles,
    profile: intake.capability.profile,
    obligations: decision.obligations.filter(binding),
    callerTitles: intake.holder.callers.map((id) => course.parts.targets.target(id)?.title ?? ''),
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
