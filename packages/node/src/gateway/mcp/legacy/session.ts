import { Fault } from '@ambit/core/fault'
import { isObject, notificationMessage, readMessage, requestMessage } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, notifications } from '@ambit/core/wire/mcp/methods'
import type { Clock } from '../../../kernel/clock.ts'
import { IdRing } from '../../../kernel/id-ring.ts'
import { FollowedResources } from './followed-resources.ts'
import { Listeners } from './listeners.ts'
import { isLogLevel, isWanted } from './log-level.ts'
import { PendingCall } from './pending-call.ts'
import type { Call, CallEnd, CallListener, SessionLimits } from './pending-call.ts'
import { declineAll, ServerQuestions } from './server-questions.ts'
import type { Ask } from './server-questions.ts'
import type { SessionTransport } from './session-transport.ts'

/** A server without a log of its own may leave the request for a level unanswered; the call itself goes on. */
const setLevelMs = 5000
/** A server may give no sign of the way for what it says unasked before it has something to say there. */
const listeningMs = 500
/** Patience with a server that takes a notification and does not say so. */
const deliveryMs = 2000

/**
 * One JSON-RPC session with an upstream server, over HTTP or pipes: own ids, progress, cancellation, time-outs, and
 * the server's own requests, which go to the caller of the call they came with.
 */
export class Session {
  readonly #transport: SessionTransport
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #pending = new IdRing<PendingCall>()
  readonly #questions: ServerQuestions
  readonly #listeners: Listeners
  readonly followed = new FollowedResources(async (method, params) => await this.settle(method, params))
  #level: string | undefined
  /** Why nothing can be said in it any more. */
  #gone: Fault | undefined
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

  /** The way for what the server says unasked is open, as far as the server offers one. */
  get isListening(): boolean {
    return this.#listeners.isOpen
  }

  call(
    method: string,
    params: JsonObject,
    listener: CallListener,
    options: { readonly progress?: boolean; readonly timeoutMs?: number; readonly own?: boolean } = {},
  ): Call {
    const pending: PendingCall = new PendingCall({
      method,
      listener,
      own: options.own === true,
      clock: this.#clock,
      limits: this.#limits,
      expired: () => this.#expired(id, pending),
    })
    const id = this.#pending.add(pending)
    pending.wait(options.timeoutMs)
    const call = {
      cancel: (reason: string) => this.#giveUp(id, reason),
      resume: () => {
        pending.paused = false
        pending.sent?.resume()
      },
    }
    if (this.#gone !== undefined) {
      this.#end(id, { type: 'failed', fault: this.#gone, sessionLost: 'unexecuted' }, true)
      return call
    }
    const whole = this.#withMeta(params, options.progress === true ? id : undefined)
    const sent = this.#transport.send(requestMessage(id, method, whole), (failure) =>
      this.#end(id, { type: 'failed', ...failure }, true),
    )
    pending.sent = sent
    // What the node asks on its own account has no caller who could answer.
    if (options.own !== true) this.#questions.callBegan((...asked) => this.#put(pending, asked))
    // A transport may fail, or a child answer, before `send` returned.
    if (this.#pending.get(id) === undefined) sent.done(true)
    return call
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

  /** One request of the node itself and how it ended. */
  async settle(method: string, params: JsonObject, timeoutMs?: number): Promise<CallEnd> {
    return await new Promise((resolve) => {
      const options = { own: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
      this.call(method, params, { note: () => true, ask: declineAll, end: resolve }, options)
    })
  }

  /** Hears what the server says unasked, such as a changed resource; `lost` is called once when nothing can come any more. */
  listen(note: (method: string, params: JsonObject) => void, lost: (fault: Fault) => void): () => void {
    return this.#listeners.add(note, lost)
  }

  /** Resolves when the way for what the server says unasked stands, it is known that there is none, or it takes too long. */
  async listening(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#clock.after(listeningMs, resolve)
    await Promise.race([this.#listeners.settled, promise])
    stop()
  }

  /**
   * Tells the server from which level on log messages are wanted. Several clients of one holder share a session, so the
   * server is asked for the mildest level that any of them wants, and each client gets its own part of it.
   */
  async setLogLevel(level: string): Promise<void> {
    if (!isLogLevel(level) || (this.#level !== undefined && isWanted(level, this.#level))) return
    this.#level = level
    await this.settle(methods.setLevel, { level }, setLevelMs)
  }

  notify(method: string, params?: JsonObject): void {
    this.#transport.send(notificationMessage(method, params), () => undefined)
  }

  /** As `notify`, for what the server must have taken before anything else is said. */
  async deliver(method: string): Promise<void> {
    const sent = this.#transport.send(notificationMessage(method), () => undefined)
    if (sent.delivered === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#clock.after(deliveryMs, resolve)
    await Promise.race([sent.delivered(), promise])
    stop()
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
    this.#gone ??= fault
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
      return this.#note(token, 'progress', withoutToken(params), from !== undefined)
    }
    if (method === notifications.message || method === notifications.elicitationComplete) {
      const call = from ?? this.#newest()
      const message = notificationMessage(method, params)
      return call === undefined || this.#note(call, 'message', message, from !== undefined)
    }
    if (method === notifications.cancelled) this.#questions.cancel(params['requestId'])
    else this.#listeners.note(method, params)
    return true
  }

  /** Over pipes a message does not say which call it belongs to: then it is the one that began last. */
  #newest(): number | undefined {
    const ids = this.#pending.ids().filter((id) => this.#pending.get(id)?.own === false)
    return ids.length === 0 ? undefined : Math.max(...ids)
  }

  #note(id: number, type: 'progress' | 'message', value: unknown, own: boolean): boolean {
    const pending = this.#pending.get(id)
    // Where the transport cannot pause for one call alone, a paused listener misses notes: progress may be dropped.
    if (pending === undefined || (pending.paused && !own)) return true
    pending.wait()
    pending.paused = !pending.listener.note(type, value)
    return !pending.paused
  }

  #asked(id: JsonRpcId, method: string, params: JsonObject, from: number | undefined): void {
    const call = from ?? this.#newest()
    const pending = call === undefined ? undefined : this.#pending.get(call)
    // What comes on the stream of a call that is over belongs to nobody; what comes by itself, to the next call.
    const waits = from === undefined
    this.#questions.take(id, method, params, pending && ((...asked) => this.#put(pending, asked)), waits)
  }

  /** While a person is being asked, the server may stay silent. */
  #put(pending: PendingCall, [capability, params, answered]: Parameters<Ask>): () => void {
    pending.questionPut()
    return pending.listener.ask(capability, params, (answer) => {
      pending.questionOver()
      answered(answer)
    })
  }

  #expired(id: number, pending: PendingCall): void {
    const fault = new Fault('upstream.timeout', {
      detail: 'it did not answer in time; whether it did what was asked is not known',
    })
    this.#giveUp(id, 'it took too long')
    pending.listener.end({ type: 'failed', fault, sessionLost: false })
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

  #take(id: number): PendingCall | undefined {
    const pending = this.#pending.take(id)
    pending?.stop()
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
