import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Labels } from '@ambit/core/label'
import type { Cost, HeldChain, Reservation } from '../authority/authority.ts'
import type { BackAct } from './back.ts'
import type { Performance } from './egress.ts'
import type { SubjectKeys } from '../identity/identity.ts'
import { commitText } from './commitment.ts'
import type { ActHandle, IngressSink, Intake } from './gateway.ts'
import type { InFlightAct } from './in-flight.ts'
import { Inspector } from './inspector.ts'
import type { PathParts } from './parts.ts'
import type { Gate, Share } from './traffic.ts'

const none: readonly string[] = []

/** Until values are traced, an act counts as third-party text that may be personal: the careful reading. */
export const unlabelled: Labels = { integrity: 0, confidentiality: 2 }

/**
 * The course of one act from the caller's message to its outcome. One object of fixed shape for each act; the steps
 * (judge.ts, perform.ts, resume.ts) change it in order.
 */
export class Course implements ActHandle, InFlightAct {
  readonly id: string
  readonly at: number
  readonly trace: string
  readonly intake: Intake
  readonly sink: IngressSink
  readonly parts: PathParts
  readonly argumentsCommitment: string
  readonly inspector: Inspector
  /** The keys of its person when it began: those of the holder may turn meanwhile. */
  readonly keys: SubjectKeys
  /** The chain it was decided under; the holder's may be renewed meanwhile. */
  readonly chain: HeldChain
  readonly startedAt: number
  /** Set for an act that a person approved. */
  approval: string | undefined
  /** Set for an act that undoes another: that one's id. */
  undoes: string | undefined
  decision: Decision | undefined
  rulings: number
  intentDurable = false
  /** The request may have left this node. */
  sent = false
  performance: Performance | undefined
  /** What the target answered, while the intent is not durable yet. */
  pending: Omit<Outcome, 'startedAt' | 'durationMs' | 'type'> | undefined
  /** Why it was stopped from outside. */
  stopped: { readonly code: string; readonly detail: string } | undefined
  /** Ends the act without its target; set once it was sent. */
  abandon: ((course: Course) => void) | undefined
  /** What the target asks of the caller meanwhile; most acts have none. */
  questions: Set<BackAct> | undefined
  /** Where it has a place, until it is no longer under way. */
  share: Share | undefined
  gate: Gate | undefined
  /** What it took from the budgets; undefined before it did. */
  cost: Cost | undefined
  /** Its headers are on their way: it is about to be sent. */
  leaving = false
  /** What it was sent with. */
  credentials: readonly string[] = none
  /** Sent a second time. */
  repeated = false
  /** The sink has its last call. */
  over = false
  place = -1

  constructor(parts: PathParts, intake: Intake, sink: IngressSink, id?: string) {
    this.parts = parts
    this.intake = intake
    this.sink = sink
    this.id = id ?? parts.ids.next()
    this.at = parts.clock.now()
    this.startedAt = parts.clock.monotonicMs()
    this.trace = intake.trace ?? this.id
    this.chain = intake.holder.chain
    this.rulings = parts.rulings.epoch
    this.keys = intake.holder.subjectKeys
    this.argumentsCommitment = commitText(this.keys.salt, this.id, 'arguments', intake.argumentsText)
    this.inspector = new Inspector(parts.contents, this.keys, this.id)
    this.approval = undefined
    this.undoes = undefined
    this.decision = undefined
    this.performance = undefined
    this.pending = undefined
    this.stopped = undefined
    this.abandon = undefined
    this.share = undefined
    this.gate = undefined
    this.questions = undefined
    this.cost = undefined
  }

  /** Has what it was asked kept; its commitment goes into the log with the next step. */
  keepArguments(): void {
    this.parts.contents.keep(this.keys, this.id, 'arguments', this.intake.argumentsText)
  }

  get parent(): string | undefined {
    return this.intake.parent ?? this.intake.holder.parent
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

  get reservation(): Reservation | undefined {
    const { id: act, chain, cost, at, startedAt: startedMs } = this
    return cost && { act, chain, cost, at, startedMs }
  }

  get targetId(): string {
    return this.intake.target.id
  }

  get targetDigest(): string {
    return this.intake.target.digest
  }

  get links(): readonly string[] {
    return this.chain.links
  }

  get holderKey(): string {
    return this.intake.holder.key
  }

  get callerAgent(): string | undefined {
    return this.intake.holder.agent
  }

  left(): void {
    this.share?.leave()
    this.gate?.leave()
    if (!this.sent) this.gate?.unused(this.startedAt, this.parts.clock.monotonicMs())
    this.share = undefined
    this.gate = undefined
  }

  /** The caller went away or took it back. */
  cancel(reason: string): void {
    this.stop('act.cancelled', reason)
  }

  stop(code: string, detail: string): void {
    if (this.over || this.stopped !== undefined) return
    this.stopped = { code, detail }
    // Before anything was sent, the next step of the course sees `stopped` and ends there.
    if (this.performance === undefined) return
    try {
      this.performance.cancel(detail)
    } catch (error) {
      // One adapter that fails must not keep the next act from being stopped, nor this one under way.
      this.parts.log.error('act.cancel-failed', { act: this.id, error: String(error) })
      this.abandon?.(this)
    }
  }

  resume(): void {
    this.performance?.resume()
  }
}
