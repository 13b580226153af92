import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Holder } from '../authority/authority.ts'
import type { SubjectKeys } from '../identity/identity.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { InFlightAct } from './in-flight.ts'
import type { PathParts } from './parts.ts'
import { backIntent, backOutcome, decideBack, refusalOf, refuseBack } from './back-judgement.ts'
import { writeOutcome } from './outcome-writer.ts'

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
  /** The keys of its person when it began. */
  readonly #keys: SubjectKeys
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
    this.#keys = intake.holder.subjectKeys
    this.#sink = sink
    this.id = parts.ids.next()
    this.#at = parts.clock.now()
  }

  get parent(): string {
    return this.intake.parent
  }

  get organization(): string {
    return this.intake.holder.organization
  }

  get subject(): string {
    return this.intake.holder.subject
  }

  get callers(): readonly string[] {
    return this.intake.holder.callers
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
      if (this.#parts.contents.refusal !== undefined) throw this.#parts.contents.refusal
      this.#parts.inFlight.add(this)
      const decision = decideBack(this.#parts, this.intake)
      this.#decision = decision
      if (decision.class === 'allow') this.#record()
      else this.#refuse(decision)
    } catch (error) {
      const { code, detail } = Fault.from(error)
      this.#end({ status: 'failed', error: { code, detail } })
    }
  }

  stop(code: string, detail: string): void {
    this.#finish({ status: 'cancelled', error: { code, detail } })
  }

  #refuse(decision: Decision): void {
    const { id, intake } = this
    refuseBack(this.#parts, intake, this.#keys, decision, id, () => this.#end(refusalOf(decision)))
  }

  #record(): void {
    this.#parts.ledger.append(
      backIntent(this.#parts, this.intake, this.#keys, this.id, this.#at, this.#decision),
      (fault, index) => {
        if (fault !== undefined) {
          this.#end({ status: 'failed', error: { code: fault.code, detail: fault.detail } })
          return
        }
        this.intentDurable = true
        this.#parts.inFlight.acknowledge(index)
        // Stopped while its intent was being written: the log gets both.
        if (this.#over) this.#recordOutcome({ status: 'cancelled', error: ended })
        else this.#deliver()
      },
    )
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
    const outcome = backOutcome(this.#parts, this.#keys, this.id, this.#at, answer)
    writeOutcome(this.#parts, this, outcome)
  }
}

const ended = { code: 'act.cancelled', detail: 'the act it belongs to ended' }
const notDecided: Decision = { class: 'refuse', reasons: [], obligations: [] }
