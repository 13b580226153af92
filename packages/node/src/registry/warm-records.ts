import type { Held } from './roster.ts'

/** Records that are kept read: those that are called in the same minutes on a large node. */
const recordsMax = 4096
/** Of their packed forms; read, they take some four times as much. */
const bytesMax = 8 * 1024 * 1024

interface Warm {
  readonly held: Held
  readonly bytes: number
}

/** The records that were asked for last, by AIC. */
export class WarmRecords {
  readonly #records = new Map<string, Warm>()
  #bytes = 0

  get(id: string): Held | undefined {
    const found = this.#records.get(id)
    if (found === undefined) return undefined
    // A Map keeps the order of insertion: what is asked for moves to the young end.
    this.#records.delete(id)
    this.#records.set(id, found)
    return found.held
  }

  set(id: string, held: Held, bytes: number): void {
    this.delete(id)
    this.#records.set(id, { held, bytes })
    this.#bytes += bytes
    for (const oldest of this.#records.keys()) {
      // One that is larger than all of the room is kept alone.
      const fits = this.#bytes <= bytesMax && this.#records.size <= recordsMax
      if (fits || oldest === id) return
      this.delete(oldest)
    }
  }

  delete(id: string): void {
    const found = this.#records.get(id)
    if (found === undefined) return
    this.#records.delete(id)
    this.#bytes -= found.bytes
  }
}
