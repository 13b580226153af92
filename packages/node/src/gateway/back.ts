import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Holder } from '../authority/authority.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import { digestBytes } from '../kernel/digest.ts'
import { commitText } from './commitment.ts'
import { unlabelled } from './course.ts'
import { intentEntry, outcomeEntry, planEntry, refusedEntry } from './entry.ts'
import type { InFlightAct } from './in-flight.ts'
import type { PathParts } from './parts.ts'

/** What a target asks of its caller, or sends it unasked: MCP sampling and elicitation, A2A push notifications. */
export interface BackQuestion {
  /** Named after the method, with the profile its protocol gives it; the mandate must allow it of that target. */
  readonly capability: TargetCapability
  readonly arguments: unknown
  /** In which the target asks: `mcp/2025-11-25`. */
  readonly protocolIn: string
}

/** What came of it. `value` is the caller's answer in the words of the question's protocol. */
export type BackAnswer = Pick<Outcome, 'status' | 'value' | 'error'>

/** An act in the other direction: a child of the act in whose course the target turns to its caller. */
export interface BackIntake {
  readonly holder: Holder
  /** Who asks. */
  readonly target: Target
  /** Id of the act it belongs to. */
  readonly parent: string
  readonly trace: string
  readonly question: BackQuestion
  /** In which the caller hears it. */
  readonly protocolOut: string
}

export interface BackSink {
  /**
   * Passes the question on; its intent is in the log. `answered` is called once. Gives what takes the question back;
   * undefined when this caller cannot be asked such a thing.
   */
  deliver(act: string, answered: (answer: BackAnswer) => void): (() => void) | undefined
  /** The last thing heard, once. A refusal is an answer `failed` with the code of the rule. */
  over(answer: BackAnswer, decision: Decision): void
}

/** A person may have to think; no target may hold an act open for longer. */
const answerMsMax = 600_000

/** One act in the other direction: decided by the same chain, recorded like any act, stopped with its parent. */
export class BackAct implements InFlightAct {
  readonly id: string
  readonly intake: BackIntake
  intentDurable = false
  place = -1
  readonly #parts: PathParts
  readonly #sink: BackSink
  readonly #at: number
  #decision: Decision | undefined
  #withdraw: (() => void) | undefined
  #stopTimer: (() => void) | undefined
  #over = false

  constructor(parts: PathParts, intake: BackIntake, sink: BackSink) {
    this.#parts = parts
    this.intake = intake
    this.#sink = sink
    this.id = parts.ids.next()
    this.#at = parts.clock.now()
  }

  get parent(): string {
    return this.intake.parent
  }

  get targetId(): string {
    return this.intake.target.id
  }

  get targetDigest(): string {
    return this.intake.target.digest
  }

  get links(): readonly string[] {
    return this.intake.holder.chain.links
  }

  get holderKey(): string {
    return this.intake.holder.key
  }

  /** The target acts here; a recall of it stops the act as that of a caller too. */
  get callerAgent(): string {
    return this.intake.target.id
  }

  /** Never throws; the sink hears everything. */
  begin(): void {
    try {
      this.#parts.inFlight.add(this)
      const decision = decideBack(this.#parts, this.intake)
      this.#decision = decision
      if (decision.class === 'allow') this.#record()
      else refuseBack(this.#parts, this.intake, decision, this.id, () => this.#end(refusalOf(decision)))
    } catch (error) {
      const { code, detail } = Fault.from(error)
      this.#end({ status: 'failed', error: { code, detail } })
    }
  }

  stop(code: string, detail: string): void {
    this.#finish({ status: 'cancelled', error: { code, detail } })
  }

  #record(): void {
    this.#parts.ledger.append(backIntent(this.#parts, this.intake, this.id, this.#at), (fault) => {
      if (fault !== undefined) {
        this.#end({ status: 'failed', error: { code: fault.code, detail: fault.detail } })
        return
      }
      this.intentDurable = true
      // Stopped while its intent was being written: the log gets both.
      if (this.#over) this.#recordOutcome({ status: 'cancelled', error: ended })
      else this.#deliver()
    })
  }

