import { Fault } from '@ambit/core/fault'
import type { Dispatcher } from 'undici'
import { jittered } from '../kernel/breaker.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Roll } from '../kernel/roll.ts'
import type { UpstreamExchange, UpstreamHandler, UpstreamHeaders, UpstreamRequest } from './upstream.ts'

export interface ExchangeLimits {
  readonly connectTimeoutMs: number
  readonly headerBytesMax: number
  /** Of the whole answer. */
  readonly bytesMax: number
  readonly streamMsMax: number
  readonly pausedMsMax: number
  /** Before a request that did not arrive is sent once more. */
  readonly repeatMs: number
}

export interface ExchangeParts {
  readonly clock: Clock
  readonly log: Log
  readonly limits: ExchangeLimits
  readonly underWay: Roll<Exchange>
  /** May throw. */
  dispatch(request: UpstreamRequest, headTimeoutMs: number, exchange: Exchange): void
}

/** One request and its answer, held to the limits. Times are looked at by a sweep, so that no call needs timers of its own. */
export class Exchange implements Dispatcher.DispatchHandler, UpstreamExchange {
  place = -1
  readonly #parts: ExchangeParts
  readonly #request: UpstreamRequest
  readonly #handler: UpstreamHandler
  readonly #startedMs: number
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #sent = false
  #repeated = false
  #stopRepeat: (() => void) | undefined
  #headMs = 0
  #streams = false
  #pausedMs = 0
  #bytes = 0

  constructor(request: UpstreamRequest, handler: UpstreamHandler, parts: ExchangeParts) {
    this.#request = request
    this.#handler = handler
    this.#parts = parts
    this.#startedMs = parts.clock.monotonicMs()
  }

  begin(): void {
    this.#parts.underWay.add(this)
    this.#dispatch(this.#request.headTimeoutMs)
  }

