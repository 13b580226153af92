import type { Done } from '../engine.ts'
import { frameHeadBytes } from '../file/segment.ts'
import type { Hash } from '../hash.ts'
import { sha256 } from '../hash.ts'

/** Entries on their way to the database: framed as they will stand in the row, and hashed; no hash depends on the index. */
export class Collected {
  readonly #buffer: Buffer
  #length = 0
  readonly leaves: Hash[] = []
  /** Where the frame of each entry begins. */
  readonly offsets: number[] = []
  dones: Done[] = []
  /** Whether somebody waits for it; else it may wait for company. */
  urgent = false

  constructor(bytes: number) {
    // Not from the pool and not filled: pages that no batch reaches stay without memory.
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  get count(): number {
    return this.dones.length
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  hasRoom(bytes: number): boolean {
    return this.#length + frameHeadBytes + bytes <= this.#buffer.length
  }

  /** Takes an entry for which there is room. */
  add(entry: string, done: Done): void {
    const buffer = this.#buffer
    const at = this.#length
    const end = at + frameHeadBytes + buffer.write(entry, at + frameHeadBytes)
    buffer.writeUInt32BE(end - at - 4, at)
    buffer[at + 4] = 0
    this.leaves.push(sha256(buffer.subarray(at + 4, end)))
    this.offsets.push(at)
    this.dones.push(done)
    this.#length = end
  }

  clear(): void {
    this.#length = 0
    this.leaves.length = 0
    this.offsets.length = 0
    this.dones = []
    this.urgent = false
  }
}
