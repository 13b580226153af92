import { Fault } from '@ambit/core/fault'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import {
  isObject,
  notificationMessage,
  readMessage,
  requestMessage,
  resultResponse,
} from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcError, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, notifications } from '@ambit/core/wire/mcp/methods'
import type { Clock } from '../../../kernel/clock.ts'
import { IdRing } from '../../../kernel/id-ring.ts'

/** Carries the messages of one session: HTTP exchanges with one session id, or the pipes of a child. */
export interface SessionTransport {
  /** Sends one message. `failed` is called when no answer to it can come any more; harmless after the answer. */
  send(message: JsonRpcMessage, failed: (failure: SendFailure) => void): Sent
  /** Ends the session politely; resolves when nothing of it is left. */
  close(): Promise<void>
}

export interface Sent {
  /** The answer is here, or nobody waits for it any more. */
  done(aborted: boolean): void
  resume(): void
}

export interface SendFailure {
  readonly fault: Fault
  /** The upstream surely did not execute the request, because it does not know the session any more. */
  readonly sessionLost: boolean
}

/** How a call ended. */
export type CallEnd =
  | { readonly type: 'result'; readonly result: JsonObject }
  | { readonly type: 'error'; readonly error: JsonRpcError }
  | ({ readonly type: 'failed' } & SendFailure)

export interface CallListener {
  /** Progress, or a log message that belongs to this call. False asks to pause. */
  note(type: 'progress' | 'message', value: JsonObject): boolean
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

interface Pending {
  readonly listener: CallListener
  readonly method: string
  readonly endsAtMs: number
  sent: Sent | undefined
  stopTimer: () => void
  paused: boolean
}

/** Requests of an upstream answered at once; more than this in one session looks like a flood. */
const upstreamRequestsMax = 10_000

/**
 * One JSON-RPC session with an upstream server, over HTTP or pipes: own ids, progress, cancellation, time-outs, and
 * answers to the server's own requests (`ping`; everything else is declined, because no capability was declared).
 */
export class Session {
  readonly #transport: SessionTransport
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #pending = new IdRing<Pending>()
  #upstreamRequests = 0
  /** Members that every request's `_meta` must carry (2026-07-28); empty in the older eras. */
  meta: JsonObject = {}

  constructor(transport: SessionTransport, clock: Clock, limits: SessionLimits) {
    this.#transport = transport
    this.#clock = clock
    this.#limits = limits
  }

  get pending(): number {
    return this.#pending.size
  }

  call(
    method: string,
    params: JsonObject,
    listener: CallListener,
    options: { readonly progress?: boolean; readonly timeoutMs?: number } = {},
  ): Call {
    const pending: Pending = {
      listener,
      method,
      endsAtMs: this.#clock.monotonicMs() + this.#limits.callMsMax,
      sent: undefined,
      stopTimer: () => undefined,
      paused: false,
    }
    const id = this.#pending.add(pending)
    this.#arm(id, pending, options.timeoutMs ?? this.#limits.answerTimeoutMs)
    const message = requestMessage(
      id,
      method,
      this.#withMeta(params, options.progress === true ? id : undefined),
    )
    const sent = this.#transport.send(message, (failure) =>
      this.#end(id, { type: 'failed', ...failure }, true),
    )
    pending.sent = sent
    // A transport may fail, or a child answer, before `send` returned.
    if (this.#pending.get(id) === undefined) sent.done(true)
    return {
      cancel: (reason) => this.#giveUp(id, reason),
      resume: () => {
        pending.paused = false
        pending.sent?.resume()
      },
    }
  }

  /** One request and its result; throws a Fault for anything else. The server's own words stay out of it. */
  async ask(method: string, params: JsonObject, timeoutMs?: number): Promise<JsonObject> {
    const end = await this.settle(method, params, timeoutMs)
    if (end.type === 'result') return end.result
    if (end.type === 'failed') throw end.fault
    throw new Fault('upstream.invalid', {
      detail: `it answered \`${method}\` with error ${end.error.code}`,
      extra: { upstreamCode: end.error.code },
    })
  }

  /** One request and how it ended. */
  async settle(method: string, params: JsonObject, timeoutMs?: number): Promise<CallEnd> {
    return await new Promise((resolve) => {
      const options = timeoutMs === undefined ? {} : { timeoutMs }
      this.call(method, params, { note: () => true, end: resolve }, options)
    })
  }

  notify(method: string, params?: JsonObject): void {
    this.#transport.send(notificationMessage(method, params), () => undefined)
  }

