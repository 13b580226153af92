import { Fault } from '@ambit/core/fault'
import { levelWidth, tileWidth } from '@ambit/core/log/tile'
import type { HashStore } from './hash-store.ts'
import { sha256 } from './hash.ts'
import type { Hash } from './hash.ts'

const hashBytes = 32
const tileHeight = 8

/** A perfect subtree: 2^height leaves from `position` · 2^height on. */
interface Node {
  readonly height: number
  readonly position: number
}

/** A tile with the rows above its hashes: row r joins 2^r of them. */
interface OpenTile {
  readonly width: number
  readonly rows: Buffer
}

/** Makes inclusion proofs from tiles; the tiles used last stay in memory, opened (16 KiB each). */
export class Prover {
  #hashes: HashStore
  #tilesMax: number
  #tiles = new Map<string, OpenTile>()

  constructor(hashes: HashStore, tilesMax: number) {
    this.#hashes = hashes
    this.#tilesMax = tilesMax
  }

  /**
   * The inclusion path of a leaf in the tree of a size whose tiles are flushed, checked against the root that was
   * signed for that size: a damaged tile gives `ledger.corrupt`, never a wrong proof.
   */
  async path(index: number, size: number, root: Hash): Promise<Uint8Array[]> {
    const siblings = siblingsOf(index, size)
    const wanted: Node[] = [{ height: 0, position: index }, ...siblings.flatMap((nodes) => [...nodes])]
    const tiles = await this.#open(wanted, size)
    const hashes = siblings.map((nodes) => joinAll(nodes.map((node) => nodeIn(tiles, node))))
    if (climb(index, size, nodeIn(tiles, wanted[0]!), hashes) !== root) {
      throw new Fault('ledger.corrupt', {
        detail: 'stored tiles do not lead to the signed root',
        where: `tiles of index ${index} at size ${size}`,
      })
    }
    return hashes.map((hash) => Buffer.from(hash, 'latin1'))
  }

  /** The consistency path between two sizes whose tiles are flushed (RFC 9162 section 2.1.4.1). */
  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    const groups = consistencyNodes(from, to)
    const tiles = await this.#open(groups.flat(), to)
    return groups.map((nodes) => Buffer.from(joinAll(nodes.map((node) => nodeIn(tiles, node))), 'latin1'))
  }

  async #open(nodes: readonly Node[], size: number): Promise<Map<string, OpenTile>> {
    const tiles = new Map<string, OpenTile>()
    for (const node of nodes) {
      const { level, tile } = tileOf(node)
      const key = `${level}/${tile}`
      if (tiles.has(key)) continue
      const width = Math.min(tileWidth, levelWidth(level, size) - tile * tileWidth)
      const known = this.#tiles.get(key)
      const opened =
        known !== undefined && known.width >= width ? known : await this.#load(level, tile, width)
      tiles.set(key, opened)
      this.#tiles.delete(key)
      this.#tiles.set(key, opened)
    }
    for (const oldest of this.#tiles.keys()) {
      if (this.#tiles.size <= this.#tilesMax) break
      this.#tiles.delete(oldest)
    }
    return tiles
  }

  async #load(level: number, tile: number, width: number): Promise<OpenTile> {
    const rows = Buffer.alloc(2 * tileWidth * hashBytes)
    rows.set(await this.#hashes.hashes(level, tile * tileWidth, width))
    for (let row = 1; width >> row > 0; row++) {
      for (let at = 0; at < width >> row; at++) {
        const left = hashIn(rows, row - 1, 2 * at)
        rows.write(join(left, hashIn(rows, row - 1, 2 * at + 1)), rowAt(row) + at * hashBytes, 'latin1')
      }
    }
    return { width, rows }
  }
}

/** Siblings on the way from a leaf to the root (RFC 9162 section 2.1.3.1), each as perfect subtrees from left to right. */
function siblingsOf(index: number, size: number): Node[][] {
  const siblings: Node[][] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const split = start + splitOf(end - start)
    if (index < split) {
      siblings.push(perfect(split, end))
      end = split
    } else {
      siblings.push(perfect(start, split))
      start = split
    }
  }
  return siblings.reverse()
}

/** SUBPROOF of RFC 9162 section 2.1.4.1, each hash as perfect subtrees from left to right. */
function consistencyNodes(from: number, to: number): Node[][] {
  const groups: Node[][] = []
  let start = 0
  let end = to
  let whole = true
  while (end !== from) {
    const split = start + splitOf(end - start)
    if (from <= split) {
      groups.push(perfect(split, end))
      end = split
    } else {
      groups.push(perfect(start, split))
      start = split
      whole = false
    }
  }
  if (!whole) groups.push(perfect(start, end))
  return groups.reverse()
}

/** The largest power of two below a count. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

function perfect(start: number, end: number): Node[] {
  const nodes: Node[] = []
  for (let at = start; at < end;) {
    let height = 0
    while (2 ** (height + 1) <= end - at) height++
    nodes.push({ height, position: at / 2 ** height })
    at += 2 ** height
  }
  return nodes
}

function tileOf(node: Node): { level: number; tile: number; row: number; at: number } {
  const row = node.height % tileHeight
  const inRow = tileWidth >> row
  return {
    level: (node.height - row) / tileHeight,
    tile: Math.floor(node.position / inRow),
    row,
    at: node.position % inRow,
  }
}

function nodeIn(tiles: ReadonlyMap<string, OpenTile>, node: Node): Hash {
  const { level, tile, row, at } = tileOf(node)
  return hashIn(tiles.get(`${level}/${tile}`)!.rows, row, at)
}

/** Rows lie one behind the other: 256 hashes, 128, 64 … */
function rowAt(row: number): number {
  return (2 * tileWidth - ((2 * tileWidth) >> row)) * hashBytes
}

function hashIn(rows: Buffer, row: number, at: number): Hash {
  const start = rowAt(row) + at * hashBytes
  return rows.toString('latin1', start, start + hashBytes)
}

const nodeBytes = Buffer.alloc(1 + 2 * hashBytes, 1)

function join(left: Hash, right: Hash): Hash {
  nodeBytes.write(left, 1, 'latin1')
  nodeBytes.write(right, 1 + hashBytes, 'latin1')
  return sha256(nodeBytes)
}

/** Perfect subtrees of falling height join from the right. */
function joinAll(hashes: readonly Hash[]): Hash {
  return hashes.slice(0, -1).reduceRight((right, left) => join(left, right), hashes.at(-1)!)
}

/** The root that a path leads to (RFC 9162 section 2.1.3.2, for a path of the right length). */
function climb(index: number, size: number, leaf: Hash, path: readonly Hash[]): Hash {
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of path) {
    if (node % 2 === 1 || node === last) {
      hash = join(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = join(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return hash
}
