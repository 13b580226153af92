import type { Held } from './roster.ts'

/** Records that are kept read, of each of two generations: those that are called in the same minutes on a large node. */
const recordsMax = 2048
/** Of their packed forms; read, they take some four times as much. */
const bytesMax = 4 * 1024 * 1024

interface Warm {
  readonly held: Held
  readonly bytes: number
}

/**
 * The records that were asked for last, by AIC. Two generations instead of an order: a record that is asked for again and
 * again is found without anything being written, because a Map that gains and loses an entry with each act costs more
 * than the act (docs/measurements.md).
 */
export class WarmRecords {
  #young = new Map<string, Warm>()
  #old = new Map<string, Warm>()
  #bytes = 0

  get(id: string): Held | undefined {
    const young = this.#young.get(id)
    if (young !== undefined) return young.held
    const old = this.#old.get(id)
    if (old === undefined) return undefined
    this.#old.delete(id)
    this.#add(id, old)
    return old.held
  }

  set(id: string, held: Held, bytes: number): void {
    this.delete(id)
    this.#add(id, { held, bytes })
  }

  delete(id: string): void {
    const young = this.#young.get(id)
    if (young !== undefined) this.#bytes -= young.bytes
    this.#young.delete(id)
    this.#old.delete(id)
  }

  #add(id: string, warm: Warm): void {
    const fits = this.#bytes + warm.bytes <= bytesMax && this.#young.size < recordsMax
    if (!fits) {
      this.#old = this.#young
      this.#young = new Map()
      this.#bytes = 0
    }
    this.#young.set(id, warm)
    this.#bytes += warm.bytes
  }
}
