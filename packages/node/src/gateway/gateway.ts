import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { Protocol } from '@ambit/core/record'
import type { Pending } from '../approval/approval.ts'
import type { Authentication, Holder } from '../authority/authority.ts'
import type { Target, TargetCapability } from '../registry/target.ts'

/** What an adapter read of its protocol's message: everything the path of an act needs, in the terms of no protocol. */
export interface Intake {
  readonly holder: Holder
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
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
  /** W3C trace id where the caller sent one. */
  readonly trace: string | undefined
  readonly parent: string | undefined
  readonly place: string | undefined
}

/** Hears what becomes of an act; exactly one of `outcome`, `asked`, `refused`, `failed` is called, last. */
export interface IngressSink {
  /** False asks to pause until `resume` of the handle. */
  event(event: Exclude<ActEvent, Outcome>): boolean
  outcome(outcome: Outcome, act: string): void
  /** A person must decide; nothing waits. */
  asked(pending: Pending, decision: Decision): void
  refused(decision: Decision, act: string): void
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
  /** `Bearer …` as it came in the header. */
  authenticate(authorization: string | undefined): Authentication
  /** Registered things of a protocol that this holder's mandate lets it see, with the capabilities it may call. */
  visible(holder: Holder, protocol: Protocol): readonly Visible[]
  submit(intake: Intake, sink: IngressSink): ActHandle
  /** What became of an approval this holder was told of. */
  approval(id: string, holder: Holder): Promise<Pending | undefined>
  /** Where a person decides it: an address of the console. */
  approvalUrl(id: string): string
}

export interface Visible {
  readonly target: Target
  readonly capabilities: readonly TargetCapability[]
}
