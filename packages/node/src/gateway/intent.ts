import type { Decision, Reason } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { costText } from '../authority/authority.ts'
import type { Cost } from '../authority/authority.ts'
import type { Course } from './course.ts'
import { intentEntry } from './entry.ts'
import type { EntryPlan } from './entry.ts'
import { judgeAgain, refuse } from './judge.ts'
import { countObserved } from './observe.ts'

/**
 * Reserves budgets and commits the intent; `done` once it is durable or failed. False when a budget refused: the caller
 * is told so by itself then.
 */
export function commitIntent(
  course: Course,
  entry: EntryPlan,
  done: (fault: Fault | undefined, index: number) => void,
): boolean {
  const { parts, intake } = course
  const cost = parts.authority.cost(course.chain, intake)
  const exhausted = parts.authority.reserve(course.chain, cost, course.at)
  if (exhausted !== undefined && !parts.observe) {
    refuse(course, refusal(exhausted))
    return false
  }
  if (exhausted !== undefined) observeExhausted(course, cost, exhausted)
  course.cost = cost
  course.keepArguments()
  const leaf = intentEntry(entry, {
    act: course.id,
    at: course.at,
    approval: course.approval,
    arguments: course.argumentsCommitment,
    parent: course.parent,
    place: intake.place,
    rulings: course.rulings,
    trace: course.trace,
    undoes: course.undoes,
    cost: costText(cost),
    replica: parts.replica,
    observed: countObserved(parts, course.decision),
  })
  parts.ledger.append(leaf, done)
  return true
}

/** On a node that only observes, an act that no budget allows counts all the same, and its intent says so. */
function observeExhausted(course: Course, cost: Cost, exhausted: Reason): void {
  course.parts.authority.charge(course.chain, cost)
  const before = course.decision?.observed?.reasons ?? []
  const observed = { class: 'refuse', reasons: [...before, exhausted] } as const
  course.decision = {
    class: 'allow',
    obligations: [],
    ...course.decision,
    reasons: observed.reasons,
    observed,
  }
}

/** Why an act whose intent is durable may not go on any more: a ruling, a revocation, or budgets that are gone. */
export function refusedMeanwhile(course: Course): Decision | undefined {
  return judgeAgain(course) ?? lapsed(course)
}

/** What was reserved is no longer this process's: others took it for dead, and counted without this act. */
function lapsed({ parts, chain, startedAt }: Course): Decision | undefined {
  const reason = parts.authority.lapsed(chain, startedAt)
  return reason === undefined || parts.observe ? undefined : refusal(reason)
}

export function refusal(reason: Reason): Decision {
  return { class: 'refuse', reasons: [reason], obligations: [] }
}
