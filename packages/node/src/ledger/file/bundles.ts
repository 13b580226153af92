import { Fault } from '@ambit/core/fault'
import { tileWidth } from '@ambit/core/log/tile'
import type { Disk } from '../../kernel/disk.ts'
import { BundleCache } from '../bundle-cache.ts'
import type { HashStore } from '../hash-store.ts'
import { Scan } from './scan.ts'
import { headerBytes } from './segment.ts'
import { sha256 } from '../hash.ts'
import type { Segments } from './segments.ts'

const hashBytes = 32
/** Bytes read at once: most bundles are about as long. */
const bundleChunkBytes = 64 * 1024

/** Reads entries back from the segments, 256 at a time; the last bundles read are kept up to a number of bytes. */
export class Bundles {
  #disk: Disk
  #segments: Segments
  #hashes: HashStore
  #cache: BundleCache

  constructor(disk: Disk, segments: Segments, hashes: HashStore, cacheBytes: number) {
    this.#disk = disk
    this.#segments = segments
    this.#hashes = hashes
    this.#cache = new BundleCache(cacheBytes)
  }

  /** The first entries of a bundle, all durable. Throws `ledger.corrupt` naming file, offset and index. */
  read(bundle: number, width: number): Promise<readonly Buffer[]> {
    return this.#cache.read(bundle, width, (number, entries) => this.#load(number, entries))
  }

  async #load(bundle: number, width: number): Promise<Buffer[]> {
    const position = await this.#hashes.position(bundle)
    if (position === undefined)
      throw corrupt('the position of an entry is missing', 'positions', bundle * 8, bundle * tileWidth)
    const hashes = await this.#hashes.hashes(0, bundle * tileWidth, width)
    const entries: Buffer[] = []
    let { segment, offset } = position
    while (entries.length < width) {
      await this.#scan(segment, offset, bundle * tileWidth, hashes, entries)
      segment++
      offset = headerBytes
    }
    return entries
  }

  /** Takes entries from one segment until the bundle is whole or the segment ends. */
  async #scan(
    segment: number,
    from: number,
    first: number,
    hashes: Buffer,
    entries: Buffer[],
  ): Promise<void> {
    const path = this.#segments.path(segment)
    if (segment > this.#segments.sequence)
      throw corrupt('an entry is missing', path, 0, first + entries.length)
    const wanted = hashes.length / hashBytes
    const file = await this.#disk.open(path, 'plain')
    try {
      const scan = new Scan(file, from, bundleChunkBytes)
      while (entries.length < wanted) {
        const item = scan.take()
        const index = first + entries.length
        if (item === undefined) await scan.read()
        else if (item.kind === 'bad') throw corrupt(item.why, path, item.offset, index)
        else if (item.kind === 'end') return
        else if (item.kind === 'entry') {
          const at = entries.length * hashBytes
          if (sha256(item.leaf) !== hashes.toString('latin1', at, at + hashBytes)) {
            throw corrupt('an entry is not the one whose hash is in the tree', path, item.offset, index)
          }
          entries.push(Buffer.from(item.leaf.subarray(1)))
        }
      }
    } finally {
      await file.close()
    }
  }
}

function corrupt(why: string, path: string, offset: number, index: number): Fault {
  return new Fault('ledger.corrupt', { detail: why, where: `${path} offset ${offset} index ${index}` })
}
