import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject, readMessage } from '@ambit/core/wire/mcp/message'
import { SseReader } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'
import { limits } from '../../../kernel/limits.ts'
import { unavailableFault } from '../../../net/unavailable.ts'
import type { Upstream, UpstreamExchange, UpstreamHeaders } from '../../../net/upstream.ts'
import { challengeIn } from '../../../signin/signin.ts'
import type { Challenge } from '../../../signin/signin.ts'
import type { SendFailure, Sent } from './session-transport.ts'
import { parseForeign } from '../foreign-json.ts'

/** Bytes of all events of one call: several large answers, and far less than would fill a memory. */
const streamBytesMax = 4 * limits.answerBytesMax
/** An error's body is read for its JSON-RPC error and no more. */
const errorBytesMax = 64 * 1024
/** A stream that was cut off is taken up again this often; a server that polls by design needs a few dozen. */
const resumptionsMax = 100
/** Pause before taking a stream up again: what the server asked for, within these. */
const pauseMs = { default: 1000, min: 100, max: 30_000 } as const

export interface HttpExchangeOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly url: URL
  readonly timeoutMs: number
  /** Id of the request that is sent; undefined for a notification or an answer. */
  readonly id: number | undefined
  readonly hasSession: boolean
  headers(): readonly string[]
  receive(value: unknown, from: number | undefined): boolean
  failed(failure: SendFailure): void
  /** The server let the stream of the request go; it is taken up again. */
  paused(): void
  /** Called once with the head of the answer; a Fault it throws fails the request. */
  head(headers: UpstreamHeaders): void
  over(): void
}

type Mode = 'discard' | 'json' | 'events' | 'error'

/** One message sent by HTTP and what comes back, a stream taken up again by its last event id included (2025-11-25). */
export class HttpExchange implements Sent {
  place = -1
  readonly #options: HttpExchangeOptions
  #upstreamExchange: UpstreamExchange | undefined
  #reader = new SseReader()
  /** What the server last asked for as the pause before its stream is taken up again. */
  #retryMs: number | undefined
  #mode: Mode = 'discard'
  #status = 0
  #challenge: Challenge | undefined
  #chunks: Buffer[] = []
  #bytes = 0
  #lastEventId: string | undefined
  #resumptions = 0
  #stopPause: () => void = () => undefined
  #done = false
  #over = false
  #whenOver: (() => void) | undefined

  constructor(options: HttpExchangeOptions) {
    this.#options = options
  }

  post(body: string): void {
    this.#send('POST', body, this.#options.headers())
  }

  done(aborted: boolean): void {
    this.#done = true
    this.#stopPause()
    // After the answer the end of the body is awaited, so that the connection can serve the next call.
    if (aborted) this.#finish(true)
  }

  resume(): void {
    this.#upstreamExchange?.resume()
  }

