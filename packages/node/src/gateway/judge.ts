import { strictness, stricter } from '@ambit/core/decision'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Question } from '../authority/authority.ts'
import type { Target } from '../registry/target.ts'
import { unlabelled } from './course.ts'
import type { Course } from './course.ts'
import { withDelegation } from './delegate.ts'
import { refusedEntry } from './entry.ts'
import { observed } from './observe.ts'

/**
 * authenticate → resolve → register in flight → decide. The adapter has authenticated and resolved; here the act is
 * registered, so that a recall reaches it from now on, and decided. Nothing is sent and nothing waits.
 * Throws a Fault when the node takes no acts (busy, draining).
 */
export function judge(course: Course): Decision {
  course.parts.inFlight.add(course)
  const decision = decide(course)
  course.decision = decision
  course.approval ??= decision.approval
  return decision
}

/** The decision alone, with the newest state of the target. */
function decide(course: Course): Decision {
  const { parts, intake } = course
  const target = parts.targets.target(intake.target.id) ?? intake.target
  const question = questionOf(course, target)
  const decision = parts.authority.decide(question)
  const whole = intake.includes === undefined ? decision : strictest(course, question, decision)
  const stood = whole.class === 'ask' ? standing(course, question, whole) : whole
  const answered = parts.observe ? observed(stood, target.organization === intake.holder.organization) : stood
  return intake.delegate === undefined ? answered : withDelegation(course, target, answered)
}

/** What a standing approval answers is not asked: of one thing at a time, and never of what is handed on. */
function standing({ parts, intake, approval }: Course, question: Question, decision: Decision): Decision {
  if (approval !== undefined || intake.includes !== undefined || intake.delegate !== undefined)
    return decision
  const id = parts.approvals.standing(question, decision)
  if (id === undefined || decision.reasons.some((reason) => asksAnew(reason, id))) return decision
  return { ...decision, class: 'allow', approval: id }
}

/** A rule that was made after the standing approval: behind their prefixes both ids begin with their time (kernel/ids.ts). */
function asksAnew({ code, rule }: Reason, approval: string): boolean {
  return code === 'rule.ask' && timeOf(rule) >= timeOf(approval)
}

function timeOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** The decision of the whole message, of that of its own capability. */
function strictest({ parts, intake }: Course, own: Question, decision: Decision): Decision {
  return intake.includes!.reduce((before, included) => {
    const capability = own.target.capabilities.get(included.capability.id) ?? included.capability
    return stricter(before, parts.authority.decide({ ...own, ...included, capability }))
  }, decision)
}

/**
 * Looks again at an act that is about to be sent, when a ruling or a revocation came in between. Undefined: it may
 * still go on.
 */
export function judgeAgain(course: Course): Decision | undefined {
  const { parts } = course
  if (parts.rulings.epoch === course.rulings && !course.chain.revoked) return undefined
  course.rulings = parts.rulings.epoch
  const decision = decide(course)
  if (decision.class !== 'refuse') return undefined
  // A draft was refused to the agent, and its person performs it.
  const isDraft = course.decision !== undefined && strictness(course.decision) === 2
  return isDraft && strictness(decision) === 2 ? undefined : decision
}

function questionOf({ intake, chain, at }: Course, target: Target): Question {
  return {
    chain,
    target,
    capability: target.capabilities.get(intake.capability.id) ?? intake.capability,
    arguments: intake.arguments,
    labels: unlabelled,
    place: intake.place,
    now: at,
  }
}

/** Records a refusal, then tells the caller: a refusal that is not in the log did not happen. */
export function refuse(course: Course, decision: Decision): void {
  const { parts, intake } = course
  course.keepArguments()
  const entry = refusedEntry(intake.holder, intake.target, intake.capability.id, decision, {
    act: course.id,
    at: course.at,
    arguments: course.argumentsCommitment,
    in: intake.protocolIn,
    rulings: course.rulings,
    trace: course.trace,
  })
  parts.ledger.append(entry, (fault) => {
    parts.inFlight.remove(course)
    course.over = true
    if (fault !== undefined) {
      course.sink.failed(fault)
      return
    }
    parts.metrics.act('refuse', decision.reasons[0]?.code ?? 'unknown')
    course.sink.refused(decision, course.id)
  })
}
