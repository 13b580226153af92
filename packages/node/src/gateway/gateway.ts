import type { IncomingMessage } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { Protocol } from '@ambit/core/record'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Pending } from '../approval/approval.ts'
import type { Authentication, FailedAuthentication, Holder } from '../authority/authority.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { BackAnswer, BackIntake, BackQuestion, BackSink } from './back.ts'

/** What an adapter read of its protocol's message: everything the path of an act needs, in the terms of no protocol. */
export interface Intake {
  readonly holder: Holder
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
  /** What else the message asks of the target: each is decided as if it came by itself, and the strictest decision counts. */
  readonly includes?: readonly Included[]
  /** What a list of an agent's acts holds of such arguments, which is then all that is passed on; left out: all of them. */
  readonly asPlanned?: ((given: unknown) => unknown) | undefined
  /** The JSON text of the arguments, over which the commitment is made. */
  readonly argumentsText: string
  /** `mcp/2026-07-28` */
  readonly protocolIn: string
  /** The message as it came; `forward` when a target of the same protocol and version may get these very bytes. */
  readonly wire: {
    readonly protocol: string
    readonly message: unknown
    readonly bytes: Buffer
    readonly forward: boolean
    /** Protocol headers that belong to the message, names and values in turn. */
    readonly headers?: readonly string[]
  }
  readonly stream: boolean
  /** Which of the capability's operations, as the protocol names it; left out: its usual one. */
  readonly operation?: string
  /** What the caller's client declared that it can do, in the terms of its protocol (MCP client capabilities). */
  readonly callerCapabilities?: Readonly<Record<string, unknown>>
  /** W3C trace id where the caller sent one. */
  readonly trace: string | undefined
  readonly parent: string | undefined
  readonly place: string | undefined
  /** What the answer is to carry of the act's receipt; most callers do not ask. */
  readonly receipt?: ReceiptWish | undefined
  /** The approval that the caller says this act waited for: it hears of that one, and nothing new begins. */
  readonly claim?: string | undefined
  /** What the caller hands on to the agent it calls; most callers hand on nothing. */
  readonly delegate?: DelegationWish | undefined
}

/** A second thing that one message asks for, which is a capability of its own. */
export interface Included {
  readonly capability: TargetCapability
  readonly arguments: unknown
}

/** Hears what becomes of an act; exactly one of `outcome`, `asked`, `refused`, `failed` is called, last. */
export interface IngressSink {
  /** False asks to pause until `resume` of the handle. */
  event(event: Exclude<ActEvent, Outcome>): boolean
  /**
   * The target asks this caller something; `act` is the id of the question's own act. `answered` is called once. Gives
   * what takes the question back; undefined, or no such method, when this caller cannot be asked that.
   */
  asks?(question: BackQuestion, act: string, answered: (answer: BackAnswer) => void): (() => void) | undefined
  /** `receipt`: what the caller wished for, where it did. */
  outcome(outcome: Outcome, act: string, receipt?: ReceiptAnswer): void
  /** A person must decide; nothing waits. */
  asked(pending: Pending, decision: Decision): void
  refused(decision: Decision, act: string, receipt?: ReceiptAnswer): void
  /** The node itself could not go on (ledger full, draining). */
  failed(fault: Fault): void
}

export interface ActHandle {
  readonly id: string
  /** The caller went away or cancelled. */
  cancel(reason: string): void
  resume(): void
}

/** The door of the gateway for the adapters that read a protocol. */
export interface Gateway {
  /**
   * `Bearer …` as it came in the header, or `DPoP …` with the request whose proof shows the key that the token belongs
   * to (RFC 9449); a request is only read for the latter.
   */
  authenticate(authorization: string | undefined, request?: IncomingMessage): Authentication
  /** What the header WWW-Authenticate of a 401 says: what was wrong, and where a client learns how to log in. */
  challenge(request: IncomingMessage, failed: FailedAuthentication): string
  /** Registered things of a protocol that this holder's mandate lets it see, with the capabilities it may call. */
  visible(holder: Holder, protocol: Protocol): readonly Visible[]
  submit(intake: Intake, sink: IngressSink): ActHandle
  /** Begins an act in the other direction that no act under way carries, such as a push notification. */
  back(intake: BackIntake, sink: BackSink): { readonly id: string; stop(code: string, detail: string): void }
  /**
   * Judges questions that stand in a target's answer (MCP multi-round-trip requests) before the caller sees them. A
   * refusal is recorded first. Undefined: all may be put.
   */
  judgeBack(intakes: readonly BackIntake[]): Promise<Decision | undefined>
  /** Records the caller's answers to such questions; resolves once that is durable, and rejects with a Fault. */
  answeredBack(answered: readonly { intake: BackIntake; answer: BackAnswer }[]): Promise<void>
  /** What became of an approval this holder was told of. */
  approval(id: string, holder: Holder): Promise<Pending | undefined>
  /** Takes back what waits for a person; how it stands then. */
  withdraw(id: string, holder: Holder): Promise<Pending | undefined>
  /** What an answer may carry of the receipt of an act that ended earlier. Never rejects. */
  receiptOf(act: string, wish: ReceiptWish): Promise<ReceiptAnswer>
  /** Where a person decides it: an address of the console. */
  approvalUrl(id: string): string
}

/** What was decided about an act that somebody else's data plane carries. */
export type Checked =
  /** `act` is its intent and outcome in the log. */
  | { readonly class: 'allow'; readonly act: string; readonly decision: Decision }
  | { readonly class: 'refuse'; readonly act: string; readonly decision: Decision }
  /** A person must decide; the same request is let through once when they did. */
  | { readonly class: 'ask'; readonly pending: Pending; readonly decision: Decision }

/** The door of the gateway for data planes of others. */
export interface DecisionPoint {
  /**
   * Judges an act that is carried elsewhere: nothing is sent, and its outcome is `not-observed`. Rejects with a Fault
   * when the node takes no acts.
   */
  check(intake: Intake): Promise<Checked>
}

export interface Visible {
  readonly target: Target
  readonly capabilities: readonly TargetCapability[]
}
