import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Protocol } from '@ambit/core/record'
import type { Target, TargetCapability } from '../registry/target.ts'

/** What is sent to a target, in the terms of no protocol. */
export interface Outbound {
  readonly act: string
  readonly trace: string
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
  /** The caller's message, for a target of the same protocol and version: sent on byte for byte where possible. */
  readonly wire:
    | {
        readonly protocol: string
        readonly message: unknown
        readonly bytes: Buffer
        /** Protocol headers that belong to the message, names and values in turn. */
        readonly headers?: readonly string[]
      }
    | undefined
  /** did:key of the holder: sessions and child processes belong to it. */
  readonly holder: string
  /** Credentials of the person for this target: header names and values, flat. */
  readonly headers: readonly string[]
  /** The caller wants events as they come, where the protocol tells the two apart. */
  readonly stream: boolean
  /** Irreversible acts (2, 3) are never sent twice. */
  readonly reversibility: number
}

/** Hears what the target does. Exactly one outcome, last. */
export interface EgressSink {
  /** False asks the egress to pause reading until `resume` of its handle is called. */
  event(event: Exclude<ActEvent, Outcome>): boolean
  /** `wire` of the outcome is set only when the bytes answer `Outbound.wire` as they stand. */
  outcome(outcome: Omit<Outcome, 'type' | 'startedAt' | 'durationMs'>): void
}

export interface Performance {
  /** Stops: by the protocol's own cancel where there is one, then by closing. The sink still gets its outcome (`cancelled`). */
  cancel(reason: string): void
  resume(): void
}

/** Sends acts in one protocol; adapters implement it. Never throws: what goes wrong is an outcome `failed`. */
export interface Egress {
  readonly protocol: Protocol
  perform(outbound: Outbound, sink: EgressSink): Performance
  /** Lets go of sessions, children and connections. */
  close(): Promise<void>
}
