import type { JsonObject, JsonRpcError } from '@ambit/core/wire/mcp/message'
import type { Clock } from '../../../kernel/clock.ts'
import type { Ask } from './server-questions.ts'
import type { SendFailure, Sent } from './session-transport.ts'

/** How a call ended. */
export type CallEnd =
  | { readonly type: 'result'; readonly result: JsonObject }
  | { readonly type: 'error'; readonly error: JsonRpcError }
  | ({ readonly type: 'failed' } & SendFailure)

export interface CallListener {
  /** Params of progress, or a whole notification that belongs to this call, such as a log message. False asks to pause. */
  note(type: 'progress' | 'message', value: unknown): boolean
  /** The server asks its client something during this call. Gives what takes the question back. */
  readonly ask: Ask
  /** The server let the connection go while it works on. */
  paused?(): void
  /** Exactly once, last. */
  end(end: CallEnd): void
}

export interface Call {
  /** Tells the upstream, then stops listening. The listener hears nothing more. */
  cancel(reason: string): void
  resume(): void
}

export interface SessionLimits {
  /** Longest silence of the upstream during a call; progress begins it anew. */
  readonly answerTimeoutMs: number
  /** Longest call at all, so that endless progress does not hold an act for ever. */
  readonly callMsMax: number
}

export interface PendingCallOptions {
  readonly method: string
  readonly listener: CallListener
  /** A request of the node itself: nobody is there who could be asked or told something during it. */
  readonly own: boolean
  readonly clock: Clock
  readonly limits: SessionLimits
  /** The server was silent for too long, or the whole took too long. */
  expired(): void
}

/**
 * Longest silence of a server that waits for the answer to its question: a little longer than a question is open
 * (gateway/back.ts), so that the server can still answer the call when it hears that nobody answered.
 */
const questionMsMax = 630_000

/** One request under way, and how long it may still take. */
export class PendingCall {
  readonly method: string
  readonly listener: CallListener
  readonly own: boolean
  sent: Sent | undefined
  /** The listener asked to pause. */
  paused = false
  readonly #options: PendingCallOptions
  readonly #endsAtMs: number
  /** Open questions of the server: while there is one, the call waits for a person and not for the server. */
  #questions = 0
  #over = false
  #stopTimer: () => void = () => undefined

  constructor(options: PendingCallOptions) {
    this.#options = options
    this.method = options.method
    this.listener = options.listener
    this.own = options.own
    this.#endsAtMs = options.clock.monotonicMs() + options.limits.callMsMax
  }

  /** The time without a sign of the server begins anew. */
  wait(timeoutMs = this.#options.limits.answerTimeoutMs): void {
    if (this.#over) return
    this.#stopTimer()
    const { clock } = this.#options
    const left = this.#endsAtMs - clock.monotonicMs()
    const patienceMs = this.#questions > 0 ? questionMsMax : timeoutMs
    this.#stopTimer = clock.after(Math.min(patienceMs, left), () => this.#options.expired())
  }

  questionPut(): void {
    this.#questions += 1
    this.wait()
  }

  questionOver(): void {
    this.#questions -= 1
    this.wait()
  }

  stop(): void {
    this.#over = true
    this.#stopTimer()
  }
}
