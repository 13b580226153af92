import type { Fault } from '@ambit/core/fault'
import type { JsonRpcMessage } from '@ambit/core/wire/mcp/message'

/** Carries the messages of one session: HTTP exchanges with one session id, or the pipes of a child. */
export interface SessionTransport {
  /** Sends one message. `failed` is called when no answer to it can come any more; harmless after the answer. */
  send(message: JsonRpcMessage, failed: (failure: SendFailure) => void): Sent
  /**
   * Opens the way for what the server says unasked, where it needs one. `settled`: it stands, or the server offers none;
   * `lost`: nothing can come any more.
   */
  listen(lost: (fault: Fault) => void, settled: () => void): () => void
  /** Ends the session politely; resolves when nothing of it is left. */
  close(): Promise<void>
}

export interface Sent {
  /** The answer is here, or nobody waits for it any more. */
  done(aborted: boolean): void
  resume(): void
  /** Resolves when the server has taken the message, or never will. Left out where messages keep their order by nature. */
  delivered?(): Promise<void>
}

export interface SendFailure {
  readonly fault: Fault
  /**
   * The upstream does not know the session any more (false: it does, as far as is known). The request then was
   * `unexecuted` for certain; or `perhaps` so, because the upstream says it only in words of its own; or it was
   * `in-course` already, and what became of it is not known.
   */
  readonly sessionLost: false | 'unexecuted' | 'perhaps' | 'in-course'
}
