import { Fault } from '@ambit/core/fault'
import { tileWidth } from '@ambit/core/log/tile'
import type { HashStore } from './hash-store.ts'
import type { Hash } from './hash.ts'
import { hashBytes, join, joinBytes, OpenedTiles, rowAt, tileHeight } from './opened-tiles.ts'
import type { OpenTile } from './opened-tiles.ts'

/** Right edges of trees kept: proofs are asked for the checkpoints published last. */
const edgesMax = 8

/** A perfect subtree: 2^height leaves from `position` · 2^height on. */
interface Node {
  readonly height: number
  readonly position: number
}

/** What proofs in a tree of one size share: its perfect subtrees from left to right, and what joins them. */
interface Edge {
  readonly root: Hash
  readonly peaks: readonly { readonly end: number; readonly height: number; readonly hash: Hash }[]
  /** For each of them the root over all that follow it; undefined for the last. */
  readonly after: readonly (Hash | undefined)[]
}

/** Makes inclusion and consistency proofs from tiles. */
export class Prover {
  #tiles: OpenedTiles
  #edges = new Map<number, Edge>()

  constructor(hashes: HashStore, tilesMax: number) {
    this.#tiles = new OpenedTiles(hashes, tilesMax)
  }

  /**
   * The inclusion path (RFC 9162 section 2.1.3.1) of a leaf in the tree of a size whose tiles are flushed, checked
   * against the root that was signed for that size: a damaged tile gives `ledger.corrupt`, never a wrong proof.
   */
  async path(index: number, size: number, root: Hash): Promise<Uint8Array[]> {
    const known = this.#edges.get(size)
    const edge = known?.root === root ? known : await this.#openEdge(size, root)
    const at = edge.peaks.findIndex((peak) => index < peak.end)
    const peak = edge.peaks[at]!
    const below = Buffer.allocUnsafe((peak.height + edge.peaks.length) * hashBytes)
    let hash = ''
    let count = 0
    for (let level = 0; level === 0 || level * tileHeight < peak.height; level++) {
      const entry = Math.floor(index / tileWidth ** level)
      const opening = this.#tiles.open(level, Math.floor(entry / tileWidth), size)
      const tile = opening instanceof Promise ? await opening : opening
      const rows = Math.min(tileHeight, peak.height - level * tileHeight)
      if (level === 0) hash = hashIn(tile, 0, entry % tileWidth)
      for (let row = 0; row < rows; row++) {
        const position = (entry % tileWidth) >> row
        const from = rowAt(row) + (position ^ 1) * hashBytes
        hash = joinBytes(hash, tile.rows, from, position % 2 === 1)
        tile.rows.copy(below, count++ * hashBytes, from, from + hashBytes)
      }
    }
    if (hash !== peak.hash) throw this.#corrupt(index, size)
    const after = edge.after[at]
    if (after !== undefined) below.write(after, count++ * hashBytes, 'latin1')
    for (let left = at - 1; left >= 0; left--)
      below.write(edge.peaks[left]!.hash, count++ * hashBytes, 'latin1')
    return split(below, count)
  }

  /** The consistency path between two sizes whose tiles are flushed (RFC 9162 section 2.1.4.1). */
  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    const path: Uint8Array[] = []
    for (const nodes of consistencyNodes(from, to)) {
      const hashes: Hash[] = []
      for (const node of nodes) hashes.push(await this.#nodeHash(node, to))
      path.push(
        Buffer.from(
          hashes.reduceRight((right, left) => join(left, right)),
          'latin1',
        ),
      )
    }
    return path
  }

  /** Reads the right edge of a tree and holds it against its root. */
  async #openEdge(size: number, root: Hash): Promise<Edge> {
    const peaks: Edge['peaks'][number][] = []
    let end = 0
    for (const node of perfect(0, size)) {
      end += 2 ** node.height
      peaks.push({ end, height: node.height, hash: await this.#nodeHash(node, size) })
    }
    const after: (Hash | undefined)[] = []
    let right: Hash | undefined
    for (const [at, peak] of [...peaks.entries()].toReversed()) {
      after[at] = right
      right = right === undefined ? peak.hash : join(peak.hash, right)
    }
    if (right !== root) throw this.#corrupt(size - 1, size)
    const edge = { root, peaks, after }
    for (const oldest of this.#edges.keys()) if (this.#edges.size >= edgesMax) this.#edges.delete(oldest)
    this.#edges.set(size, edge)
    return edge
  }

  async #nodeHash({ height, position }: Node, size: number): Promise<Hash> {
    const row = height % tileHeight
    const inRow = tileWidth >> row
    const tile = await this.#tiles.open((height - row) / tileHeight, Math.floor(position / inRow), size)
    return hashIn(tile, row, position % inRow)
  }

  /** What was read is forgotten, so that a file that was restored is read anew. */
  #corrupt(index: number, size: number): Fault {
    this.#tiles.clear()
    this.#edges.clear()
    return new Fault('ledger.corrupt', {
      detail: 'stored tiles do not lead to the signed root',
      where: `tiles of index ${index} at size ${size}`,
    })
  }
}

function hashIn(tile: OpenTile, row: number, at: number): Hash {
  const start = rowAt(row) + at * hashBytes
  return tile.rows.toString('latin1', start, start + hashBytes)
}

function split(hashes: Buffer, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => hashes.subarray(at * hashBytes, (at + 1) * hashBytes))
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
