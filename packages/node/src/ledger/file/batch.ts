import type { Done } from '../engine.ts'
import type { Hash } from '../hash.ts'
import type { Tree, TreeState } from '../tree.ts'

/** Entries on their way to the disk, written straight into the bytes that will be written. */
export class Batch {
  readonly buffer: Buffer
  /** The memory of the buffer: a plain view of it costs half of what a Buffer's does. */
  readonly memory: ArrayBufferLike
  length = 0
  dones: Done[] = []
  /** Whether somebody waits for it; else it may wait for company. */
  urgent = false
  /** Index of the first entry. */
  first = 0
  /** Index and offset in the batch of each entry that begins a bundle. */
  bundles: { index: number; offset: number }[] = []
  before: { readonly tree: TreeState; readonly previous: Hash }

  constructor(bytes: number, tree: Tree, previous: Hash) {
    // Not from the pool and not filled: pages that no batch reaches stay without memory.
    this.buffer = Buffer.allocUnsafeSlow(bytes)
    this.memory = this.buffer.buffer
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
}
