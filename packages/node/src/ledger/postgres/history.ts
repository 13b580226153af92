import { Fault } from '@ambit/core/fault'
import { tileWidth } from '@ambit/core/log/tile'
import type { HashStore } from '../hash-store.ts'
import { sha256 } from '../hash.ts'
import type { Hash } from '../hash.ts'
import { Tree } from '../tree.ts'
import type { TreeState } from '../tree.ts'
import { frames, placeAfter } from './batch.ts'
import type { BatchRow, Place } from './batch.ts'
import type { Collected } from './collected.ts'

/** The opening of a log that writes, and the number of its batch. */
export interface BatchId {
  readonly writer: Hash
  readonly number: number
}

/** A row that continues a history, and where the log stands after it. */
export interface Extension {
  readonly row: BatchRow
  readonly place: Place
  readonly bundles: readonly Bundle[]
}

/** Where an entry stands that begins a bundle. */
interface Bundle {
  readonly index: number
  readonly offset: number
}

/** What this process knows of a log: its tree and the place after the last durable batch, its own or another's. */
export class History {
  readonly hashes: HashStore
  #origin: string
  #tree: Tree
  #before: TreeState
  #place: Place

  constructor(origin: string, hashes: HashStore, tree: TreeState, place: Place) {
    this.#origin = origin
    this.hashes = hashes
    this.#tree = new Tree(hashes)
    this.#tree.restore(tree)
    this.#before = tree
    this.#place = place
  }

  get place(): Place {
    return this.#place
  }

  /** Hashes of so many new leaves wait in memory until they are flushed. */
  async makeRoom(count: number): Promise<void> {
    if (this.hashes.room(this.#place.size) < count) await this.hashes.flush(this.#place.size)
  }

  /** The row that would continue the log; `accept` or `undo` follows. */
  extend(batch: Collected, id: BatchId): Extension {
    const { size: first, record: previous } = this.#place
    const bundles: Bundle[] = []
    for (const [at, leaf] of batch.leaves.entries()) {
      if ((first + at) % tileWidth === 0) bundles.push({ index: first + at, offset: batch.offsets[at]! })
      this.#tree.append(leaf)
    }
    const root = this.#tree.root()
    const row = { first, count: batch.count, entries: batch.bytes, previous, root, ...id }
    return { row, place: placeAfter(row), bundles }
  }

  /** The batch is durable. */
  accept({ row, place, bundles }: Extension): void {
    for (const { index, offset } of bundles) {
      this.hashes.place(index, { segment: index - row.first, offset })
    }
    this.#before = this.#tree.state()
    this.#place = place
  }

  /** The batch was not written. */
  undo(): void {
    this.#tree.restore(this.#before)
    this.hashes.truncate(this.#before.size)
  }

  /** Takes over a batch that is in the database. Throws `ledger.corrupt`, and then knows what it knew before. */
  async take(row: BatchRow): Promise<void> {
    const { size, record } = this.#place
    if (row.first !== size) throw this.#corrupt('a batch is missing', size, size)
    if (row.previous !== record)
      throw this.#corrupt('a batch does not continue the one before it', size, size)
    await this.makeRoom(row.count)
    if (this.hashes.room(size) < row.count)
      throw this.#corrupt('a batch has more entries than any can', size, size)
    try {
      this.accept(this.#read(row))
    } catch (error) {
      this.undo()
      throw error
    }
    if (this.hashes.isHalfFull(this.#place.size)) await this.hashes.flush(this.#place.size)
  }

  /** Hashes what a row holds, and holds it against the root that the row names. */
  #read(row: BatchRow): Extension {
    const bundles: Bundle[] = []
    for (const frame of frames(row.entries)) {
      const index = this.#tree.size
      if (frame === undefined || index === row.first + row.count)
        throw this.#corrupt('what should be an entry is none', row.first, index)
      if (index % tileWidth === 0) bundles.push({ index, offset: frame.offset })
      this.#tree.append(sha256(frame.leaf))
    }
    const { size } = this.#tree
    if (size !== row.first + row.count)
      throw this.#corrupt('entries are missing at the end of a batch', row.first, size)
    if (this.#tree.root() !== row.root)
      throw this.#corrupt('the entries of a batch are not those that were committed', row.first, row.first)
    return { row, place: placeAfter(row), bundles }
  }

  /** Throws `ledger.rolled-back` where the database no longer holds what this process knows, `ledger.corrupt` at its end. */
  check(head: Place): void {
    const { size, root, record } = this.#place
    if (head.size < size) {
      throw new Fault('ledger.rolled-back', {
        detail: `${size} entries were durable, but the database holds ${head.size}`,
        where: `ledger_head of ${this.#origin}`,
      })
    }
    if (head.size === size && (head.record !== record || head.root !== root)) {
      throw new Fault('ledger.rolled-back', {
        detail: `the last of ${size} entries are not those that were written`,
        where: `ledger_head of ${this.#origin}`,
      })
    }
  }

  missing(): Fault {
    return this.#corrupt('a batch is missing', this.#place.size, this.#place.size)
  }

  #corrupt(why: string, batch: number, index: number): Fault {
    return corruptBatch(why, this.#origin, batch, index)
  }
}

export function corruptBatch(why: string, origin: string, batch: number, index: number): Fault {
  return new Fault('ledger.corrupt', {
    detail: why,
    where: `ledger_batch of ${origin}, batch ${batch} index ${index}`,
    remedy:
      'Stop the replicas and restore the row named from a backup or a mirror; nothing is repaired silently.',
  })
}
