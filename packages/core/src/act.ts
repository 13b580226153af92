import type { Decision } from './decision.ts'
import type { Digest } from './digest.ts'
import type { Labels } from './label.ts'

/** One governed call, whatever protocol it came by. */
export interface Act {
  /** 32 lower-case hexadecimal digits: 48 bits of time, 80 of chance; sorts by time. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly parent?: string
  /** W3C trace id: 32 hexadecimal digits. */
  readonly trace: string
  /** Member of a group message, where it is one. */
  readonly part?: string
  /** AIC or principal id of who acts, then of each caller before. */
  readonly callers: readonly string[]
  /** Ids of the mandates, root first. */
  readonly links: readonly string[]
  readonly chain: Digest
  /** Digest of the target's record. */
  readonly target: Digest
  readonly capability: string
  readonly definition: Digest
  /** `mcp/2026-07-28`. */
  readonly protocolIn: string
  readonly protocolOut: string
  /** The message as it came. */
  readonly wire: { readonly protocol: string; readonly bytes: Uint8Array }
  readonly arguments: unknown
  readonly labels: Labels
  readonly place?: string
  readonly decision?: Decision
  /** Id of the approval it is performed under. */
  readonly approval?: string
}

/** `not-observed`: it was let through to a data plane that is not this node's, which alone knows what came of it. */
export type OutcomeStatus = 'completed' | 'failed' | 'cancelled' | 'unknown' | 'not-observed'

/** What happens while an act is performed. The last event is the outcome; there is exactly one. */
export type ActEvent =
  | {
      readonly type: 'progress' | 'message' | 'artifact' | 'input-required'
      readonly value: unknown
      readonly wire?: Uint8Array
      /** Protocol headers that came with it, names and values in turn. */
      readonly headers?: readonly string[]
    }
  | { readonly type: 'child'; readonly act: string }
  /** The target let its connection go while it works on; the caller's may go too and come back. */
  | { readonly type: 'paused'; readonly value?: undefined; readonly wire?: undefined }
  | Outcome

export interface Outcome {
  readonly type: 'outcome'
  readonly status: OutcomeStatus
  /** The answer in the protocol's own form, where there is one. */
  readonly value?: unknown
  /** The answer's bytes as the target sent them. */
  readonly wire?: Uint8Array
  /** Protocol headers that came with it, names and values in turn. */
  readonly headers?: readonly string[]
  /** A fault code or the protocol's own code. */
  readonly error?: {
    readonly code: string
    readonly detail: string
    /** Where the person does what the call needs first. */
    readonly url?: string
  }
  /** Names of the arguments whose values a person changed before they approved the act. */
  readonly changed?: readonly string[]
  readonly startedAt: number
  readonly durationMs: number
}
