import { Fault } from '@ambit/core/fault'
import { isObject, notificationMessage, readMessage, requestMessage } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcError, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, notifications } from '@ambit/core/wire/mcp/methods'
import type { Clock } from '../../../kernel/clock.ts'
import { IdRing } from '../../../kernel/id-ring.ts'
import { Listeners } from './listeners.ts'
import { declineAll, ServerQuestions } from './server-questions.ts'
import type { Ask } from './server-questions.ts'

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

interface Pending {
  readonly listener: CallListener
  readonly method: string
  readonly endsAtMs: number
  sent: Sent | undefined
  stopTimer: () => void
  paused: boolean
  /** Open questions of the server: while there is one, the call waits for a person and not for the server. */
  questions: number
}

/** How long a person may take to answer a question. */
const questionMsMax = 600_000

/**
 * One JSON-RPC session with an upstream server, over HTTP or pipes: own ids, progress, cancellation, time-outs, and
 * the server's own requests, which go to the caller of the call they came with.
 */
export class Session {
  readonly #transport: SessionTransport
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #pending = new IdRing<Pending>()
  readonly #questions: ServerQuestions
  readonly #listeners: Listeners
  #level: string | undefined
  /** The negotiated version, once there is one. */
  version = 'unknown'
  /** Members that every request's `_meta` must carry (2026-07-28); empty in the older eras. */
  meta: JsonObject = {}

  constructor(transport: SessionTransport, clock: Clock, limits: SessionLimits) {
    this.#transport = transport
    this.#clock = clock
    this.#limits = limits
    this.#listeners = new Listeners((lost, settled) => transport.listen(lost, settled))
    this.#questions = new ServerQuestions((message) => void transport.send(message, () => undefined))
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
      questions: 0,
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
      this.call(method, params, { note: () => true, ask: declineAll, end: resolve }, options)
    })
  }

  /** Hears what the server says unasked, such as a changed resource; `lost` is called once when nothing can come any more. */
  listen(note: (method: string, params: JsonObject) => void, lost: (fault: Fault) => void): () => void {
    return this.#listeners.add(note, lost)
  }

  /** Resolves when the way for what the server says unasked stands, it is known that there is none, or it takes too long. */
  async listening(patienceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#clock.after(patienceMs, resolve)
    await Promise.race([this.#listeners.settled, promise])
    stop()
  }

  /** Tells the server from which level on its log messages are wanted, when that changed. */
  async setLogLevel(level: string): Promise<void> {
    if (this.#level === level) return
    this.#level = level
    // A server without a log of its own refuses; the call itself goes on.
    await this.settle(methods.setLevel, { level })
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
        this.#asked(read.message.id, read.message.method, read.message.params ?? {}, from)
        break
      case 'invalid':
        if (from !== undefined) this.#end(from, invalidEnd(read.what), false)
    }
    return true
  }

  /** The server let the stream of a request go; the rest comes later. */
  paused(message: JsonRpcMessage): void {
    if ('id' in message && typeof message.id === 'number') this.#pending.get(message.id)?.listener.paused?.()
  }

  /** Ends every call: the transport is gone. */
  fail(fault: Fault): void {
    for (const id of this.#pending.ids()) this.#end(id, { type: 'failed', fault, sessionLost: false }, true)
    this.#listeners.fail(fault)
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
    if (method === notifications.message || method === notifications.elicitationComplete) {
      const call = from ?? this.#newest()
      return call === undefined || this.#note(call, 'message', notificationMessage(method, params))
    }
    if (method === notifications.cancelled) this.#questions.cancel(params['requestId'])
    else this.#listeners.note(method, params)
    return true
  }

  /** Over pipes a message does not say which call it belongs to: then it is the one that began last. */
  #newest(): number | undefined {
    const ids = this.#pending.ids()
    return ids.length === 0 ? undefined : Math.max(...ids)
  }

  #note(id: number, type: 'progress' | 'message', value: unknown): boolean {
    const pending = this.#pending.get(id)
    // A paused listener misses notes where the transport cannot pause for one call alone: progress may be dropped.
    if (pending === undefined || pending.paused) return true
    this.#arm(id, pending, pending.questions > 0 ? questionMsMax : this.#limits.answerTimeoutMs)
    pending.paused = !pending.listener.note(type, value)
    return !pending.paused
  }

  #asked(id: JsonRpcId, method: string, params: JsonObject, from: number | undefined): void {
    const call = from ?? this.#newest()
    const pending = call === undefined ? undefined : this.#pending.get(call)
    this.#questions.take(id, method, params, pending && ((...asked) => this.#put(call!, pending, asked)))
  }

  /** While a person is being asked, the server may stay silent. */
  #put(call: number, pending: Pending, [capability, params, answered]: Parameters<Ask>): () => void {
    pending.questions += 1
    this.#arm(call, pending, questionMsMax)
    return pending.listener.ask(capability, params, (answer) => {
      pending.questions -= 1
      if (this.#pending.get(call) === pending) this.#arm(call, pending, this.#limits.answerTimeoutMs)
      answered(answer)
    })
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
