import type { Decision, Reason } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Pending, Suspended } from '../approval/approval.ts'
import type { Course } from './course.ts'
import type { Performance } from './egress.ts'
import type { PathParts } from './parts.ts'
import { storedOutcome } from './stored-outcome.ts'
import { suspendedOf } from './suspend.ts'

/**
 * An act that may be done and that its user can still veto: kept sealed in the outbox, and done when its window is
 * over. The caller of a short one waits for that; of a longer one it is told until when, and may ask again.
 */
export function hold(course: Course, decision: Decision, holdMs: number): void {
  const { parts } = course
  parts.metrics.act('allow', 'held')
  begin(course, decision, holdMs).catch((error: unknown) => {
    parts.inFlight.remove(course)
    course.over = true
    course.sink.failed(Fault.from(error))
  })
}

async function begin(course: Course, decision: Decision, holdMs: number): Promise<void> {
  const { approvals, inFlight } = course.parts
  const pending = await place(approvals, suspendedOf(course, decision), holdMs)
  // From now on the outbox has it, not this node: a stop or a revocation ends it there.
  inFlight.remove(course)
  follow(course, decision, pending)
}

/** What is held already is joined, so that it is not taken back for this caller by another one's going away. */
async function place(
  approvals: PathParts['approvals'],
  suspended: Suspended,
  holdMs: number,
): Promise<Pending> {
  const known = await approvals.find(suspended)
  return known === undefined || known.state === 'held' ? await approvals.hold(suspended, holdMs) : known
}

/** Waits where it is soon over, else says at once how it stands. */
function follow(course: Course, decision: Decision, pending: Pending): void {
  const { holdWaits, clock } = course.parts
  const call = new HeldCall(course, decision, pending)
  if (course.stopped !== undefined) call.cancel()
  else if (isOver(pending) || (pending.dueAt ?? Infinity) - clock.now() >= holdWaits.waitMs)
    call.tell(pending)
  else call.wait()
}

function isOver({ state }: Pending): boolean {
  return state !== 'held' && state !== 'approved' && state !== 'performing'
}

/** A caller that waits for its act in the outbox; the last one that goes away takes the act back. */
class HeldCall implements Performance {
  readonly #course: Course
  readonly #decision: Decision
  readonly #pending: Pending
  #leave: (() => void) | undefined

  constructor(course: Course, decision: Decision, pending: Pending) {
    this.#course = course
    this.#decision = decision
    this.#pending = pending
  }

  wait(): void {
    const course = this.#course
    course.performance = this
    this.#leave = course.parts.holdWaits.wait(this.#pending.id, () => this.#look())
    if (this.#leave === undefined) this.tell(this.#pending)
    // It may have ended before anybody listened.
    else this.#look(true)
  }

  cancel(): void {
    this.#leave?.()
    const { parts, stopped, at } = this.#course
    this.#takeBack().catch((error: unknown) => {
      parts.log.error('outbox.not-withdrawn', { approval: this.#pending.id, error: String(error) })
    })
    this.#last(() => {
      const error = stopped ?? { code: 'act.cancelled', detail: 'the caller took it back' }
      const outcome = { type: 'outcome', status: 'cancelled', error, startedAt: at, durationMs: 0 } as const
      this.#course.sink.outcome(outcome, this.#pending.act)
    })
  }

  /** Whoever went away speaks for itself alone; whoever stopped it, for all that wait for it. */
  async #takeBack(): Promise<void> {
    const { parts, intake, stopped } = this.#course
    const { id } = this.#pending
    if (stopped === undefined || stopped.code === 'act.cancelled')
      await parts.approvals.leave(id, intake.holder.key)
    else {
      const why = { code: stopped.code, rule: 'stop', what: stopped.detail }
      await parts.approvals.void(id, [why], 'waiting')
    }
  }

  resume(): void {
    // Nothing streams while it waits.
  }

  /** How it stands now; `goOn`: unless it is over, it is waited for. */
  #look(goOn = false): void {
    this.#read(goOn).catch((error: unknown) => {
      this.#leave?.()
      this.#last(() => this.#course.sink.failed(Fault.from(error)))
    })
  }

  async #read(goOn: boolean): Promise<void> {
    const { parts, intake } = this.#course
    const now = await parts.approvals.get(this.#pending.id, intake.holder.key)
    if (goOn && now !== undefined && !isOver(now)) return
    this.#leave?.()
    this.tell(now ?? this.#pending)
  }

  tell(pending: Pending): void {
    const { sink } = this.#course
    this.#last(() => {
      if (pending.state === 'done') sink.outcome(storedOutcome(pending), pending.act)
      else if (isOver(pending) && pending.state !== 'pending') sink.refused(endedOf(pending), pending.act)
      else sink.asked(pending, this.#decision)
    })
  }

  /** The sink has one last call. */
  #last(say: () => void): void {
    if (this.#course.over) return
    this.#course.over = true
    say()
  }
}

function endedOf({ id, state, outcome }: Pending): Decision {
  const error = outcome?.error
  const reason: Reason =
    error === undefined
      ? {
          code: `approval.${state}`,
          rule: id,
          what: state === 'denied' ? vetoed : 'it was not done in its time',
        }
      : { code: error.code, rule: id, what: error.detail }
  return { class: 'refuse', reasons: [reason], obligations: [] }
}

const vetoed = 'the user vetoed it before it was done'
