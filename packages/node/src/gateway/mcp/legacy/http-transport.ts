import { Fault } from '@ambit/core/fault'
import type { JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { mcpHeaders, methods } from '@ambit/core/wire/mcp/methods'
import type { Clock } from '../../../kernel/clock.ts'
import { Roll } from '../../../kernel/roll.ts'
import type { Upstream } from '../../../net/upstream.ts'
import { HttpExchange } from './http-exchange.ts'
import { ServerStream } from './server-stream.ts'
import type { SendFailure, Sent, SessionTransport } from './session-transport.ts'

/** A session id is visible ASCII (2025-11-25 basic/transports); longer ones than this are not taken. */
const sessionIdForm = /^[\x21-\x7e]{1,2048}$/
/** Answers to a server's own requests on their way at once; a server that asks more than it takes is answered no more. */
const answersMax = 512
/** Patience with the answer to a DELETE, which nobody needs. */
const goodbyeMs = 2000

export interface HttpTransportOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly url: URL
  /** As the session's own, for the socket. */
  readonly answerTimeoutMs: number
}

/**
 * A session over streamable HTTP: each message is a POST, each answer is JSON or a stream of events. The session id
 * and the version of the eras before 2026-07-28 are kept here.
 */
export class HttpTransport implements SessionTransport {
  readonly #options: HttpTransportOptions
  readonly #exchanges = new Roll<HttpExchange>()
  /** Takes what the upstream sent; set before the first `send`. */
  receive: (value: unknown, from: number | undefined) => boolean = () => true
  /** The server let the stream of that request go while it works on. */
  paused: (message: JsonRpcMessage) => void = () => undefined
  /** Credentials, names and values in turn, for every message. */
  headers: readonly string[] = []
  /** The negotiated version, once there is one. */
  version: string | undefined
  /** 2026-07-28 names the method in a header. */
  modern = false
  #sessionId: string | undefined
  #answers = 0

  constructor(options: HttpTransportOptions) {
    this.#options = options
  }

  send(message: JsonRpcMessage, failed: (failure: SendFailure) => void): Sent {
    const method = 'method' in message ? message.method : undefined
    const opensSession = method === methods.initialize
    const isAnswer = method === undefined
    if (isAnswer && this.#answers >= answersMax) return dropped
    const exchange = new HttpExchange({
      upstream: this.#options.upstream,
      clock: this.#options.clock,
      url: this.#options.url,
      timeoutMs: this.#options.answerTimeoutMs,
      id: method !== undefined && 'id' in message ? (message.id as number) : undefined,
      hasSession: this.#sessionId !== undefined && !opensSession,
      headers: () => this.#headers(method, opensSession),
      receive: (value, from) => this.receive(value, from),
      failed,
      paused: () => this.paused(message),
      head: (headers) => {
        if (opensSession) this.#takeSessionId(headers[mcpHeaders.sessionId])
      },
      over: () => {
        this.#exchanges.remove(exchange)
        if (isAnswer) this.#answers -= 1
      },
    })
    this.#exchanges.add(exchange)
    if (isAnswer) this.#answers += 1
    exchange.post(JSON.stringify(message))
    return exchange
  }

  listen(lost: (fault: Fault) => void, settled: () => void): () => void {
    const stream = new ServerStream({
      upstream: this.#options.upstream,
      clock: this.#options.clock,
      url: this.#options.url,
      headers: () => this.#sessionHeaders(),
      hasSession: this.#sessionId !== undefined,
      receive: (value) => this.receive(value, undefined),
      settled,
      lost,
    })
    stream.open()
    return () => stream.close()
  }

  async close(): Promise<void> {
    for (const exchange of this.#exchanges) exchange.done(true)
    if (this.#sessionId === undefined) return
    const headers = this.#headers(undefined, false)
    this.#sessionId = undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#options.clock.after(goodbyeMs, resolve)
    const goodbye = this.#options.upstream.send(
      {
        url: this.#options.url,
        method: 'DELETE',
        headers,
        body: null,
        headTimeoutMs: goodbyeMs,
        idleTimeoutMs: goodbyeMs,
      },
      { head: () => undefined, data: () => true, end: resolve, error: () => resolve() },
    )
    await promise
    stop()
    goodbye.abort()
  }

  #headers(method: string | undefined, opensSession: boolean): string[] {
    const headers = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream']
    if (this.modern && method !== undefined) headers.push(mcpHeaders.method, method)
    return [...headers, ...this.#sessionHeaders(opensSession)]
  }

  #sessionHeaders(opensSession = false): string[] {
    const headers: string[] = []
    if (this.version !== undefined) headers.push(mcpHeaders.protocolVersion, this.version)
    if (this.#sessionId !== undefined && !opensSession) headers.push(mcpHeaders.sessionId, this.#sessionId)
    headers.push(...this.headers)
    return headers
  }

  #takeSessionId(value: string | string[] | undefined): void {
    if (value === undefined) return
    if (typeof value !== 'string' || !sessionIdForm.test(value))
      throw new Fault('upstream.invalid', {
        detail: 'its session id is not of the form the protocol asks for',
      })
    this.#sessionId = value
  }
}

const dropped: Sent = { done: () => undefined, resume: () => undefined }
