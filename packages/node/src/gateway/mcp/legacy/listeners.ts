import type { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'

interface Listener {
  note(method: string, params: JsonObject): void
  lost(fault: Fault): void
}

type OpenWay = (lost: (fault: Fault) => void, settled: () => void) => () => void

/** Those who hear what a server says unasked within one session; the way for it is open while there is one. */
export class Listeners {
  readonly #open: OpenWay
  readonly #all = new Set<Listener>()
  #close: (() => void) | undefined
  /** Resolves when the way stands, or it is known that there is none. */
  settled: Promise<void> = Promise.resolve()

  /** `open` opens the way and gives what closes it. */
  constructor(open: OpenWay) {
    this.#open = open
  }

  get isOpen(): boolean {
    return this.#close !== undefined
  }

  add(note: Listener['note'], lost: Listener['lost']): () => void {
    const listener = { note, lost }
    this.#all.add(listener)
    if (this.#close === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.settled = promise
      this.#close = this.#open((fault) => this.fail(fault), resolve)
    }
    return () => {
      this.#all.delete(listener)
      if (this.#all.size === 0) this.#end()
    }
  }

  note(method: string, params: JsonObject): void {
    for (const listener of this.#all) listener.note(method, params)
  }

  /** Nothing can come any more. */
  fail(fault: Fault): void {
    const all = [...this.#all]
    this.#all.clear()
    this.#end()
    for (const listener of all) listener.lost(fault)
  }

  #end(): void {
    this.#close?.()
    this.#close = undefined
  }
}
