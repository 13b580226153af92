import type { Decision } from '@ambit/core/decision'
import type { Holder } from '../authority/authority.ts'
import { digestBytes } from '../kernel/digest.ts'
import type { Target } from '../registry/target.ts'
import type { BackAnswer, BackIntake } from './back.ts'
import type { SubjectKeys } from '../identity/identity.ts'
import { commitText } from './commitment.ts'
import { unlabelled } from './course.ts'
import { intentEntry, planEntry, refusedEntry } from './entry.ts'
import type { OutcomeFacts } from './entry.ts'
import { countObserved, observed } from './observe.ts'
import { appendOutcome } from './outcome-writer.ts'
import type { PathParts } from './parts.ts'

/** Whether the chain lets that target turn to its caller so. A question that would first need a person is refused. */
export function decideBack(parts: PathParts, { holder, target, question }: BackIntake): Decision {
  const decision = parts.authority.decide({
    chain: holder.chain,
    target: parts.targets.target(target.id) ?? target,
    capability: question.capability,
    arguments: question.arguments,
    labels: unlabelled,
    place: undefined,
    now: parts.clock.now(),
  })
  const answered = parts.observe ? observed(decision, target.organization === holder.organization) : decision
  return answered.class === 'ask' ? { ...answered, class: 'refuse' } : answered
}

/** Records a refusal; `done` is called once it is in the log, or could not be. */
export function refuseBack(
  parts: PathParts,
  intake: BackIntake,
  keys: SubjectKeys,
  decision: Decision,
  act: string,
  done: () => void,
): void {
  const { holder, target, question } = intake
  const entry = refusedEntry(callersOf(holder, target), target, question.capability.id, decision, {
    act,
    at: parts.clock.now(),
    arguments: keepArguments(parts, intake, keys, act),
    in: question.protocolIn,
    rulings: parts.rulings.epoch,
    trace: intake.trace,
  })
  parts.metrics.act('refuse', decision.reasons[0]?.code ?? 'unknown')
  parts.ledger.append(entry, done)
}

/** The intent of an act in the other direction. */
export function backIntent(
  parts: PathParts,
  intake: BackIntake,
  keys: SubjectKeys,
  act: string,
  at: number,
  decision: Decision | undefined,
): string {
  const { holder, target, question } = intake
  const plan = planEntry(
    callersOf(holder, target),
    calledOf(parts, holder, target),
    question.capability,
    unlabelled,
    question.protocolIn,
    intake.protocolOut,
  )
  return intentEntry(plan, {
    act,
    at,
    approval: undefined,
    arguments: keepArguments(parts, intake, keys, act),
    parent: intake.parent,
    place: undefined,
    rulings: parts.rulings.epoch,
    trace: intake.trace,
    // It is the target that turns to its caller: nothing is taken from the caller's budgets.
    cost: '{"calls":0}',
    replica: parts.replica,
    observed: countObserved(parts, decision),
  })
}

/** Its outcome, with a commitment to what the caller answered. */
export function backOutcome(
  parts: PathParts,
  keys: SubjectKeys,
  act: string,
  startedAt: number,
  answer: BackAnswer,
): OutcomeFacts {
  const at = parts.clock.now()
  const text = answer.value === undefined ? undefined : JSON.stringify(answer.value)
  if (text !== undefined) parts.contents.keep(keys, act, 'result', text)
  parts.metrics.act('allow', answer.status)
  return {
    act,
    at,
    durationMs: Math.max(0, at - startedAt),
    error: answer.error?.code.slice(0, 200).toWellFormed(),
    result: text === undefined ? undefined : commitText(keys.salt, act, 'result', text),
    status: answer.status,
  }
}

/** Records a question that a target put in its answer and that the caller came back to answer: both leaves at once. */
export async function recordBack(parts: PathParts, intake: BackIntake, answer: BackAnswer): Promise<void> {
  const act = parts.ids.next()
  const at = parts.clock.now()
  const keys = intake.holder.subjectKeys
  const intent = new Promise<void>((resolve, reject) => {
    parts.ledger.append(
      backIntent(parts, intake, keys, act, at, decideBack(parts, intake)),
      (fault, index) => {
        if (fault === undefined) {
          parts.inFlight.acknowledge(index)
          resolve()
        } else reject(fault)
      },
    )
  })
  appendOutcome(parts, backOutcome(parts, keys, act, at, answer))
  await intent
}

/** The first refusal among questions, recorded; undefined when all may be put to the caller. */
export async function judgeBack(
  parts: PathParts,
  intakes: readonly BackIntake[],
): Promise<Decision | undefined> {
  for (const intake of intakes) {
    const decision = decideBack(parts, intake)
    if (decision.class === 'allow') continue
    const keys = intake.holder.subjectKeys
    await new Promise<void>((resolve) => refuseBack(parts, intake, keys, decision, parts.ids.next(), resolve))
    return decision
  }
  return undefined
}

export function refusalOf(decision: Decision): BackAnswer {
  const [first] = decision.reasons
  return {
    status: 'failed',
    error: { code: first?.code ?? 'act.refused', detail: first?.what ?? 'the question was refused' },
  }
}

/** Has the question kept, and gives the commitment to it. */
function keepArguments(parts: PathParts, { question }: BackIntake, keys: SubjectKeys, act: string): string {
  const text = JSON.stringify(question.arguments ?? null)
  parts.contents.keep(keys, act, 'arguments', text)
  return commitText(keys.salt, act, 'arguments', text)
}

/** The target acts, on behalf of whoever called it. */
function callersOf(holder: Holder, target: Target): Holder {
  return { ...holder, callers: [target.id, ...holder.callers].slice(0, callersMax) }
}

/** As many as an intent leaf takes. */
const callersMax = 17

/** The caller as what is called: its record where it is a registered agent, else the digest of its key. */
function calledOf(parts: PathParts, holder: Holder, target: Target): Target {
  const agent = holder.agent === undefined ? undefined : parts.targets.target(holder.agent)
  return agent ?? { ...target, digest: digestBytes(Buffer.from(holder.key)) }
}
