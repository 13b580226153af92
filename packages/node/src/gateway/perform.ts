import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Outcome } from '@ambit/core/act'
import { enterGate } from './admission.ts'
import { askBack, endQuestions } from './ask-back.ts'
import { afterChallenge } from './challenge.ts'
import type { Course } from './course.ts'
import type { EgressOutcome, EgressSink, Outbound } from './egress.ts'
import { headersOf } from './delegate.ts'
import { commitIntent, refusedMeanwhile } from './intent.ts'
import { writeOutcome } from './outcome-writer.ts'
import { planOf } from './plan.ts'
import type { RoutePlan } from './plan.ts'
import type { Challenge } from '../signin/signin.ts'

/** From this reversibility on, the intent is durable before anything is sent. */
const irreversibleFrom = 2

/**
 * take a place at the target → reserve budgets → commit intent → forward → inspect → commit outcome. What can be undone is forwarded while its
 * intent is being made durable, and its answer waits for that; what cannot is sent only afterwards.
 */
export function perform(course: Course): void {
  const { intake } = course
  const plan = planOf(course)
  enterGate(course, plan.gate)
  const { profile, accepted } = intake.capability
  const first = profile.reversibility < irreversibleFrom && accepted && !course.chain.bounded
  const intended = commitIntent(course, plan.entry, (fault, index) => {
    if (fault === undefined) intentIsDurable(course, plan, index)
    else intentFailed(course, fault)
  })
  if (intended && first) forward(course, plan)
}

function intentIsDurable(course: Course, plan: RoutePlan, index: number): void {
  course.intentDurable = true
  course.parts.inFlight.acknowledge(index)
  if (course.pending !== undefined) {
    finish(course, course.pending)
    return
  }
  if (course.performance !== undefined) {
    course.performance.resume()
    return
  }
  if (course.sent || course.over || course.leaving) return
  const refused = refusedMeanwhile(course)
  if (refused === undefined) forward(course, plan)
  else withdraw(course, refused)
}

/** The intent could not be recorded: what was already sent is stopped, and the caller gets the fault instead of an answer. */
export function intentFailed(course: Course, fault: Fault): void {
  if (course.over) return
  end(course)
  const { reservation } = course
  if (!course.sent && reservation !== undefined) course.parts.authority.release(reservation)
  course.performance?.cancel(fault.code)
  course.sink.failed(fault)
}

/** A ruling or revocation came between the intent and the sending: nothing is sent. */
export function withdraw(course: Course, decision: Decision): void {
  const { parts } = course
  end(course)
  recordOutcome(course, 'cancelled', undefined, decision.reasons[0]?.code ?? 'act.refused', 0)
  parts.metrics.act('refuse', decision.reasons[0]?.code ?? 'unknown')
  course.sink.refused(decision, course.id)
}

function forward(course: Course, plan: RoutePlan): void {
  if (course.stopped !== undefined) {
    settle(course, { status: 'cancelled', error: course.stopped })
    return
  }
  const headers = headersOf(course, plan)
  if (headers instanceof Promise) {
    course.leaving = true
    headers.then(
      (loaded) => send(course, plan, loaded),
      (error: unknown) => settle(course, failure(Fault.from(error))),
    )
  } else {
    send(course, plan, headers)
  }
}

function send(course: Course, plan: RoutePlan, headers: readonly string[]): void {
  if (course.over) return
  if (course.stopped !== undefined) {
    settle(course, { status: 'cancelled', error: course.stopped })
    return
  }
  const { intake } = course
  const outbound: Outbound = {
    act: course.id,
    trace: course.trace,
    target: intake.target,
    capability: intake.capability,
    arguments: intake.arguments,
    wire: intake.wire.forward ? intake.wire : undefined,
    ...(intake.wire.headers === undefined ? {} : { wireHeaders: intake.wire.headers }),
    holder: intake.holder.key,
    headers,
    stream: intake.stream,
    operation: intake.operation,
    ...(intake.callerCapabilities === undefined ? {} : { callerCapabilities: intake.callerCapabilities }),
    reversibility: intake.capability.profile.reversibility,
    repeatable: plan.repeatable,
  }
  course.sent = true
  course.credentials = headers
  course.abandon = abandon
  course.performance = plan.egress.perform(outbound, new CourseSink(course))
}

