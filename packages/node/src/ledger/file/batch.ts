import { tileWidth } from '@ambit/core/log/tile'
import type { Done, Follower } from '../engine.ts'
import type { Hash } from '../hash.ts'
import type { Tree, TreeState } from '../tree.ts'
import { commitBytes, frameHeadBytes } from './segment.ts'

export interface BatchLimits {
  readonly batchEntries: number
  /** Bytes of the frames; the commit record comes behind them. */
  readonly batchBytes: number
}

/** Entries on their way to the disk, written straight into the bytes that will be written. */
export class Batch {
  readonly buffer: Buffer
  /** The memory of the buffer: a plain view of it costs half of what a Buffer's does. */
  #memory: ArrayBufferLike
  #limits: BatchLimits
  length = 0
  dones: Done[] = []
  /** Whether somebody waits for it; else it may wait for company. */
  urgent = false
  /** Index of the first entry. */
  first = 0
  /** Index and offset in the batch of each entry that begins a bundle. */
  bundles: { index: number; offset: number }[] = []
  before: { readonly tree: TreeState; readonly previous: Hash }

  constructor(limits: BatchLimits, tree: Tree, previous: Hash) {
    // Not from the pool and not filled: pages that no batch reaches stay without memory.
    this.buffer = Buffer.allocUnsafeSlow(limits.batchBytes + commitBytes)
    this.#memory = this.buffer.buffer
    this.#limits = limits
    this.before = { tree: tree.state(), previous }
    this.first = tree.size
  }

  begin(tree: Tree, previous: Hash): void {
    this.length = 0
    this.dones = []
    this.urgent = false
    this.bundles = []
    this.first = tree.size
    this.before = { tree: tree.state(), previous }
  }

  hasRoom(bytes: number): boolean {
    const { batchBytes, batchEntries } = this.#limits
    return this.length + frameHeadBytes + bytes <= batchBytes && this.dones.length < batchEntries
  }

  /** Adds an entry for which there is room; answers the input of its leaf hash, as it stands in the buffer. */
  add(entry: string, done: Done): Uint8Array {
    const at = this.length
    const index = this.first + this.dones.length
    const leafBytes = 1 + this.buffer.write(entry, at + frameHeadBytes)
    this.buffer.writeUInt32BE(leafBytes, at)
    this.buffer[at + 4] = 0
    if (index % tileWidth === 0) this.bundles.push({ index, offset: at })
    this.length = at + 4 + leafBytes
    this.dones.push(done)
    return new Uint8Array(this.#memory, at + 4, leafBytes)
  }

  /** Hands over the entries in order; `firstOfLog`: position of the entry 0 of this log. */
  tell(follower: Follower, firstOfLog: number): void {
    const { buffer, length } = this
    let position = firstOfLog + this.first
    for (let at = 0; at < length; position++) {
      const start = at + frameHeadBytes
      const end = start + buffer.readUInt32BE(at) - 1
      follower(position, buffer, start, end)
      at = end
    }
  }
}