  #deliver(): void {
    this.#stopTimer = this.#parts.clock.after(answerMsMax, () =>
      this.stop('upstream.timeout', 'nobody answered the question in time'),
    )
    const withdraw = this.#sink.deliver(this.id, (answer) => {
      this.#withdraw = undefined
      this.#finish(answer)
    })
    if (withdraw === undefined && !this.#over) {
      this.#finish({
        status: 'failed',
        error: { code: 'caller.cannot-answer', detail: 'the caller does not take such questions' },
      })
    }
    this.#withdraw = withdraw
  }

  #finish(answer: BackAnswer): void {
    if (this.#over) return
    this.#leave()
    if (this.intentDurable) this.#recordOutcome(answer)
    this.#sink.over(answer, this.#decision ?? notDecided)
  }

  /** Ends what has no intent in the log. */
  #end(answer: BackAnswer): void {
    if (this.#over) return
    this.#leave()
    this.#sink.over(answer, this.#decision ?? notDecided)
  }

  #leave(): void {
    this.#over = true
    this.#stopTimer?.()
    this.#withdraw?.()
    this.#parts.inFlight.remove(this)
  }

  #recordOutcome(answer: BackAnswer): void {
    const entry = backOutcome(this.#parts, this.intake, this.id, this.#at, answer)
    this.#parts.inFlight.ending(this)
    this.#parts.ledger.appendPatiently(entry, (fault) => {
      if (fault === undefined) this.#parts.inFlight.ended(this)
      else this.#parts.log.error('act.outcome-not-recorded', { act: this.id, code: fault.code })
    })
  }
}

const ended = { code: 'act.cancelled', detail: 'the act it belongs to ended' }
const notDecided: Decision = { class: 'refuse', reasons: [], obligations: [] }

/** Whether the chain lets that target turn to its caller so. A question that would first need a person is refused. */
function decideBack(parts: PathParts, { holder, target, question }: BackIntake): Decision {
  const decision = parts.authority.decide({
    chain: holder.chain,
    target: parts.targets.target(target.id) ?? target,
    capability: question.capability,
    arguments: question.arguments,
    labels: unlabelled,
    place: undefined,
    now: parts.clock.now(),
  })
  return decision.class === 'ask' ? { ...decision, class: 'refuse' } : decision
}

/** Records a refusal; `done` is called once it is in the log, or could not be. */
function refuseBack(
  parts: PathParts,
  intake: BackIntake,
  decision: Decision,
  act: string,
  done: () => void,
): void {
  const { holder, target, question } = intake
  const entry = refusedEntry(callersOf(holder, target), target, question.capability.id, decision, {
    act,
    at: parts.clock.now(),
    arguments: argumentsOf(intake, act),
    in: question.protocolIn,
    rulings: parts.rulings.epoch,
    trace: intake.trace,
  })
  parts.metrics.act('refuse', decision.reasons[0]?.code ?? 'unknown')
  parts.ledger.append(entry, done)
}

function backIntent(parts: PathParts, intake: BackIntake, act: string, at: number): string {
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
    arguments: argumentsOf(intake, act),
    parent: intake.parent,
    place: undefined,
    rulings: parts.rulings.epoch,
    trace: intake.trace,
  })
}

function backOutcome(
  parts: PathParts,
  intake: BackIntake,
  act: string,
  startedAt: number,
  answer: BackAnswer,
): string {
  const at = parts.clock.now()
  const text = answer.value === undefined ? undefined : JSON.stringify(answer.value)
  parts.metrics.act('allow', answer.status)
  return outcomeEntry({
    act,
    at,
    durationMs: Math.max(0, at - startedAt),
    error: answer.error?.code.slice(0, 200).toWellFormed(),
    result: text === undefined ? undefined : commitText(intake.holder.subjectKey, act, 'result', text),
    status: answer.status,
  })
}

/** Records a question that a target put in its answer and that the caller came back to answer: both leaves at once. */
export async function recordBack(parts: PathParts, intake: BackIntake, answer: BackAnswer): Promise<void> {
  const act = parts.ids.next()
  const at = parts.clock.now()
  const intent = new Promise<void>((resolve, reject) => {
    parts.ledger.append(backIntent(parts, intake, act, at), (fault) => {
      if (fault === undefined) resolve()
      else reject(fault)
    })
  })
  parts.ledger.appendPatiently(backOutcome(parts, intake, act, at, answer), (fault) => {
    if (fault !== undefined) parts.log.error('act.outcome-not-recorded', { act, code: fault.code })
  })
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
    await new Promise<void>((resolve) => refuseBack(parts, intake, decision, parts.ids.next(), resolve))
    return decision
  }
  return undefined
}

function refusalOf(decision: Decision): BackAnswer {
  const [first] = decision.reasons
  return {
    status: 'failed',
    error: { code: first?.code ?? 'act.refused', detail: first?.what ?? 'the question was refused' },
  }
}

function argumentsOf({ holder, question }: BackIntake, act: string): string {
  return commitText(holder.subjectKey, act, 'arguments', JSON.stringify(question.arguments ?? null))
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
