import { Fault } from '@ambit/core/fault'
import { SseReader } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'
import type { Upstream, UpstreamExchange, UpstreamHeaders } from '../../../net/upstream.ts'
import { parseForeign } from '../foreign-json.ts'

/** Pause before a stream that ended is opened again: what the server asked for, within these. */
const pauseMs = { default: 1000, min: 100, max: 30_000 } as const
/** Some servers give no sign of a stream before they have something to say on it. */
const headMsMax = 600_000
/** A silent stream is a healthy one; the socket's own keep-alive finds out when the other side is gone. */
const idleMs = 24 * 3_600_000
/** A stream that stood for this long was no failure, whatever ended it: proxies close what is silent. */
const healthyMs = 5000
/** Openings in a row that failed before it is given up. */
const failuresMax = 5

export interface ServerStreamOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly url: URL
  /** Without a session there is none that could be lost. */
  readonly hasSession: boolean
  headers(): readonly string[]
  receive(value: unknown): boolean
  /** Called when it is known whether the stream stands; again after each opening. */
  settled(): void
  /** Nothing can come any more: the session is gone. */
  lost(fault: Fault): void
}

/** The stream on which a server says what belongs to no call, opened again whenever it ends (2025-11-25 basic/transports). */
export class ServerStream {
  readonly #options: ServerStreamOptions
  #exchange: UpstreamExchange | undefined
  #reader = new SseReader()
  #retryMs: number | undefined
  #lastEventId: string | undefined
  /** 0 while there is no answer. */
  #status = 0
  #openedAtMs = 0
  #failures = 0
  #stopPause: () => void = () => undefined
  #closed = false

  constructor(options: ServerStreamOptions) {
    this.#options = options
  }

  open(): void {
    const resumed = this.#lastEventId === undefined ? [] : ['last-event-id', this.#lastEventId]
    this.#reader = new SseReader()
    this.#status = 0
    this.#openedAtMs = this.#options.clock.monotonicMs()
    this.#exchange = this.#options.upstream.send(
      {
        url: this.#options.url,
        method: 'GET',
        headers: ['accept', 'text/event-stream', ...this.#options.headers(), ...resumed],
        body: null,
        headTimeoutMs: headMsMax,
        idleTimeoutMs: idleMs,
      },
      {
        head: (status, headers) => this.#head(status, headers),
        data: (chunk) => this.#read(chunk),
        end: () => this.#ended(),
        error: (fault) => this.#ended(fault),
      },
    )
  }

  close(): void {
    this.#closed = true
    this.#stopPause()
    this.#exchange?.abort()
  }

  #head(status: number, headers: UpstreamHeaders): void {
    const type = headers['content-type']
    const isStream =
      typeof type === 'string' && type.trimStart().toLowerCase().startsWith('text/event-stream')
    // A page in place of a stream says as little as «405».
    this.#status = status === 200 && !isStream ? 405 : status
    this.#options.settled()
    if (this.#status !== 200) this.#cut()
  }

  #read(chunk: Buffer): boolean {
    if (this.#closed) return true
    this.#failures = 0
    try {
      for (const event of this.#reader.read(chunk)) {
        if (event.id !== undefined && /^[\x20-\x7e]{1,1024}$/.test(event.id)) this.#lastEventId = event.id
        if (event.data !== '' && event.event === 'message') this.#message(event.data)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      // One event beyond every limit: the stream begins anew behind it.
      this.#cut()
    }
    return true
  }

  #message(json: string): void {
    const value = parseForeign(json)
    // What cannot be read belongs to no call that could be told of it.
    if (value !== undefined && !this.#closed) this.#options.receive(value)
  }

  /** Hears no more of this connection. */
  #cut(): void {
    this.#exchange?.abort()
    this.#ended()
  }

  #ended(fault?: Fault): void {
    if (this.#closed) return
    this.#options.settled()
    // A server need not offer such a stream; then it has nothing to say unasked.
    if (this.#status === 405 || this.#status === 501) return
    if (this.#status === 404) {
      if (this.#options.hasSession) this.#giveUp('it does not know the session any more')
      return
    }
    this.#retryMs = this.#reader.retryMs ?? this.#retryMs
    const stoodMs = this.#options.clock.monotonicMs() - this.#openedAtMs
    const waitedInVain = this.#status === 0 && fault?.code === 'upstream.timeout' && stoodMs >= headMsMax
    const wasHealthy = waitedInVain || (this.#status === 200 && stoodMs >= healthyMs)
    this.#failures = wasHealthy ? 0 : this.#failures + 1
    if (this.#failures > failuresMax) {
      this.#giveUp('its stream could not be opened')
      return
    }
    const pause = Math.max(pauseMs.min, Math.min(this.#retryMs ?? pauseMs.default, pauseMs.max))
    this.#stopPause = this.#options.clock.after(pause, () => this.open())
  }

  #giveUp(detail: string): void {
    this.#closed = true
    this.#options.lost(new Fault('upstream.unreachable', { detail }))
  }
}
