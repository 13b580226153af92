import { Fault } from '@ambit/core/fault'
import { SseReader } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'
import type { Upstream, UpstreamExchange } from '../../../net/upstream.ts'
import { parseForeign } from '../foreign-json.ts'

/** Pause before a stream that ended is opened again: what the server asked for, within these. */
const pauseMs = { default: 1000, min: 100, max: 30_000 } as const
/** A silent stream is a healthy one; the socket's own keep-alive finds out when the other side is gone. */
const idleMs = 24 * 3_600_000
/** Openings in a row that failed before the session is given up. */
const failuresMax = 5

export interface ServerStreamOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly url: URL
  readonly headTimeoutMs: number
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
  #status = 0
  #lastEventId: string | undefined
  #failures = 0
  #stopPause: () => void = () => undefined
  #closed = false

  constructor(options: ServerStreamOptions) {
    this.#options = options
  }

  open(): void {
    const resumed = this.#lastEventId === undefined ? [] : ['last-event-id', this.#lastEventId]
    this.#status = 0
    this.#exchange = this.#options.upstream.send(
      {
        url: this.#options.url,
        method: 'GET',
        headers: ['accept', 'text/event-stream', ...this.#options.headers(), ...resumed],
        body: null,
        headTimeoutMs: this.#options.headTimeoutMs,
        idleTimeoutMs: idleMs,
      },
      {
        head: (status) => {
          this.#status = status
          this.#options.settled()
        },
        data: (chunk) => this.#read(chunk),
        end: () => this.#ended(),
        error: () => this.#ended(),
      },
    )
  }

  close(): void {
    this.#closed = true
    this.#stopPause()
    this.#exchange?.abort()
  }

  #read(chunk: Buffer): boolean {
    if (this.#closed || this.#status !== 200) return true
    this.#failures = 0
    try {
      for (const event of this.#reader.read(chunk)) {
        if (event.id !== undefined && /^[\x20-\x7e]{1,1024}$/.test(event.id)) this.#lastEventId = event.id
        if (event.data !== '' && event.event === 'message') this.#message(event.data)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      // One event beyond every limit: the stream begins anew behind it.
      this.#exchange?.abort()
    }
    return true
  }

  #message(json: string): void {
    const value = parseForeign(json)
    // What cannot be read belongs to no call that could be told of it.
    if (value !== undefined) this.#options.receive(value)
  }

  #ended(): void {
    if (this.#closed) return
    this.#options.settled()
    // A server need not offer such a stream; then it has nothing to say unasked.
    if (this.#status === 405) return
    if (this.#status === 404) {
      this.#closed = true
      this.#options.lost(
        new Fault('upstream.unreachable', { detail: 'it does not know the session any more' }),
      )
      return
    }
    this.#failures += 1
    if (this.#failures > failuresMax) {
      this.#closed = true
      this.#options.lost(new Fault('upstream.unreachable', { detail: 'its stream could not be opened' }))
      return
    }
    const asked = this.#reader.retryMs ?? pauseMs.default
    this.#reader = new SseReader()
    const pause = Math.max(pauseMs.min, Math.min(asked, pauseMs.max))
    this.#stopPause = this.#options.clock.after(pause, () => this.open())
  }
}