  /**
   * Takes what the upstream sent. `from` is the id of the request in whose own stream it came, where there is one: then
   * it can answer that request only. False asks to pause that stream.
   */
  receive(value: unknown, from?: number): boolean {
    const read = readMessage(value)
    switch (read.form) {
      case 'result':
        this.#answer(read.message.id, from, { type: 'result', result: read.message.result })
        break
      case 'error':
        this.#answer(read.message.id, from, { type: 'error', error: read.message.error })
        break
      case 'notification':
        return this.#notified(read.message.method, read.message.params ?? {}, from)
      case 'request':
        this.#decline(read.message.id, read.message.method)
        break
      case 'invalid':
        if (from !== undefined) this.#end(from, invalidEnd(read.what), false)
    }
    return true
  }

  /** Ends every call: the transport is gone. */
  fail(fault: Fault): void {
    for (const id of this.#pending.ids()) this.#end(id, { type: 'failed', fault, sessionLost: false }, true)
  }

  async close(): Promise<void> {
    this.fail(new Fault('upstream.unreachable', { detail: 'the session with it was closed' }))
    await this.#transport.close()
  }

  #withMeta(params: JsonObject, progressToken: number | undefined): JsonObject {
    const own = isObject(params['_meta']) ? params['_meta'] : {}
    const meta = {
      ...own,
      ...this.meta,
      ...(progressToken === undefined ? {} : { [metaKeys.progressToken]: progressToken }),
    }
    return Object.keys(meta).length === 0 ? params : { ...params, _meta: meta }
  }

  #answer(id: unknown, from: number | undefined, end: CallEnd): void {
    if (typeof id !== 'number' || (from !== undefined && id !== from)) return
    this.#end(id, end, false)
  }

  #notified(method: string, params: JsonObject, from: number | undefined): boolean {
    const token = params[metaKeys.progressToken]
    if (method === notifications.progress && typeof token === 'number') {
      if (from !== undefined && token !== from) return true
      return this.#note(token, 'progress', withoutToken(params))
    }
    if (method === notifications.message && from !== undefined) return this.#note(from, 'message', params)
    return true
  }

  #note(id: number, type: 'progress' | 'message', value: JsonObject): boolean {
    const pending = this.#pending.get(id)
    // A paused listener misses notes where the transport cannot pause for one call alone: progress may be dropped.
    if (pending === undefined || pending.paused) return true
    this.#arm(id, pending, this.#limits.answerTimeoutMs)
    pending.paused = !pending.listener.note(type, value)
    return !pending.paused
  }

  #decline(id: string | number, method: string): void {
    this.#upstreamRequests += 1
    if (this.#upstreamRequests > upstreamRequestsMax) return
    const answer =
      method === methods.ping
        ? resultResponse(id, {})
        : errorResponse(id, errorCodes.methodNotFound, 'this client takes no such request')
    this.#transport.send(answer, () => undefined)
  }

  #arm(id: number, pending: Pending, timeoutMs: number): void {
    pending.stopTimer()
    const left = pending.endsAtMs - this.#clock.monotonicMs()
    pending.stopTimer = this.#clock.after(Math.min(timeoutMs, left), () => {
      const fault = new Fault('upstream.timeout', {
        detail: 'it did not answer in time; whether it did what was asked is not known',
      })
      this.#giveUp(id, 'it took too long')
      pending.listener.end({ type: 'failed', fault, sessionLost: false })
    })
  }

  #giveUp(id: number, reason: string): void {
    const pending = this.#take(id)
    if (pending === undefined) return
    // `initialize` must not be cancelled (2025-11-25 basic/utilities/cancellation).
    if (pending.method !== methods.initialize) this.notify(notifications.cancelled, { requestId: id, reason })
    pending.sent?.done(true)
  }

  #end(id: number, end: CallEnd, aborted: boolean): void {
    const pending = this.#take(id)
    if (pending === undefined) return
    pending.sent?.done(aborted)
    pending.listener.end(end)
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.take(id)
    pending?.stopTimer()
    return pending
  }
}

function withoutToken(params: JsonObject): JsonObject {
  const { [metaKeys.progressToken]: _token, ...rest } = params
  return rest
}

function invalidEnd(what: string): CallEnd {
  return {
    type: 'failed',
    fault: new Fault('upstream.invalid', { detail: `its answer is not a JSON-RPC message: ${what}` }),
    sessionLost: false,
  }
}
