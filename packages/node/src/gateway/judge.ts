import type { Decision } from '@ambit/core/decision'
import type { Question } from '../authority/authority.ts'
import { unlabelled } from './course.ts'
import type { Course } from './course.ts'
import { refusedEntry } from './entry.ts'
import type { PathParts } from './parts.ts'

/**
 * authenticate → resolve → register in flight → decide. The adapter has authenticated and resolved; here the act is
 * registered, so that a recall reaches it from now on, and decided. Nothing is sent and nothing waits.
 * Throws a Fault when the node takes no acts (busy, draining).
 */
export function judge(course: Course): Decision {
  course.parts.inFlight.add(course)
  const decision = decide(course.parts, questionOf(course))
  course.decision = decision
  return decision
}

/** The decision alone. */
function decide(parts: PathParts, question: Question): Decision {
  return parts.authority.decide(question)
}

/**
 * Looks again at an act that is about to be sent, when a ruling or a revocation came in between. Undefined: it may
 * still go on.
 */
export function judgeAgain(course: Course): Decision | undefined {
  const { parts } = course
  if (parts.rulings.epoch === course.rulings && !course.chain.revoked) return undefined
  course.rulings = parts.rulings.epoch
  const decision = decide(parts, questionOf(course))
  return decision.class === 'refuse' ? decision : undefined
}

/** The question an act puts, with the newest state of its target. */
function questionOf(course: Course): Question {
  const { intake, parts } = course
  const target = parts.targets.target(intake.target.id) ?? intake.target
  return {
    chain: course.chain,
    target,
    capability: target.capabilities.get(intake.capability.id) ?? intake.capability,
    arguments: intake.arguments,
    labels: unlabelled,
    place: intake.place,
    now: course.at,
  }
}

/** Records a refusal, then tells the caller: a refusal that is not in the log did not happen. */
export function refuse(course: Course, decision: Decision): void {
  const { parts, intake } = course
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
