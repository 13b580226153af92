import { equalBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { contents, readBundle, readTile } from './source.ts'
import type { FileRead, LogSource } from './source.ts'
import { tilePath, tileWidth } from './tile.ts'
import type { Tile } from './tile.ts'
import { joinedRoot, leafHashes } from './tree-hash.ts'
import type { TreeHashing } from './tree-hash.ts'

/** A tile of hashes, not of entries. */
export interface HashTile extends Tile {
  readonly level: number
}

/** The hashes that a tile must have by what lies below it; undefined where that cannot be read. */
export async function hashesBelow(
  source: LogSource,
  hashing: TreeHashing,
  tile: HashTile,
): Promise<readonly Bytes[] | undefined> {
  if (tile.level === 0) {
    const entries = await readBundle(source, tile.index, tile.width)
    return entries.ok ? await leafHashes(hashing, entries.value) : undefined
  }
  const hashes: Bytes[] = []
  for (let at = 0; at < tile.width; at++) {
    const child = await readTile(source, tile.level - 1, tile.index * tileWidth + at, tileWidth)
    if (!child.ok) return undefined
    hashes.push((await joinedRoot(hashing, child.value)) as Bytes)
  }
  return hashes
}

/** What is wrong with a tile; `sound` are the hashes that it should hold, where they are known. */
export function tileFinding(
  tile: HashTile,
  read: FileRead<readonly Bytes[]>,
  sound: readonly Bytes[] | undefined,
): Finding {
  const path = tilePath(tile)
  const first = tile.index * tileWidth ** (tile.level + 1)
  if (!read.ok) {
    const unchecked = sound === undefined ? `; ${contents(tile)} could not be checked` : ''
    return finding(read.problem, read.file, `${read.what}${unchecked}`, first)
  }
  const at = sound?.findIndex((hash, each) => !equalBytes(hash, read.value[each]!)) ?? -1
  if (at < 0) {
    const what = `the tile is not the one that was signed, nor is what lies below it; ${contents(tile)} could not be checked`
    return finding('damaged', path, what, first)
  }
  const one = { level: tile.level - 1, index: tile.index * tileWidth + at, width: tileWidth }
  const over = tile.level === 0 ? `entry ${first + at}` : contents(one).replace('the hashes over ', '')
  const what = `hash ${at} of the tile is not the hash over ${over}`
  return finding('damaged', path, what, first + at * tileWidth ** tile.level)
}
