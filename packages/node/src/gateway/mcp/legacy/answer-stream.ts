import type { ServerResponse } from 'node:http'
import type { JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { sseText } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'

/** Something is written on a silent stream this often, so that no proxy or client takes it for dead. */
const keepAliveMs = 15_000
/** When a client whose stream was cut should come back for the rest. */
const retryMs = 1000
/** How long the rest is kept for it; then the act is stopped, because nobody will ever get the answer. */
const graceMs = 15_000
/** Text of events kept for a client that comes back: of one stream, and of all. Older events are forgotten first. */
const keptCharactersMax = 1024 * 1024
const keptCharactersMaxAll = 64 * 1024 * 1024
/** What is said to a client that is away, before the act has to wait for it: less than is kept, so that nothing is lost. */
const awayCharactersMax = keptCharactersMax / 2

/** What all streams keep together. */
export interface KeptEvents {
  characters: number
}

export interface AnswerStreamOptions {
  readonly clock: Clock
  /**
   * Names the stream in the ids of its events, for clients that can take it up again (2025-11-25 basic/transports);
   * undefined for others.
   */
  readonly name: string | undefined
  readonly kept: KeptEvents
  /** There is room again. */
  drained(): void
  /** The client went away and will not come back. */
  gone(): void
  /** The last was written and delivered to a socket. */
  ended(): void
}

interface Kept {
  readonly at: number
  readonly text: string
}

/** The stream of events that answers one request; it outlives the connection it began on, for a short while. */
export class AnswerStream {
  readonly #options: AnswerStreamOptions
  #response: ServerResponse | undefined
  #kept: Kept[] = []
  #characters = 0
  #events = 0
  /** Said since the client went away. */
  #awayCharacters = 0
  #finished = false
  /** When a finished stream is forgotten. */
  #keptUntilMs = 0
  #over = false
  #stopTimer: () => void = () => undefined

  constructor(options: AnswerStreamOptions, response: ServerResponse) {
    this.#options = options
    this.#attach(response)
    const { name } = options
    // An event without data tells the client where it stands before anything was said.
    if (name !== undefined) response.write(`id: ${name}.0\nretry: ${retryMs}\ndata: \n\n`)
  }

  /** False asks to pause until `drained`. */
  write(message: JsonRpcMessage): boolean {
    if (this.#over || this.#finished) return true
    return this.#write(JSON.stringify(message))
  }

  /** Writes the answer, which ends the stream; undefined: there is none. */
  end(message: JsonRpcMessage | undefined): void {
    if (this.#over || this.#finished) return
    if (message !== undefined) this.#write(JSON.stringify(message))
    this.#finished = true
    this.#close()
  }

  /** Lets the connection go: the client is to come back for the rest. False: it could not. */
  pause(): boolean {
    if (this.#options.name === undefined || this.#over || this.#finished) return false
    const response = this.#response
    // First: what is said from here on is kept, because nothing may be written after the end.
    this.#detached()
    response?.end()
    return true
  }

  /** The client came back; `after` is the number of the last event it has. */
  resume(response: ServerResponse, after: number): void {
    if (this.#over || response.destroyed) return
    const before = this.#response
    this.#attach(response)
    before?.end()
    for (const { at, text } of this.#kept) if (at > after) response.write(text)
    if (this.#finished) this.#close()
    else if (!response.writableNeedDrain) this.#options.drained()
  }

  #attach(response: ServerResponse): void {
    this.#stopTimer()
    this.#response = response
    response.on('drain', () => {
      if (this.#response === response) this.#options.drained()
    })
    response.on('close', () => {
      if (this.#response === response) this.#detached()
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    this.#keepAlive()
  }

  #write(data: string): boolean {
    const { name } = this.#options
    this.#events += 1
    const text = sseText(data, undefined, name === undefined ? undefined : `${name}.${this.#events}`)
    if (name !== undefined) this.#keep(text)
    if (this.#response !== undefined) return this.#response.write(text)
    this.#awayCharacters += text.length
    return this.#awayCharacters <= awayCharactersMax
  }

  /** Also while the client listens: what was written to a socket may never have arrived. The last event may be large. */
  #keep(text: string): void {
    this.#kept.push({ at: this.#events, text })
    this.#count(text.length)
    const { kept } = this.#options
    while (this.#kept.length > 0) {
      const isTooMuch = this.#kept.length > 1 && this.#characters > keptCharactersMax
      if (!isTooMuch && kept.characters <= keptCharactersMaxAll) break
      this.#count(-this.#kept.shift()!.text.length)
    }
  }

  #count(characters: number): void {
    this.#characters += characters
    this.#options.kept.characters += characters
  }

  #detached(): void {
    this.#response = undefined
    this.#awayCharacters = 0
    if (this.#over || this.#finished) return
    this.#leaveLater(graceMs, true)
    // An act that waited for the connection goes on, into what is kept.
    if (!this.#over) this.#options.drained()
  }

  /** What was written may never arrive: a client that can come back for it finds it for a while. */
  #close(): void {
    const response = this.#response
    this.#response = undefined
    response?.end()
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#keptUntilMs === 0) this.#keptUntilMs = nowMs + graceMs
    this.#leaveLater(this.#keptUntilMs - nowMs, false)
  }

  #leaveLater(ms: number, gone: boolean): void {
    this.#stopTimer()
    const leave = () => {
      this.#leave()
      if (gone) this.#options.gone()
    }
    if (this.#options.name === undefined) leave()
    else this.#stopTimer = this.#options.clock.after(ms, leave)
  }

  #leave(): void {
    if (this.#over) return
    this.#over = true
    this.#stopTimer()
    this.#kept = []
    this.#count(-this.#characters)
    this.#options.ended()
  }

  #keepAlive(): void {
    this.#stopTimer = this.#options.clock.after(keepAliveMs, () => {
      if (this.#response?.writableNeedDrain === false) this.#response.write(': \n\n')
      this.#keepAlive()
    })
  }
}
