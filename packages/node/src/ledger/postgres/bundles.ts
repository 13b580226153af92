import { tileWidth } from '@ambit/core/log/tile'
import { BundleCache } from '../bundle-cache.ts'
import type { HashStore } from '../hash-store.ts'
import { sha256 } from '../hash.ts'
import type { BatchStore, RowPlace } from './batch-store.ts'
import { frames } from './batch.ts'
import { corruptBatch } from './history.ts'

const hashBytes = 32

/** Reads entries back from the rows, 256 at a time: only the slices of the rows in which they stand. */
export class Bundles {
  #origin: string
  #batches: BatchStore
  #hashes: HashStore
  #cache: BundleCache

  constructor(origin: string, batches: BatchStore, hashes: HashStore, cacheBytes: number) {
    this.#origin = origin
    this.#batches = batches
    this.#hashes = hashes
    this.#cache = new BundleCache(cacheBytes)
  }

  /** The first entries of a bundle, all durable. Throws `ledger.corrupt` naming batch and index. */
  read(bundle: number, width: number): Promise<readonly Buffer[]> {
    return this.#cache.read(bundle, width, (number, entries) => this.#load(number, entries))
  }

  async #load(bundle: number, width: number): Promise<Buffer[]> {
    const index = bundle * tileWidth
    const hashes = await this.#hashes.hashes(0, index, width)
    const from = await this.#place(bundle)
    if (from === undefined)
      throw corruptBatch(
        'the position of an entry is missing in `tiles/positions`',
        this.#origin,
        index,
        index,
      )
    const to = width === tileWidth ? await this.#place(bundle + 1) : undefined
    const entries: Buffer[] = []
    let batch = from.first
    for (const slice of await this.#batches.slices(from, to, index + width)) {
      batch = slice.first
      for (const frame of frames(slice.bytes)) {
        if (entries.length === width) break
        const at = entries.length * hashBytes
        if (frame === undefined || sha256(frame.leaf) !== hashes.toString('latin1', at, at + hashBytes))
          throw corruptBatch(
            'an entry is not the one whose hash is in the tree',
            this.#origin,
            batch,
            index + entries.length,
          )
        entries.push(frame.leaf.subarray(1))
      }
    }
    if (entries.length < width)
      throw corruptBatch('an entry is missing', this.#origin, batch, index + entries.length)
    return entries
  }

  /** Positions hold how many entries of its row stand before the bundle, and its offset in the row. */
  async #place(bundle: number): Promise<RowPlace | undefined> {
    const position = await this.#hashes.position(bundle)
    if (position === undefined) return undefined
    return { first: bundle * tileWidth - position.segment, offset: position.offset }
  }
}
