import { strictness } from '@ambit/core/decision'
import type { Decision } from '@ambit/core/decision'
import type { Outcome } from '@ambit/core/act'
import { Fault } from '@ambit/core/fault'
import { binding } from '../approval/approval.ts'
import type { Suspended } from '../approval/approval.ts'
import type { Target } from '../registry/target.ts'
import { Course } from './course.ts'
import type { ActHandle, Included, IngressSink, Intake } from './gateway.ts'
import { judge, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { perform } from './perform.ts'

/**
 * Performs an act that a person approved: claimed once, judged again, performed once. Whoever asked fetches the
 * answer from the approval. Driven by the bus, never by the caller; but for a step of a plan, whose caller hears the
 * answer. Undefined when nothing is performed.
 */
export async function resume(
  parts: PathParts,
  approval: string,
  listener?: IngressSink,
): Promise<ActHandle | undefined> {
  const suspended = await parts.approvals.claim(approval)
  if (suspended === undefined) return undefined
  const holder = await parts.authority.wake(suspended.holder, suspended.links)
  const target = parts.targets.targetOfDigest(suspended.target)
  const capability = target?.capabilities.get(suspended.capability)
  if (holder === undefined || target === undefined || capability === undefined) {
    await parts.approvals.void(approval, [gone(holder === undefined)])
    return undefined
  }
  const includes = includedOf(suspended, target)
  const isSame = capability.definition === suspended.definition && target.digest === suspended.target
  if (!isSame || includes === undefined) {
    await parts.approvals.void(approval, [changed])
    return undefined
  }
  const intake = intakeOf(suspended, { holder, target, capability, includes })
  const course = new Course(parts, intake, sinkOf(parts, approval, suspended.holder, listener), suspended.act)
  start(course, approval, suspended)
  return course
}

function start(course: Course, approval: string, suspended: Suspended): void {
  course.approval = approval
  try {
    const decision = judge(course)
    if (isStricter(suspended, decision)) refuse(course, { ...decision, class: 'refuse' })
    else perform(course)
  } catch (error) {
    course.parts.inFlight.remove(course)
    course.sink.failed(Fault.from(error))
  }
}

/** Stricter than what the person was asked, what lay in the outbox, or what is theirs alone to do. */
export function isStricter({ held, draft, obligations = [] }: Suspended, decision: Decision): boolean {
  const most = held === true ? 0 : draft === true ? 2 : 1
  if (strictness(decision) > most) return true
  // A passkey, or a second person, that was not asked for then is missing now.
  return (
    decision.class !== 'allow' &&
    decision.obligations.some((each) => binding(each) && !obligations.includes(each))
  )
}

/** Undefined when the target no longer has one of them. */
function includedOf({ includes = [] }: Suspended, target: Target): readonly Included[] | undefined {
  const found: Included[] = []
  for (const { capability: id, arguments: given } of includes) {
    const capability = target.capabilities.get(id)
    if (capability === undefined) return undefined
    found.push({ capability, arguments: given })
  }
  return found
}

function intakeOf(
  suspended: Suspended,
  of: Pick<Intake, 'holder' | 'target' | 'capability'> & { readonly includes: readonly Included[] },
): Intake {
  const { protocolIn: protocol, wireHeaders: headers } = suspended
  return {
    ...of,
    arguments: suspended.arguments,
    argumentsText: JSON.stringify(suspended.arguments ?? null),
    protocolIn: protocol,
    // The answer is fetched later under another message id, so the message is made anew.
    wire: {
      protocol,
      message: undefined,
      bytes: Buffer.alloc(0),
      forward: false,
      ...(headers === undefined ? {} : { headers }),
    },
    stream: false,
    ...(suspended.operation === undefined ? {} : { operation: suspended.operation }),
    ...(suspended.delegate === undefined ? {} : { delegate: suspended.delegate }),
    trace: suspended.trace,
    parent: undefined,
    place: undefined,
  }
}

function sinkOf(
  parts: PathParts,
  approval: string,
  holder: string,
  listener: IngressSink | undefined,
): IngressSink {
  function keep(promise: Promise<void>): void {
    promise.catch((error: unknown) => {
      // The act is in the log either way; only the answer cannot be fetched.
      parts.log.error('approval.answer-not-kept', { approval, error: String(error) })
    })
  }
  /** Whoever hears it now has fetched it: the same call again is a new one. */
  async function tell(heard: IngressSink, outcome: Outcome, act: string, kept: Promise<void>): Promise<void> {
    try {
      await kept
      await parts.approvals.get(approval, holder)
    } finally {
      heard.outcome(outcome, act)
    }
  }
  return {
    event: () => true,
    outcome(outcome: Outcome, act: string) {
      const kept = parts.approvals.finish(approval, {
        status: outcome.status,
        ...errorOf(outcome),
        ...answerOf(outcome),
      })
      keep(listener === undefined ? kept : tell(listener, outcome, act, kept))
    },
    refused(decision: Decision, act: string) {
      listener?.refused(decision, act)
      keep(parts.approvals.void(approval, decision.reasons))
    },
    failed(fault: Fault) {
      listener?.failed(fault)
      keep(
        parts.approvals.finish(approval, {
          status: 'failed',
          error: { code: fault.code, detail: fault.detail },
        }),
      )
    },
    asked: () => undefined,
  }
}

function errorOf(outcome: Outcome): Pick<Outcome, 'error'> {
  return outcome.error === undefined ? {} : { error: outcome.error }
}

function answerOf(outcome: Outcome): { answer?: string } {
  if (outcome.value !== undefined) return { answer: JSON.stringify(outcome.value) }
  return outcome.wire === undefined ? {} : { answer: Buffer.from(outcome.wire).toString('utf8') }
}

function gone(holder: boolean) {
  return {
    code: holder ? 'mandate.revoked' : 'record.not-active',
    rule: 'resume',
    what: holder ? 'the mandate it was asked under is gone' : 'what it was meant for is gone',
  }
}

const changed = {
  code: 'record.definition-changed',
  rule: 'resume',
  what: 'what was approved is no longer what would be called',
}