/** One function for all acts: a closure for each kept dead acts alive (see roll.ts). */
function abandon(course: Course): void {
  settle(course, { status: 'cancelled', error: course.stopped ?? stoppedByNode })
}

const stoppedByNode = { code: 'act.cancelled', detail: 'the node gave it up' }

/** What hears the target: one small object for each act. */
class CourseSink implements EgressSink {
  readonly #course: Course

  constructor(course: Course) {
    this.#course = course
  }

  event(event: Parameters<EgressSink['event']>[0]): boolean {
    const course = this.#course
    if (course.over) return false
    if (!course.inspector.event(event)) {
      course.stop('upstream.too-large', 'one event is larger than this node passes on')
      return false
    }
    // A try that is answered by a stream has succeeded with its first event.
    if (course.gate?.isOpen === true) course.gate.heard(course.startedAt, course.parts.clock.monotonicMs())
    const goOn = course.sink.event(event)
    // Until the intent is durable the target is read no further; the little that came meanwhile is passed on.
    return goOn && course.intentDurable
  }

  ask(...[question, answered]: Parameters<EgressSink['ask']>): ReturnType<EgressSink['ask']> {
    return askBack(this.#course, question, answered)
  }

  outcome(outcome: EgressOutcome): void {
    const course = this.#course
    if (course.over) return
    if (outcome.challenge === undefined) settle(course, outcome)
    else void answerChallenge(course, outcome, outcome.challenge)
  }
}

function settle(course: Course, outcome: EgressOutcome): void {
  if (course.over) return
  if (course.intentDurable) finish(course, outcome)
  else course.pending = outcome
}

/** The target wants a sign-in: the act is sent once more, or ends with what helps. */
async function answerChallenge(course: Course, outcome: EgressOutcome, challenge: Challenge): Promise<void> {
  const plan = planOf(course)
  try {
    const next = await afterChallenge(course, plan, outcome, challenge)
    if (next !== 'again') settle(course, next)
    else if (!course.over) {
      course.repeated = true
      forward(course, plan)
    }
  } catch (error) {
    settle(course, failure(Fault.from(error)))
  }
}

/** Commits the outcome and gives the caller the answer; the leaf becomes durable within the merge delay. */
function finish(course: Course, result: Omit<Outcome, 'type' | 'startedAt' | 'durationMs'>): void {
  if (course.over) return
  const { parts } = course
  const nowMs = parts.clock.monotonicMs()
  const stopped = course.stopped
  const outcome: Outcome = {
    ...(stopped === undefined || result.status === 'completed'
      ? result
      : { status: 'cancelled', error: stopped }),
    type: 'outcome',
    startedAt: course.at,
    durationMs: Math.round(nowMs - course.startedAt),
  }
  if (course.sent) course.gate?.ended(outcome, course.startedAt, nowMs)
  end(course)
  const commitment = course.inspector.outcome(outcome)
  recordOutcome(course, outcome.status, commitment, outcome.error?.code, outcome.durationMs)
  parts.metrics.act('allow', outcome.status)
  course.sink.outcome(outcome, course.id)
}

export function end(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
  if (course.questions !== undefined) endQuestions(course.questions, course.stopped)
}

/** Longest error code that a leaf keeps: codes of a target are its own words. */
const errorCharactersMax = 200

export function recordOutcome(
  course: Course,
  status: Outcome['status'],
  result: string | undefined,
  error: string | undefined,
  durationMs: number,
): void {
  const { parts, id } = course
  const recorded = {
    act: id,
    at: parts.clock.now(),
    durationMs,
    error: error?.slice(0, errorCharactersMax).toWellFormed(),
    result,
    sent: course.sent,
    status,
  }
  writeOutcome(parts, course, recorded, course.sent ? undefined : course.reservation)
}

function failure(fault: Fault): Omit<Outcome, 'type' | 'startedAt' | 'durationMs'> {
  return { status: 'failed', error: { code: fault.code, detail: fault.detail } }
}
