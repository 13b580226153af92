import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Approvals, Pending, Suspended } from '../approval/approval.ts'
import type { HeldChain } from '../authority/authority.ts'
import { reason } from '../authority/authority.ts'
import type { TargetCapability } from '../registry/target.ts'
import { enterShare } from './admission.ts'
import { Course, unlabelled } from './course.ts'
import { planEntry } from './entry.ts'
import type { EntryPlan } from './entry.ts'
import type { Checked, IngressSink, Intake } from './gateway.ts'
import { commitIntent, refusal, refusedMeanwhile } from './intent.ts'
import { judge, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { end, intentFailed, recordOutcome, withdraw } from './perform.ts'
import { isStricter } from './resume.ts'
import { suspendedOf } from './suspend.ts'

/**
 * The path of an act that somebody else's data plane carries: judge, reserve budgets, commit the intent and, with it, that
 * the outcome is not observed. What came of it is never known here, so nothing of it stays under way.
 */
export async function check(parts: PathParts, intake: Intake): Promise<Checked> {
  const heard = new CheckSink()
  const course = new Course(parts, intake, heard)
  try {
    if (parts.contents.refusal !== undefined) throw parts.contents.refusal
    enterShare(course)
    const decision = withoutWindow(judge(course))
    if (decision.class === 'allow') letThrough(course, heard)
    else if (decision.class === 'ask') await askFirst(course, heard, decision)
    else refuse(course, decision)
  } catch (error) {
    leave(course)
    throw error
  }
  return await heard.answer
}

/** Hears what the steps of the path say of an act, as one answer. */
class CheckSink implements IngressSink {
  readonly #answer = Promise.withResolvers<Checked>()
  readonly answer = this.#answer.promise

  allowed({ id, decision }: Course): void {
    this.#answer.resolve({ class: 'allow', act: id, decision: decision! })
  }

  asked(pending: Pending, decision: Decision): void {
    this.#answer.resolve({ class: 'ask', pending, decision })
  }

  refused(decision: Decision, act: string): void {
    this.#answer.resolve({ class: 'refuse', act, decision })
  }

  failed(fault: Fault): void {
    this.#answer.reject(fault)
  }

  /** Nothing is performed here, so there are no events, and the outcome is none that anybody waits for. */
  event(): boolean {
    return true
  }

  outcome(): void {}
}

/** A data plane cannot wait while somebody may still veto: they are asked before. */
function withoutWindow(decision: Decision): Decision {
  const { holdMs = 0, ...rest } = decision
  if (decision.class !== 'allow' || holdMs === 0) return decision
  return {
    ...rest,
    class: 'ask',
    reasons: [reason('check.window', 'catalogue')],
    obligations: rest.obligations.filter((each) => each !== 'tell-user'),
  }
}

function letThrough(course: Course, heard: CheckSink): void {
  commitIntent(course, entryOf(course), (fault, index) => {
    if (fault === undefined) intentIsDurable(course, heard, index)
    else intentFailed(course, fault)
  })
}

function intentIsDurable(course: Course, heard: CheckSink, index: number): void {
  const { parts, stopped } = course
  course.intentDurable = true
  parts.inFlight.acknowledge(index)
  if (course.over) return
  const refused =
    stopped === undefined
      ? refusedMeanwhile(course)
      : refusal({ code: stopped.code, rule: 'stop', what: stopped.detail })
  if (refused !== undefined) {
    withdraw(course, refused)
    return
  }
  // Whether the data plane sends it is not known here: it counts as sent.
  course.sent = true
  end(course)
  recordOutcome(course, 'not-observed', undefined, undefined, 0)
  parts.metrics.act('allow', 'not-observed')
  heard.allowed(course)
}

const plans = new WeakMap<HeldChain, WeakMap<TargetCapability, EntryPlan>>()

/** What is the same in the intents of all acts of one chain on one capability, kept while both live. */
function entryOf({ chain, intake }: Course): EntryPlan {
  const { holder, target, capability, protocolIn } = intake
  let ofChain = plans.get(chain)
  if (ofChain === undefined) plans.set(chain, (ofChain = new WeakMap()))
  let plan = ofChain.get(capability)
  if (plan === undefined || plan.target !== target) {
    // It leaves by the way it came: the data plane carries it.
    plan = planEntry({ ...holder, chain }, target, capability, unlabelled, protocolIn, protocolIn)
    ofChain.set(capability, plan)
  }
  return plan
}

/** Lets it through when a person approved exactly this request before, once; else has one asked. */
async function askFirst(course: Course, heard: CheckSink, decision: Decision): Promise<void> {
  const { parts, intake } = course
  const suspended = { ...suspendedOf(course, decision), check: intake.operation ?? '' }
  const found = (await approvedOf(parts.approvals, suspended)) ?? (await parts.approvals.ask(suspended))
  const { stopped } = course
  leave(course)
  if (!('suspended' in found)) heard.asked(found, decision)
  else if (stopped === undefined) await letApproved(parts, intake, heard, found)
  else {
    await parts.approvals.void(found.id, [{ code: stopped.code, rule: 'stop', what: stopped.detail }])
    throw new Fault('act.cancelled', { detail: stopped.detail })
  }
}

interface Taken {
  readonly id: string
  readonly suspended: Suspended
}

/** Single use: only one request takes it, and that is written down before. Undefined: nobody was asked yet. */
async function approvedOf(approvals: Approvals, suspended: Suspended): Promise<Taken | Pending | undefined> {
  const step = await approvals.step(suspended)
  const found = step === undefined ? await approvals.find(suspended) : undefined
  const id = step ?? (found?.state === 'approved' ? found.id : undefined)
  if (id === undefined) return found?.state === 'pending' ? found : undefined
  const taken = await approvals.claim(id, 'elsewhere')
  if (taken !== undefined) return { id, suspended: taken }
  // Another request took it, or its approval is on its way to the log: then it is there for the next one.
  const now = await approvals.get(id, suspended.holder)
  return now?.state === 'approved' ? now : undefined
}

/** Judged again, as the act that the person was asked about. */
async function letApproved(
  parts: PathParts,
  intake: Intake,
  heard: CheckSink,
  { id, suspended }: Taken,
): Promise<void> {
  const inner = new CheckSink()
  const course = new Course(parts, intake, inner, suspended.act)
  course.approval = id
  try {
    const decision = judge(course)
    if (isStricter(suspended, decision)) refuse(course, { ...decision, class: 'refuse' })
    else letThrough(course, inner)
    const checked = await inner.answer
    await close(parts, id, intake, checked)
    if (checked.class === 'allow') heard.allowed(course)
    else if (checked.class === 'refuse') heard.refused(checked.decision, checked.act)
  } catch (error) {
    leave(course)
    const { code, detail } = Fault.from(error)
    await parts.approvals.finish(id, { status: 'failed', error: { code, detail } })
    throw error
  }
}

/** It was used up before; that its end could not be kept changes nothing about the act. */
async function close(parts: PathParts, id: string, { holder }: Intake, checked: Checked): Promise<void> {
  try {
    if (checked.class === 'refuse') {
      await parts.approvals.void(id, checked.decision.reasons)
      return
    }
    await parts.approvals.finish(id, { status: 'not-observed' })
    await parts.approvals.get(id, holder.key)
  } catch (error) {
    parts.log.error('approval.end-not-kept', { approval: id, error: String(error) })
  }
}

function leave(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
}
