import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Protocol } from '@ambit/core/record'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Challenge } from '../signin/signin.ts'
import type { BackAnswer, BackQuestion } from './back.ts'

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
  /** Protocol headers of the caller's message, names and values in turn, whether or not its bytes are sent on. */
  readonly wireHeaders?: readonly string[]
  /** did:key of the holder: sessions and child processes belong to it. */
  readonly holder: string
  /** Credentials of the person for this target: header names and values, flat. */
  readonly headers: readonly string[]
  /** The caller wants events as they come, where the protocol tells the two apart. */
  readonly stream: boolean
  /** Which of the capability's operations, as the protocol names it; undefined: its usual one. */
  readonly operation: string | undefined
  /** What the caller's client declared that it can do, in the terms of its protocol (MCP client capabilities). */
  readonly callerCapabilities?: Readonly<Record<string, unknown>>
  /** Irreversible acts (2, 3) are never sent twice. */
  readonly reversibility: number
  /** A read by its accepted profile: may be sent once more when it surely did not arrive. Left out: never. */
  readonly repeatable?: boolean
}

/** How an act ended, as its target has it. */
export type EgressOutcome = Omit<Outcome, 'type' | 'startedAt' | 'durationMs'> & {
  /** The target refused the request for want of a sign-in, with a status of HTTP that says so. */
  readonly challenge?: Challenge
}

/** Hears what the target does. Exactly one outcome, last. */
export interface EgressSink {
  /** False asks the egress to pause reading until `resume` of its handle is called. */
  event(event: Exclude<ActEvent, Outcome>): boolean
  /**
   * The target asks its caller something before it goes on: a child act, decided and recorded like any. `answered` is
   * called exactly once. Gives what takes the question back.
   */
  ask(question: BackQuestion, answered: (answer: BackAnswer) => void): () => void
  /** `wire` of the outcome is set only when the bytes answer `Outbound.wire` as they stand. */
  outcome(outcome: EgressOutcome): void
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
