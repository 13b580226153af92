import type { ServerResponse } from 'node:http'
import { notificationMessage } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import { sseText } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'

/** A client opens one; more are left behind by clients that crashed: the oldest makes room. */
const streamsPerHolderMax = 16
/** Open streams of all holders: each is a socket and little more. */
const streamsMax = 20_000
/** Keeps proxies from closing a silent stream. */
const keepAliveMs = 25_000
/** Several changes within this time are told once: one registration makes several. */
const gatherMs = 100

const changed = sseText(JSON.stringify(notificationMessage(notifications.toolsListChanged)))

/** The streams on which clients of the older eras hear that the list of tools may have changed. */
export class ChangeStreams {
  readonly #clock: Clock
  readonly #streams = new Map<string, Set<ServerResponse>>()
  readonly #stopListening: () => void
  #size = 0
  #stopGathering: (() => void) | undefined
  #stopKeepAlive: (() => void) | undefined

  constructor(clock: Clock, onChange: (listener: () => void) => () => void) {
    this.#clock = clock
    this.#stopListening = onChange(() => this.#gather())
  }

  get size(): number {
    return this.#size
  }

  /** False when there are as many streams as there may be. */
  open(holder: string, response: ServerResponse): boolean {
    const own = this.#streams.get(holder) ?? new Set<ServerResponse>()
    if (own.size >= streamsPerHolderMax) own.values().next().value?.end()
    else if (this.#size >= streamsMax) return false
    this.#streams.set(holder, own)
    own.add(response)
    this.#size += 1
    response.on('close', () => this.#forget(holder, response))
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    this.#keepAliveLater()
    return true
  }

  close(): void {
    this.#stopListening()
    this.#stopGathering?.()
    this.#stopKeepAlive?.()
    for (const own of this.#streams.values()) for (const response of own) response.end()
  }

  #forget(holder: string, response: ServerResponse): void {
    const own = this.#streams.get(holder)
    if (own?.delete(response) !== true) return
    this.#size -= 1
    if (own.size === 0) this.#streams.delete(holder)
  }

  #gather(): void {
    this.#stopGathering ??= this.#clock.after(gatherMs, () => {
      this.#stopGathering = undefined
      this.#write(changed)
    })
  }

  #keepAliveLater(): void {
    this.#stopKeepAlive ??= this.#clock.after(keepAliveMs, () => {
      this.#stopKeepAlive = undefined
      this.#write(': \n\n')
      if (this.#size > 0) this.#keepAliveLater()
    })
  }

  #write(text: string): void {
    for (const own of this.#streams.values()) {
      // A client that does not read is told again with the next change; nothing piles up for it.
      for (const response of own) if (!response.writableNeedDrain) response.write(text)
    }
  }
}
