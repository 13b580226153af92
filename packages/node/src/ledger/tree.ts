import type { Hash } from './hash.ts'
import { sha256 } from './hash.ts'

/** Takes the hashes of finished tiles: leaves at level 0, roots of 256 hashes of the level below above it. */
export interface TileHashes {
  put(level: number, index: number, hash: Hash): void
}

export interface TreeState {
  readonly size: number
  /** By height; undefined where the size has a zero bit. */
  readonly peaks: readonly (Hash | undefined)[]
}

/** Height of a tile: it joins 2^8 hashes. */
const tileHeight = 8
const emptyRoot = sha256(new Uint8Array(0))

/** The compact range of a log (RFC 9162 section 2.1): the roots of its perfect subtrees, at most one for each height. */
export class Tree {
  #size = 0
  #peaks: (Hash | undefined)[] = []
  #tiles: TileHashes
  // 0x01 ‖ left ‖ right, filled again for every node.
  #node = Buffer.alloc(65, 1)

  constructor(tiles: TileHashes) {
    this.#tiles = tiles
  }

  get size(): number {
    return this.#size
  }

  /** Adds a leaf by its hash; joins as many subtrees as the size has trailing ones. */
  append(leaf: Hash): void {
    const index = this.#size++
    const peaks = this.#peaks
    this.#tiles.put(0, index, leaf)
    let hash = leaf
    let height = 0
    let rest = index
    while (rest % 2 === 1) {
      hash = this.#join(peaks[height]!, hash)
      peaks[height] = undefined
      rest = (rest - 1) / 2
      height++
      if (height % tileHeight === 0) this.#tiles.put(height / tileHeight, rest, hash)
    }
    peaks[height] = hash
  }

  /** The root of all leaves so far. */
  root(): Hash {
    let root: Hash | undefined
    for (const peak of this.#peaks) {
      if (peak !== undefined) root = root === undefined ? peak : this.#join(peak, root)
    }
    return root ?? emptyRoot
  }

  state(): TreeState {
    return { size: this.#size, peaks: [...this.#peaks] }
  }

  restore(state: TreeState): void {
    this.#size = state.size
    this.#peaks = [...state.peaks]
  }

  #join(left: Hash, right: Hash): Hash {
    this.#node.write(left, 1, 'latin1')
    this.#node.write(right, 33, 'latin1')
    return sha256(this.#node)
  }
}

/** The state whose perfect subtrees, lowest first, are these. */
export function treeState(size: number, peaks: readonly Hash[]): TreeState {
  const byHeight: (Hash | undefined)[] = []
  let next = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2))
    byHeight.push(rest % 2 === 1 ? peaks[next++] : undefined)
  return { size, peaks: byHeight }
}

/** Perfect subtrees, lowest first, as a segment's header keeps them. */
export function peaksOf(state: TreeState): Hash[] {
  return state.peaks.filter((peak) => peak !== undefined)
}