  #dispatch(headTimeoutMs: number): void {
    try {
      this.#parts.dispatch(this.#request, headTimeoutMs, this)
    } catch (error) {
      this.#fail(error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Once a connection took the request, it may have reached the target whatever happens next.
    this.#sent = true
    if (this.#over) abortQuietly(controller)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHeaders,
  ): void {
    if (this.#over || status < 200) return
    this.#headMs = this.#parts.clock.monotonicMs()
    const type = headers['content-type']
    this.#streams = typeof type === 'string' && type.startsWith('text/event-stream')
    try {
      this.#handler.head(status, headers)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#bytes += chunk.length
    const { bytesMax } = this.#parts.limits
    if (this.#bytes > bytesMax) {
      this.#stop(new Fault('upstream.too-large', { detail: `its answer is larger than ${bytesMax} bytes` }))
      return
    }
    try {
      if (!this.#handler.data(chunk) && !this.#over) this.#pause(controller)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseEnd(): void {
    if (!this.#end()) return
    try {
      this.#handler.end()
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  abort(): void {
    if (this.#end()) abortQuietly(this.#controller)
  }

  resume(): void {
    this.#pausedMs = 0
    if (!this.#over && this.#controller?.paused === true) this.#controller.resume()
  }

  /** Ends what took too long as a whole; the silence between two pieces is watched by the connection. */
  sweep(nowMs: number): void {
    const { limits } = this.#parts
    const { headTimeoutMs } = this.#request
    if (this.#headMs === 0) {
      // Beyond the connection's own time-outs: an upstream that goes on sending 1xx answers.
      if (nowMs - this.#startedMs > headTimeoutMs + 2 * limits.connectTimeoutMs) this.#stop(slow(silent))
    } else if (!this.#streams) {
      if (nowMs - this.#headMs > headTimeoutMs) this.#stop(slow('its answer was not complete in time'))
    } else if (nowMs - this.#headMs > limits.streamMsMax) {
      this.#stop(slow(`its stream was open for longer than ${limits.streamMsMax} ms`))
    } else if (this.#pausedMs !== 0 && nowMs - this.#pausedMs > limits.pausedMsMax) {
      const detail = `the caller read nothing of its stream for ${limits.pausedMsMax} ms`
      this.#stop(new Fault('act.cancelled', { detail }))
    }
  }

  #pause(controller: Dispatcher.DispatchController): void {
    controller.pause()
    this.#pausedMs = this.#parts.clock.monotonicMs()
  }

  /** False when it was over before. */
  #end(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#stopRepeat?.()
    this.#parts.underWay.remove(this)
    return true
  }

  #stop(fault: Fault): void {
    if (!this.#end()) return
    abortQuietly(this.#controller)
    this.#tell(fault, this.#sent)
  }

  #fail(error: unknown): void {
    if (this.#over || this.#repeat(error) || !this.#end()) return
    this.#tell(faultOf(error, this.#headMs > 0, this.#parts.limits), this.#sent)
  }

  /** Sends it once more where that is safe and time is left. */
  #repeat(error: unknown): boolean {
    const { repeat, headTimeoutMs } = this.#request
    if (repeat === undefined || this.#repeated || ownFault(error) !== undefined) return false
    const arrived = repeat === 'unanswered' ? this.#headMs > 0 || isTimeout(error) : this.#sent
    if (arrived) return false
    const { clock, limits } = this.#parts
    const waitMs = jittered(limits.repeatMs, clock)
    const leftMs = Math.floor(headTimeoutMs - (clock.monotonicMs() - this.#startedMs) - waitMs)
    if (leftMs <= 0) return false
    this.#repeated = true
    this.#controller = undefined
    this.#stopRepeat = clock.after(waitMs, () => {
      this.#stopRepeat = undefined
      this.#dispatch(leftMs)
    })
    return true
  }

  /** A handler that throws is told so as any other failure, and its connection is closed: no act stays under way for it. */
  #broken(error: unknown): void {
    this.#end()
    this.#parts.log.error('upstream.handler-failed', { error: String(error) })
    abortQuietly(this.#controller)
    this.#tell(new Fault('internal', { detail: 'the answer could not be taken', cause: error }), true)
  }

  #tell(fault: Fault, sent: boolean): void {
    try {
      this.#handler.error(fault, sent)
    } catch (error) {
      this.#parts.log.error('upstream.handler-failed', { error: String(error) })
    }
  }
}

const silent = 'it did not answer in time'

function slow(detail: string): Fault {
  return new Fault('upstream.timeout', { detail })
}

/** One for all: nobody looks at it, and a recall aborts a thousand calls at once. */
const aborted = new Error('aborted')

/** Closing makes errors that nobody reads; without their stacks it costs a fifth less, which a recall of many calls shows. */
function abortQuietly(controller: Dispatcher.DispatchController | undefined): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    controller?.abort(aborted)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** What this node itself said: an address that may not be called. */
function ownFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error
  return error instanceof Error && error.cause instanceof Fault ? error.cause : undefined
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : 'unknown'
}

function isTimeout(error: unknown): boolean {
  return codeOf(error).endsWith('_TIMEOUT')
}

function faultOf(error: unknown, answering: boolean, limits: ExchangeLimits): Fault {
  const own = ownFault(error)
  if (own !== undefined) return own
  const code = codeOf(error)
  if (isTimeout(error)) {
    const detail = answering ? 'its answer stopped and did not go on in time' : silent
    return new Fault('upstream.timeout', { detail, cause: error })
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    const detail = `the headers of its answer are larger than ${limits.headerBytesMax} bytes`
    return new Fault('upstream.too-large', { detail, cause: error })
  }
  const unreadable = error instanceof Error && error.name === 'HTTPParserError'
  if (unreadable || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new Fault('upstream.invalid', { detail: `its answer is not HTTP (${code})`, cause: error })
  }
  const detail = answering
    ? `the connection broke off in its answer (${code})`
    : `the connection failed (${code})`
  return new Fault('upstream.unreachable', { detail, cause: error })
}