  async delivered(): Promise<void> {
    if (this.#over) return
    await new Promise<void>((resolve) => (this.#whenOver = resolve))
  }

  #send(method: 'POST' | 'GET', body: string | null, headers: readonly string[]): void {
    this.#upstreamExchange = this.#options.upstream.send(
      {
        url: this.#options.url,
        method,
        headers,
        body,
        headTimeoutMs: this.#options.timeoutMs,
        idleTimeoutMs: this.#options.timeoutMs,
      },
      {
        head: (status, received) => this.#head(status, received),
        data: (chunk) => this.#data(chunk),
        end: () => this.#end(),
        error: (fault) => this.#broken(fault),
      },
    )
    if (this.#over) this.#upstreamExchange.abort()
  }

  #head(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    this.#challenge = challengeIn(status, headers)
    this.#mode = modeOf(status, headers, this.#options.id !== undefined)
    try {
      if (status < 300) this.#options.head(headers)
    } catch (error) {
      this.#fail(Fault.from(error))
    }
  }

  #data(chunk: Buffer): boolean {
    if (this.#done) {
      // The answer is here and the server goes on talking: nobody listens.
      this.#finish(true)
      return true
    }
    this.#bytes += chunk.length
    if (this.#mode === 'events') return this.#readEvents(chunk)
    if (this.#mode === 'discard') return true
    const bytesMax = this.#mode === 'error' ? errorBytesMax : limits.answerBytesMax
    if (this.#bytes > bytesMax) this.#tooLarge(bytesMax)
    else this.#chunks.push(chunk)
    return true
  }

  #readEvents(chunk: Buffer): boolean {
    let goOn = true
    try {
      for (const event of this.#reader.read(chunk)) {
        if (event.id !== undefined && event.id !== '') this.#lastEventId = event.id
        if (event.data === '' || event.event !== 'message') continue
        const value = parseForeign(event.data)
        if (value === undefined) return this.#fail(invalid('an event of its stream is not JSON'))
        goOn = this.#options.receive(value, this.#options.id) && goOn
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return this.#tooLarge(limits.answerBytesMax)
    }
    if (this.#bytes > streamBytesMax) return this.#tooLarge(streamBytesMax)
    return goOn || this.#done
  }

  #end(): void {
    if (this.#done || this.#over) return this.#finish(false)
    switch (this.#mode) {
      case 'discard':
        if (this.#options.id !== undefined) this.#fail(invalid('there is no answer in its answer'))
        break
      case 'json':
        this.#whole()
        break
      case 'events':
        if (!this.#takeUpAgain()) this.#fail(invalid('its stream ended without an answer'))
        return
      case 'error':
        this.#refused()
        break
    }
    this.#finish(false)
  }

  #whole(): void {
    const value = parseForeign(Buffer.concat(this.#chunks).toString())
    if (value === undefined) return void this.#fail(invalid('its answer is not JSON'))
    this.#options.receive(value, this.#options.id)
    if (!this.#done) this.#fail(invalid('its answer does not carry the id of the request'))
  }

  /** An HTTP error status: with the request's own JSON-RPC error, a lost session, or just a failure. */
  #refused(): void {
    const { url, id } = this.#options
    const body = parseForeign(Buffer.concat(this.#chunks).toString())
    const read = readMessage(body)
    const own = read.form === 'error' && read.message.id === id ? read.message.error : undefined
    const sessionLost = this.#options.hasSession ? sessionLostBy(this.#status, body, own?.code) : false
    if (sessionLost === false && this.#status !== 401 && own !== undefined) {
      this.#options.receive(body, id)
      return
    }
    const fault = sessionLost === false ? statusFault(this.#status, url, this.#challenge) : lostFault(url)
    // What was taken before its stream broke off may have been done.
    const inCourse = sessionLost !== false && this.#resumptions > 0
    this.#options.failed({ fault, sessionLost: inCourse ? 'in-course' : sessionLost })
  }

  #broken(fault: Fault): void {
    if (this.#done || this.#over) return this.#finish(false)
    if (this.#mode === 'events' && fault.code !== 'upstream.timeout' && this.#takeUpAgain()) return
    this.#fail(fault)
  }

  /** Asks for the rest of a stream that was cut off; this never executes anything again. */
  #takeUpAgain(): boolean {
    const id = this.#lastEventId
    if (id === undefined || /[^\x20-\x7e]/.test(id) || this.#resumptions >= resumptionsMax) return false
    this.#resumptions += 1
    this.#options.paused()
    this.#retryMs = this.#reader.retryMs ?? this.#retryMs
    const asked = this.#retryMs ?? pauseMs.default
    this.#reader = new SseReader()
    this.#mode = 'discard'
    this.#stopPause = this.#options.clock.after(Math.max(pauseMs.min, Math.min(asked, pauseMs.max)), () => {
      this.#send('GET', null, [...this.#options.headers(), 'last-event-id', id])
    })
    return true
  }

  #tooLarge(bytesMax: number): true {
    return this.#fail(
      new Fault('upstream.too-large', {
        detail: `its answer is larger than ${bytesMax} bytes`,
        where: this.#options.url.host,
      }),
    )
  }

  #fail(fault: Fault): true {
    this.#done = true
    this.#finish(true)
    this.#options.failed({ fault, sessionLost: false })
    return true
  }

  #finish(abort: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#stopPause()
    if (abort) this.#upstreamExchange?.abort()
    this.#whenOver?.()
    this.#options.over()
  }
}

function modeOf(status: number, headers: UpstreamHeaders, wantsAnswer: boolean): Mode {
  if (status >= 300) return 'error'
  if (!wantsAnswer || status === 202 || status === 204) return 'discard'
  const type = headers['content-type']
  return typeof type === 'string' && type.trimStart().toLowerCase().startsWith('text/event-stream')
    ? 'events'
    : 'json'
}

function invalid(detail: string): Fault {
  return new Fault('upstream.invalid', { detail })
}

function statusFault(status: number, url: URL, challenge: Challenge | undefined): Fault {
  const away = unavailableFault(status)
  if (away !== undefined) return away
  const wantsCredential = challenge !== undefined
  return new Fault('upstream.invalid', {
    detail: wantsCredential
      ? `it answered with HTTP status ${status}: it wants a credential, or another one`
      : `it answered with HTTP status ${status}`,
    where: url.host,
    ...(wantsCredential
      ? { remedy: 'Give the credential this server needs on its page in the registry.' }
      : {}),
    extra: { upstreamStatus: status, challenge },
  })
}

function lostFault(url: URL): Fault {
  return new Fault('upstream.unreachable', {
    detail: 'it does not know the session any more; the next call begins a new one',
    where: url.host,
  })
}

/** What an answer with an HTTP error status says of the session; `code` is that of a JSON-RPC error to the request. */
function sessionLostBy(status: number, body: unknown, code: number | undefined): SendFailure['sessionLost'] {
  // 2025-11-25 basic/transports, "Session Management"; a method that is not known is an answer.
  if (status === 404) return code === errorCodes.methodNotFound ? false : 'unexecuted'
  // Some servers answer 400 and say so only in words.
  if (status !== 400 || !isObject(body)) return false
  const error = body['error']
  const words = isObject(error) ? error['message'] : undefined
  return typeof words === 'string' && /session|not initialized/i.test(words) ? 'perhaps' : false
}
