import type { Outcome } from '@ambit/core/act'
import type { Interface } from '@ambit/core/record'
import type { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion, notifications } from '@ambit/core/wire/mcp/methods'
import { SseReader } from '@ambit/core/wire/sse'
import { limits } from '../../../kernel/limits.ts'
import type { Upstream, UpstreamExchange, UpstreamHandler, UpstreamHeaders } from '../../../net/upstream.ts'
import type { TargetCapability } from '../../../registry/target.ts'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import { headerText } from '../headers.ts'

type Result = Omit<Outcome, 'type' | 'startedAt' | 'durationMs'>

export interface ModernEgressOptions {
  readonly upstream: Upstream
  readonly timeoutMs: number
  /** Name and version this node gives of itself. */
  readonly clientInfo: { readonly name: string; readonly version: string }
}

/** Longest silence within an answer that comes as a stream. */
const streamIdleMs = 300_000
/** What may still come after the answer before the connection is closed. */
const trailingBytesMax = 64 * 1024
export const modernProtocol = `mcp/${modernVersion}`

/** Sends acts to servers of 2026-07-28 over streamable HTTP: each call is one POST of its own. */
export function createModernEgress(options: ModernEgressOptions) {
  const urls = new WeakMap<Interface, URL>()
  const headers = new WeakMap<TargetCapability, readonly string[]>()
  return {
    perform(outbound: Outbound, offered: Interface, sink: EgressSink): Performance {
      let url = urls.get(offered)
      if (url === undefined) urls.set(offered, (url = new URL(offered.url)))
      let fixed = headers.get(outbound.capability)
      if (fixed === undefined) headers.set(outbound.capability, (fixed = fixedHeaders(outbound.capability)))
      const wire = outbound.wire?.protocol === modernProtocol ? outbound.wire : undefined
      const call = new ModernCall(
        sink,
        wire === undefined ? outbound.act : idOf(wire.message),
        wire !== undefined,
      )
      call.start(options.upstream, {
        url,
        method: 'POST',
        headers: allHeaders(fixed, outbound.headers, wire?.headers),
        body: wire?.bytes ?? ownMessage(outbound, options),
        headTimeoutMs: options.timeoutMs,
        idleTimeoutMs: streamIdleMs,
      })
      return call
    },
  }
}

function fixedHeaders(capability: TargetCapability): readonly string[] {
  return [
    'content-type',
    'application/json',
    'accept',
    'application/json, text/event-stream',
    'mcp-protocol-version',
    modernVersion,
    'mcp-method',
    methods.toolsCall,
    'mcp-name',
    headerText(capability.id),
  ]
}

function allHeaders(
  fixed: readonly string[],
  own: readonly string[],
  wire: readonly string[] | undefined,
): readonly string[] {
  if (own.length === 0 && wire === undefined) return fixed
  return wire === undefined ? [...fixed, ...own] : [...fixed, ...own, ...wire]
}

function ownMessage(outbound: Outbound, options: ModernEgressOptions): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id: outbound.act,
    method: methods.toolsCall,
    params: {
      name: outbound.capability.id,
      arguments: outbound.arguments,
      _meta: {
        [metaKeys.protocolVersion]: modernVersion,
        [metaKeys.clientCapabilities]: {},
        [metaKeys.clientInfo]: options.clientInfo,
        // Without a token the server says nothing of its progress (2026-07-28, basic/utilities/progress).
        ...(outbound.stream ? { [metaKeys.progressToken]: outbound.act } : {}),
      },
    },
  })
}

function idOf(message: unknown): unknown {
  return isObject(message) ? message['id'] : undefined
}

/** One call: the answer as JSON in one piece, or as a stream whose last message is the answer. */
class ModernCall implements UpstreamHandler, Performance {
  readonly #sink: EgressSink
  readonly #id: unknown
  /** The answer may be passed on as it stands. */
  readonly #passOn: boolean
  #exchange: UpstreamExchange | undefined
  #status = 0
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
    if (this.#stream !== undefined) {
      this.#give(failed('upstream.invalid', 'the stream ended without an answer'))
      return
    }
    const bytes = this.#chunks === undefined ? this.#chunk : Buffer.concat(this.#chunks)
    if (bytes === undefined)
      this.#give(failed('upstream.invalid', `an empty answer with status ${this.#status}`))
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
    const message = parse(text)
    if (isObject(message) && 'method' in message && !('id' in message)) {
      const type = message['method'] === notifications.progress ? 'progress' : 'message'
      return this.#sink.event({ type, value: message, wire: Buffer.from(text) })
    }
    this.#take(Buffer.from(text), message)
    return true
  }

  #answer(bytes: Buffer, text: string): void {
    this.#take(bytes, parse(text))
  }

  #take(bytes: Buffer, message: unknown): void {
    if (!isObject(message) || message['jsonrpc'] !== '2.0' || message['id'] !== this.#id) {
      this.#give(
        failed(
          'upstream.invalid',
          `the answer with status ${this.#status} is no JSON-RPC answer to the call`,
        ),
      )
      return
    }
    this.#answered = true
    const error = message['error']
    if (isObject(error)) {
      this.#give({
        status: 'failed',
        error: { code: String(error['code']), detail: 'the server answered with an error' },
        ...(this.#passOn ? { wire: bytes } : { value: { error } }),
      })
    } else if (isObject(message['result'])) {
      this.#give({ status: 'completed', ...(this.#passOn ? { wire: bytes } : { value: message['result'] }) })
    } else {
      this.#give(failed('upstream.invalid', 'the answer has neither a result nor an error'))
    }
  }

  /**
   * The last thing the sink hears. After an answer the little that may follow (the end of a stream) is read and
   * dropped, so that the connection can be used again; after anything else the connection is closed.
   */
  #give(result: Result): void {
    if (this.#over) return
    this.#over = true
    this.#bytes = 0
    if (!this.#answered) this.#exchange?.abort()
    this.#sink.outcome(result)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // No JSON is told apart from wrong JSON by no caller.
    return undefined
  }
}

function failed(code: string, detail: string): Result {
  return { status: 'failed', error: { code, detail } }
}
