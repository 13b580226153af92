import { Fault } from '@ambit/core/fault'
import type { Course } from './course.ts'
import { refusedEntry } from './entry.ts'
import type { Gate } from './traffic.ts'

/**
 * Takes a place in the caller's own share, before anything is decided or recorded. Throws `act.busy` or
 * `act.rate-limited`, both of which say when to try again.
 */
export function enterShare(course: Course): void {
  const share = course.parts.traffic.shareOf(course.intake.holder)
  try {
    share.enter(course.startedAt, 'of this caller')
  } catch (error) {
    turnedAway(course, 'CALLER', error)
  }
  course.share = share
}

/** Takes a place at the target, before its intent is recorded. Throws also `upstream.unreachable`, while it is given a rest. */
export function enterGate(course: Course, gate: Gate): void {
  try {
    gate.enter(course.startedAt)
  } catch (error) {
    turnedAway(course, 'UPSTREAM', error)
  }
  course.gate = gate
}

/**
 * Counts every act that is turned away, and records the first in each second of its caller: were each of a flood a
 * leaf, the log would carry the flood. The caller is told at once.
 */
function turnedAway(course: Course, whose: 'CALLER' | 'UPSTREAM', error: unknown): never {
  const fault = Fault.from(error)
  const { parts, intake } = course
  parts.metrics.act('refuse', fault.code)
  const share = parts.traffic.shareOf(intake.holder)
  const second = Math.floor(course.startedAt / 1000)
  if (share.recordedS !== second) {
    share.recordedS = second
    record(course, fault, ruleOf(whose, fault))
  }
  throw fault
}

function record(course: Course, fault: Fault, rule: string): void {
  const { parts, intake } = course
  const reasons = [{ code: fault.code, rule, what: fault.detail }]
  const entry = refusedEntry(
    intake.holder,
    intake.target,
    intake.capability.id,
    { class: 'refuse', reasons, obligations: [] },
    {
      act: course.id,
      at: course.at,
      arguments: course.argumentsCommitment,
      in: intake.protocolIn,
      rulings: course.rulings,
      trace: course.trace,
    },
  )
  parts.ledger.append(entry, (failed) => {
    // The caller has its answer; a log that takes nothing says so itself.
    if (failed !== undefined)
      parts.log.warn('act.refusal-not-recorded', { act: course.id, code: failed.code })
  })
}

/** The setting that says how much, or the breaker. */
function ruleOf(whose: 'CALLER' | 'UPSTREAM', fault: Fault): string {
  if (fault.code === 'upstream.unreachable') return 'breaker'
  return fault.code === 'act.busy' ? `AMBIT_${whose}_ACTS_MAX` : `AMBIT_${whose}_RATE_MAX`
}
