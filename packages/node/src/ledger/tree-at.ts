import type { HashStore } from './hash-store.ts'
import type { Hash } from './hash.ts'
import { Tree } from './tree.ts'
import type { TreeState } from './tree.ts'

const tileHeight = 8
const tileWidth = 256
const hashBytes = 32

const nowhere = { put: () => undefined }

export const emptyRoot: Hash = new Tree(nowhere).root()

/** The tree of the first `size` leaves, made from their flushed hashes: at most 255 of each level are read. */
export async function treeAt(hashes: HashStore, size: number): Promise<TreeState> {
  const peaks: (Hash | undefined)[] = []
  for (let level = 0, width = size; width > 0; level++, width = Math.floor(width / tileWidth)) {
    const open = width % tileWidth
    const bytes = await hashes.hashes(level, width - open, open)
    const tile = new Tree(nowhere)
    for (let at = 0; at < open; at++) {
      tile.append(bytes.toString('latin1', at * hashBytes, (at + 1) * hashBytes))
    }
    for (const [height, peak] of tile.state().peaks.entries()) peaks[level * tileHeight + height] = peak
  }
  // A hole in an array is skipped by some loops; a missing peak is not.
  return { size, peaks: Array.from(peaks, (peak) => peak) }
}

/** The root of the first `size` leaves, made from their flushed hashes. */
export async function rootAt(hashes: HashStore, size: number): Promise<Hash> {
  return rootOf(await treeAt(hashes, size))
}

export function rootOf(state: TreeState): Hash {
  const tree = new Tree(nowhere)
  tree.restore(state)
  return tree.root()
}
