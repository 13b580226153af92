import type { Fault } from '@ambit/core/fault'
import { isObject, readMessage } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import { SseReader } from '@ambit/core/wire/sse'
import { limits } from '../../../kernel/limits.ts'
import { unavailableFault } from '../../../net/unavailable.ts'
import type { Upstream, UpstreamExchange, UpstreamHandler, UpstreamHeaders } from '../../../net/upstream.ts'
import { challengeIn } from '../../../signin/signin.ts'
import type { Challenge } from '../../../signin/signin.ts'
import type { EgressOutcome, EgressSink, Performance } from '../../egress.ts'
import { parseForeign } from '../foreign-json.ts'

/** What may still come after the answer before the connection is closed. */
const trailingBytesMax = 64 * 1024

/** One request: the answer as JSON in one piece, or as a stream whose last message is the answer. */
export class ModernCall implements UpstreamHandler, Performance {
  readonly #sink: EgressSink
  readonly #id: unknown
  /** The answer may be passed on as it stands. */
  readonly #passOn: boolean
  #exchange: UpstreamExchange | undefined
  #status = 0
  #challenge: Challenge | undefined
  #chunk: Buffer | undefined
  #chunks: Buffer[] | undefined
  #bytes = 0
  #stream: SseReader | undefined
  #over = false
  #answered = false

  constructor(sink: EgressSink, id: unknown, passOn: boolean) {
    this.#sink = sink
    this.#id = id
    this.#passOn = passOn
  }

  start(upstream: Upstream, request: Parameters<Upstream['send']>[0]): void {
    this.#exchange = upstream.send(request, this)
  }

  head(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    this.#challenge = challengeIn(status, headers)
    const type = headers['content-type']
    if (typeof type === 'string' && type.startsWith('text/event-stream')) this.#stream = new SseReader()
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return this.#drop(chunk)
    if (this.#stream !== undefined) return this.#readStream(this.#stream, chunk)
    this.#bytes += chunk.length
    if (this.#bytes > limits.answerBytesMax) {
      this.#give(failed('upstream.too-large', `the answer is larger than ${limits.answerBytesMax} bytes`))
      return true
    }
    if (this.#chunk === undefined) this.#chunk = chunk
    else if (this.#chunks === undefined) this.#chunks = [this.#chunk, chunk]
    else this.#chunks.push(chunk)
    return true
  }

  end(): void {
    if (this.#over) return
    if (this.#status === 401) {
      this.#give(this.#noAnswer('it wants a sign-in'))
      return
    }
    if (this.#stream !== undefined) {
      this.#give(failed('upstream.invalid', 'the stream ended without an answer'))
      return
    }
    const bytes = this.#chunks === undefined ? this.#chunk : Buffer.concat(this.#chunks)
    if (bytes === undefined) this.#give(this.#noAnswer(`an empty answer with status ${this.#status}`))
    else this.#answer(bytes, bytes.toString('utf8'))
  }

  error(fault: Fault): void {
    this.#give({ status: 'failed', error: { code: fault.code, detail: fault.detail } })
  }

  cancel(reason: string): void {
    // In this era closing the request is the cancellation (2026-07-28, transports).
    this.#give({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
  }

  resume(): void {
    this.#exchange?.resume()
  }

  #drop(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    if (this.#bytes > trailingBytesMax) this.#exchange?.abort()
    return true
  }

  #readStream(stream: SseReader, chunk: Buffer): boolean {
    let goOn = true
    try {
      for (const event of stream.read(chunk)) {
        if (event.data !== '' && !this.#message(event.data)) goOn = false
      }
    } catch {
      // The reader throws on one thing only: an event beyond its limit.
      this.#give(failed('upstream.too-large', 'one event of the stream is too large'))
    }
    return goOn
  }

  #message(text: string): boolean {
    if (this.#over) return true
    const message = parseForeign(text)
    const read = readMessage(message)
    if (read.form !== 'notification') {
      this.#take(Buffer.from(text), message)
      return true
    }
    const type = read.message.method === notifications.progress ? 'progress' : 'message'
    // Words to a request of our own carry our progress token, which means nothing to the caller.
    return this.#sink.event(
      this.#passOn ? { type, value: message, wire: Buffer.from(text) } : { type, value: message },
    )
  }

  #answer(bytes: Buffer, text: string): void {
    this.#take(bytes, parseForeign(text))
  }

  #take(bytes: Buffer, message: unknown): void {
    const read = readMessage(message)
    const isAnswer = read.form === 'result' || read.form === 'error'
    if (!isAnswer || read.message.id !== this.#id) {
      this.#give(this.#noAnswer(`the answer with status ${this.#status} is no JSON-RPC answer to the call`))
      return
    }
    this.#answered = true
    if (read.form === 'error') {
      const { error } = read.message
      this.#give({
        status: 'failed',
        error: { code: String(error.code), detail: 'the server answered with an error' },
        ...(this.#passOn ? { wire: bytes } : { value: { error } }),
      })
    } else {
      const { result } = read.message
      this.#give({
        status: 'completed',
        ...(this.#passOn && isWhole(result) ? { wire: bytes } : { value: result }),
      })
    }
  }

  /** Something else answered than a server of the protocol. */
  #noAnswer(detail: string): EgressOutcome {
    const away = unavailableFault(this.#status)
    const outcome = away === undefined ? failed('upstream.invalid', detail) : failed(away.code, away.detail)
    return this.#challenge === undefined ? outcome : { ...outcome, challenge: this.#challenge }
  }

  /**
   * The last thing the sink hears. After an answer the little that may follow (the end of a stream) is read and
   * dropped, so that the connection can be used again; after anything else the connection is closed.
   */
  #give(result: EgressOutcome): void {
    if (this.#over) return
    this.#over = true
    this.#bytes = 0
    if (!this.#answered) this.#exchange?.abort()
    this.#sink.outcome(result)
  }
}

/** Not a question or the handle of a task: those are changed before the caller gets them. */
function isWhole(result: unknown): boolean {
  const type = isObject(result) ? result['resultType'] : undefined
  return type === undefined || type === 'complete'
}

function failed(code: string, detail: string): EgressOutcome {
  return { status: 'failed', error: { code, detail } }
}
