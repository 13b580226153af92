import { Fault } from '@ambit/core/fault'
import type { Done } from './engine.ts'

/** Where entries go. */
export interface EntryWriter {
  append(entry: string, done: Done): void
  appendPatiently(entry: string, done: Done): void
}

export interface HoldLimits {
  readonly batchEntries: number
  readonly batchBytes: number
}

/** More than the frame of an entry takes, whatever the engine. */
const frameBytesMax = 16

/**
 * Entries that come while one log ends and the next begins. They wait in order, as many as one batch takes, so that the
 * next log takes them all at once.
 */
export class Hold implements EntryWriter {
  #limits: HoldLimits
  #entries: string[] = []
  #dones: Done[] = []
  #urgent: boolean[] = []
  #bytes = 0
  #fault: Fault | undefined

  constructor(limits: HoldLimits) {
    this.#limits = limits
  }

  get queued(): number {
    return this.#entries.length
  }

  append(entry: string, done: Done): void {
    this.#take(entry, done, true)
  }

  appendPatiently(entry: string, done: Done): void {
    this.#take(entry, done, false)
  }

  /** Gives everything that waits to a log, in order; this hold is not used again. */
  release(to: EntryWriter): void {
    for (const [at, entry] of this.#entries.entries()) {
      const done = this.#dones[at]!
      if (this.#urgent[at] === true) to.append(entry, done)
      else to.appendPatiently(entry, done)
    }
    this.#forget()
  }

  /** Refuses everything that waits and whatever comes: there is no log to write to. */
  refuse(fault: Fault): void {
    this.#fault = fault
    const dones = this.#dones
    this.#forget()
    for (const done of dones) done(fault, -1)
  }

  #take(entry: string, done: Done, urgent: boolean): void {
    const bytes = Buffer.byteLength(entry) + frameBytesMax
    const { batchEntries, batchBytes } = this.#limits
    const fault =
      this.#fault ??
      (this.#entries.length >= batchEntries || this.#bytes + bytes > batchBytes
        ? new Fault('ledger.busy', {
            detail: `${this.#entries.length} entries wait for the next log to begin`,
          })
        : undefined)
    if (fault !== undefined) {
      queueMicrotask(() => done(fault, -1))
      return
    }
    this.#entries.push(entry)
    this.#dones.push(done)
    this.#urgent.push(urgent)
    this.#bytes += bytes
  }

  #forget(): void {
    this.#entries = []
    this.#dones = []
    this.#urgent = []
    this.#bytes = 0
  }
}
