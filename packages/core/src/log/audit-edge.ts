import { equalBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { checkpointPath, readTile } from './source.ts'
import type { FileRead, LogSource } from './source.ts'
import { tilePath, tilesOf } from './tile.ts'
import { hashesBelow, tileFinding } from './tile-check.ts'
import type { HashTile } from './tile-check.ts'
import type { TreeHead } from './tile-prover.ts'
import { joinedRoot } from './tree-hash.ts'
import type { TreeHashing } from './tree-hash.ts'

type Hashes = readonly Bytes[]

/** The partial tiles at the right edge of a tree: their hashes together make the root. */
export interface Edge {
  /** From the highest level down, which is the order of the entries below them. */
  readonly tiles: readonly { readonly tile: HashTile; readonly hashes: Hashes }[]
  /** Whether the hashes lead to the root, so that everything below can be held against them. */
  readonly rooted: boolean
  readonly findings: readonly Finding[]
}

/**
 * Reads the right edge of a tree. Where it does not lead to the root, each tile is replaced by what lies below it, alone
 * and then all at once, to tell which file is wrong; if that does not help either, the log serves another tree.
 */
export async function readEdge(source: LogSource, hashing: TreeHashing, head: TreeHead): Promise<Edge> {
  const tiles = edgeTiles(head.size)
  const reads = await Promise.all(tiles.map((tile) => readTile(source, tile.level, tile.index, tile.width)))
  const leads = async (levels: readonly (Hashes | undefined)[]): Promise<boolean> =>
    levels.every((level) => level !== undefined) && equalBytes(await edgeRoot(hashing, levels), head.root)
  const asRead = reads.map((read) => (read.ok ? read.value : undefined))
  if (await leads(asRead)) return edgeOf(tiles, asRead, true, [])

  const below: (Hashes | undefined)[] = []
  for (const tile of tiles) below.push(await hashesBelow(source, hashing, tile))
  for (const at of tiles.keys()) {
    const mended = asRead.with(at, below[at])
    if (await leads(mended))
      return edgeOf(tiles, mended, true, [tileFinding(tiles[at]!, reads[at]!, below[at])])
  }
  const differing = tiles.flatMap((tile, at) =>
    same(asRead[at], below[at]) ? [] : [tileFinding(tile, reads[at]!, below[at])],
  )
  if (await leads(below)) return edgeOf(tiles, below, true, differing)
  return edgeOf(tiles, asRead, false, [...differing, otherTree(tiles, reads)])
}

function edgeTiles(size: number): HashTile[] {
  return tilesOf(size)
    .filter(({ partial }) => partial > 0)
    .map(({ level, full, partial }) => ({ level, index: full, width: partial }))
    .reverse()
}

/** The root over the edge: what a lower level holds is the last and smaller neighbour of the level above. */
async function edgeRoot(hashing: TreeHashing, levels: readonly (Hashes | undefined)[]): Promise<Uint8Array> {
  let lower: Uint8Array | undefined
  for (const hashes of levels.toReversed()) {
    lower = await joinedRoot(hashing, lower === undefined ? hashes! : [...hashes!, lower])
  }
  return lower!
}

function edgeOf(
  tiles: readonly HashTile[],
  levels: readonly (Hashes | undefined)[],
  rooted: boolean,
  findings: readonly Finding[],
): Edge {
  const known = tiles.flatMap((tile, at) => {
    const hashes = levels[at]
    return hashes === undefined ? [] : [{ tile, hashes }]
  })
  return { tiles: known, rooted, findings }
}

function same(left: Hashes | undefined, right: Hashes | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return left.every((hash, at) => equalBytes(hash, right[at]!))
}

function otherTree(tiles: readonly HashTile[], reads: readonly FileRead<Hashes>[]): Finding {
  const names = tiles.filter((_, at) => reads[at]?.ok).map((tile) => tilePath(tile))
  const what =
    names.length === 0
      ? 'no tile at the end of the log can be read, so nothing leads to the root of the checkpoint'
      : `${names.join(', ')} do not lead to the root of the checkpoint`
  return finding('root', checkpointPath, what, 0)
}
