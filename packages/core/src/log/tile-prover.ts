import { equalBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { Fault } from '../fault.ts'
import type { Checkpoint } from './checkpoint.ts'
import { emptyRoot, verifyConsistency, verifyInclusion } from './merkle.ts'
import { readBundle, readTile } from './source.ts'
import type { FileRead, LogSource } from './source.ts'
import { levelWidth, tileWidth } from './tile.ts'
import { joinedRoot, leafHashes, webHashing } from './tree-hash.ts'
import type { TreeHashing } from './tree-hash.ts'
import { consistencyRanges, inclusionRanges } from './tree-path.ts'
import type { Range } from './tree-path.ts'

/** Tiles kept: 8 KiB each. A proof touches one tile for each level, twice at most. */
const tilesMaxDefault = 64
const tileHeight = 8

/** A log of which a checkpoint is known: its size and root. */
export type TreeHead = Pick<Checkpoint, 'size' | 'root'>

/**
 * Makes proofs from the tiles of a log, as any reader can. Each proof is held against the root before it is given away,
 * so that a damaged tile is a Fault `ledger.damaged` and never a wrong proof. Throws `ledger.missing` for a file that is
 * not there and `ledger.unreachable` when nobody can be asked.
 *
 * @example
 * ```ts
 * const prover = new TileProver(source)
 * const hashes = await prover.inclusion(12, checkpoint)
 * ```
 */
export class TileProver {
  #source: LogSource
  #hashing: TreeHashing
  #tilesMax: number
  #tiles = new Map<string, readonly Bytes[]>()

  constructor(source: LogSource, hashing: TreeHashing = webHashing, tilesMax: number = tilesMaxDefault) {
    this.#source = source
    this.#hashing = hashing
    this.#tilesMax = tilesMax
  }

  /** The inclusion path of a leaf (RFC 9162 section 2.1.3.1). */
  async inclusion(index: number, head: TreeHead): Promise<Uint8Array[]> {
    this.#checkIndex(index, head.size)
    const proof = await this.#hashes(inclusionRanges(index, head.size), head.size)
    const leaf = await this.leafHash(index, head.size)
    const verdict = await verifyInclusion({ index, size: head.size, leaf, proof, root: head.root })
    if (!verdict.ok) throw contradiction(`the tiles over entry ${index}`, head.size, verdict.reason)
    return proof
  }

  /** The path from an older tree to this one (RFC 9162 section 2.1.4.1); the older root is the caller's to check. */
  async consistency(oldSize: number, head: TreeHead): Promise<Uint8Array[]> {
    if (!Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > head.size) {
      throw new Fault('ledger.not-found', {
        detail: `a log of ${head.size} entries does not continue one of ${oldSize}`,
      })
    }
    if (oldSize === head.size) return []
    const proof = await this.#hashes(consistencyRanges(oldSize, head.size), head.size)
    const oldRoot = await this.#root(oldSize, head.size)
    const verdict = await verifyConsistency({ oldSize, oldRoot, size: head.size, root: head.root, proof })
    if (!verdict.ok) throw contradiction(`the tiles up to entry ${oldSize}`, head.size, verdict.reason)
    return proof
  }

  /** The root that the tiles give for this size; nothing holds it against a checkpoint. */
  async root(size: number): Promise<Uint8Array> {
    return size === 0 ? await emptyRoot() : await this.#root(size, size)
  }

  async leafHash(index: number, size: number): Promise<Bytes> {
    this.#checkIndex(index, size)
    const tile = await this.#tile(0, Math.floor(index / tileWidth), size)
    return tile[index % tileWidth]!
  }

  /** An entry, held against its leaf hash. */
  async entry(index: number, size: number): Promise<Bytes> {
    this.#checkIndex(index, size)
    const bundle = Math.floor(index / tileWidth)
    const entries = fileValue(await readBundle(this.#source, bundle, widthOf(0, bundle, size)))
    const entry = entries[index % tileWidth]!
    const [hash] = await leafHashes(this.#hashing, [entry])
    if (!equalBytes(hash!, await this.leafHash(index, size))) {
      throw contradiction(`entry ${index}`, size, 'the entry is not the one that its tile has the hash of')
    }
    return entry
  }

  #checkIndex(index: number, size: number): void {
    if (Number.isSafeInteger(index) && index >= 0 && index < size) return
    throw new Fault('ledger.not-found', { detail: `a log of ${size} entries has none at ${index}` })
  }

  async #hashes(ranges: readonly Range[], size: number): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = []
    for (const range of ranges) hashes.push(await this.#rangeHash(range, size))
    return hashes
  }

  async #root(of: number, size: number): Promise<Uint8Array> {
    return await this.#rangeHash({ start: 0, end: of }, size)
  }

  /** The hash over a range that is a node of the tree: perfect subtrees of falling height, joined from the right. */
  async #rangeHash(range: Range, size: number): Promise<Uint8Array> {
    let hash: Uint8Array | undefined
    for (const { height, position } of perfectSubtrees(range).reverse()) {
      const level = Math.floor(height / tileHeight)
      const inTile = 2 ** (height % tileHeight)
      const first = position * inTile
      const tile = await this.#tile(level, Math.floor(first / tileWidth), size)
      const left = await joinedRoot(
        this.#hashing,
        tile.slice(first % tileWidth, (first % tileWidth) + inTile),
      )
      hash = hash === undefined ? left : await joinedRoot(this.#hashing, [left, hash])
    }
    return hash!
  }

  async #tile(level: number, index: number, size: number): Promise<readonly Bytes[]> {
    const key = `${level}/${index}`
    const width = widthOf(level, index, size)
    const known = this.#tiles.get(key)
    const tile =
      known !== undefined && known.length >= width
        ? known
        : fileValue(await readTile(this.#source, level, index, width))
    // The one used last goes to the end; the first is the one that nobody asked for the longest.
    this.#tiles.delete(key)
    this.#tiles.set(key, tile)
    for (const oldest of this.#tiles.keys()) {
      if (this.#tiles.size <= this.#tilesMax) break
      this.#tiles.delete(oldest)
    }
    return tile
  }
}

/** Width of a tile in the tree of a size, 256 at most. */
export function widthOf(level: number, index: number, size: number): number {
  return Math.min(tileWidth, levelWidth(level, size) - index * tileWidth)
}

function perfectSubtrees({ start, end }: Range): { height: number; position: number }[] {
  const subtrees: { height: number; position: number }[] = []
  for (let at = start; at < end;) {
    let height = 0
    while (2 ** (height + 1) <= end - at) height++
    subtrees.push({ height, position: at / 2 ** height })
    at += 2 ** height
  }
  return subtrees
}

/** What a file holds, or the fault that says why not. */
export function fileValue<Value>(read: FileRead<Value>): Value {
  if (read.ok) return read.value
  const { problem, file, what } = read
  throw new Fault(problem === 'missing' ? 'ledger.missing' : 'ledger.damaged', { detail: what, where: file })
}

function contradiction(what: string, size: number, reason: string): Fault {
  return new Fault('ledger.damaged', {
    detail: `${what} do not belong to the checkpoint of size ${size}: ${reason}`,
    where: what,
  })
}
