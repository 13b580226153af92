import { levelWidth, tileWidth } from '@ambit/core/log/tile'
import type { HashStore } from './hash-store.ts'
import { sha256 } from './hash.ts'
import type { Hash } from './hash.ts'

export const hashBytes = 32
/** A tile joins 2^8 hashes. */
export const tileHeight = 8
/** Tiles of one level are numbered below this in the keys of the cache: 2^44 tiles are 2^52 leaves. */
const tilesMax = 2 ** 44

/** A tile with the rows above its hashes, one behind the other: 256 hashes, 128, 64 …, of which row r joins 2^r. */
export interface OpenTile {
  readonly width: number
  readonly rows: Buffer
  used: boolean
}

/** 0x01 ‖ left ‖ right. */
const nodeBytes = Buffer.alloc(1 + 2 * hashBytes, 1)

/** The hash over two others, which may be given as bytes of an opened tile. */
export function join(left: Hash, right: Hash): Hash {
  nodeBytes.write(left, 1, 'latin1')
  nodeBytes.write(right, 1 + hashBytes, 'latin1')
  return sha256(nodeBytes)
}

/** `join` of a hash with the 32 bytes at a place, which stand on its left or on its right. */
export function joinBytes(hash: Hash, sibling: Uint8Array, at: number, siblingIsLeft: boolean): Hash {
  const [hashAt, siblingAt] = siblingIsLeft ? [1 + hashBytes, 1] : [1, 1 + hashBytes]
  nodeBytes.write(hash, hashAt, 'latin1')
  for (let each = 0; each < hashBytes; each++) nodeBytes[siblingAt + each] = sibling[at + each]!
  return sha256(nodeBytes)
}

/** Where a row of an opened tile begins. */
export function rowAt(row: number): number {
  return (2 * tileWidth - ((2 * tileWidth) >> row)) * hashBytes
}

/** The tiles used last, kept opened in memory (16 KiB each). */
export class OpenedTiles {
  #hashes: HashStore
  #countMax: number
  #tiles = new Map<number, OpenTile>()

  constructor(hashes: HashStore, countMax: number) {
    this.#hashes = hashes
    this.#countMax = countMax
  }

  /** At least as much of a tile as a tree of this size has of it; a promise only where it must be read. */
  open(level: number, tile: number, size: number): OpenTile | Promise<OpenTile> {
    const width = Math.min(tileWidth, levelWidth(level, size) - tile * tileWidth)
    const known = this.#tiles.get(level * tilesMax + tile)
    if (known === undefined || known.width < width) return this.#load(level, tile, width)
    known.used = true
    return known
  }

  /** Forgets all: they do not lead to the root that was signed. */
  clear(): void {
    this.#tiles.clear()
  }

  async #load(level: number, tile: number, width: number): Promise<OpenTile> {
    const rows = Buffer.alloc(2 * tileWidth * hashBytes)
    rows.set(await this.#hashes.hashes(level, tile * tileWidth, width))
    for (let row = 1; width >> row > 0; row++) {
      const from = rowAt(row - 1)
      const to = rowAt(row)
      for (let at = 0; at < width >> row; at++) {
        rows.copy(nodeBytes, 1, from + 2 * at * hashBytes, from + 2 * (at + 1) * hashBytes)
        rows.write(sha256(nodeBytes), to + at * hashBytes, 'latin1')
      }
    }
    const opened = { width, rows, used: true }
    this.#makeRoom()
    this.#tiles.set(level * tilesMax + tile, opened)
    return opened
  }

  /** The oldest that was not used since it was last looked at goes. */
  #makeRoom(): void {
    for (const [key, tile] of this.#tiles) {
      if (this.#tiles.size < this.#countMax) return
      this.#tiles.delete(key)
      if (!tile.used) continue
      tile.used = false
      this.#tiles.set(key, tile)
    }
  }
}
