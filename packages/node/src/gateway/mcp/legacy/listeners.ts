import type { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'

interface Listener {
  note(method: string, params: JsonObject): void
  lost(fault: Fault): void
}

/** Those who hear what a server says unasked within one session; the way for it is open while there is one. */
export class Listeners {
  readonly #open: (lost: (fault: Fault) => void) => () => void
  readonly #all = new Set<Listener>()
  #close: (() => void) | undefined

  /** `open` opens the way and gives what closes it. */
  constructor(open: (lost: (fault: Fault) => void) => () => void) {
    this.#open = open
  }

  add(note: Listener['note'], lost: Listener['lost']): () => void {
    const listener = { note, lost }
    this.#all.add(listener)
    this.#close ??= this.#open((fault) => this.fail(fault))
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
