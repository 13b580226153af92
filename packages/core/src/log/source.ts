import type { Bytes } from '../bytes.ts'
import { hashBytes } from './merkle.ts'
import { bundleEntryBytesMax, parseTilePath, tilePath, tileWidth } from './tile.ts'
import type { Tile } from './tile.ts'

/** The files of a log below its address, wherever they are: a server, a folder, memory (c2sp.org/tlog-tiles). */
export interface LogSource {
  /**
   * The bytes at a path as `tilePath` writes it, or at `checkpoint`; undefined where there is no such file. More than
   * `fileBytesMax` need not be read: one byte more is enough to see that the file is wrong. Throws a Fault
   * `ledger.unreachable` when nobody can be asked.
   */
  read(path: string): Promise<Uint8Array | undefined>
}

/** A file of a log is there and well-formed, or what is wrong with it. Attackers choose all of its bytes. */
export type FileRead<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false
      readonly problem: 'missing' | 'damaged'
      readonly file: string
      readonly what: string
    }

/** Path of the checkpoint below the address of its log. */
export const checkpointPath = 'checkpoint'
/** Path of the signed list of logs below the address of a series; its logs are beside it (`shards.ts`). */
export const listPath = 'shards'
/** The longest signed note: a checkpoint with a hundred signatures of ML-DSA-44 stays below half of this. */
const noteBytesMax = 1_000_000
const lengthBytes = 2
const bundleBytesMax = tileWidth * (lengthBytes + bundleEntryBytesMax)

/** The longest that a file at this path may be; 0 for a path that no log has. */
export function fileBytesMax(path: string): number {
  if (path === checkpointPath || path === listPath) return noteBytesMax
  const tile = parseTilePath(path)
  if (tile === undefined) return 0
  return tile.level === 'entries' ? bundleBytesMax : tile.width * hashBytes
}

/** Reads the hashes of a tile. Where a partial tile is gone, its full tile may stand for it (c2sp.org/tlog-tiles). */
export async function readTile(
  source: LogSource,
  level: number,
  index: number,
  width: number,
): Promise<FileRead<readonly Bytes[]>> {
  const file = await readWidest(source, { level, index, width })
  if (!file.ok) return file
  const { path, bytes, wide } = file.value
  const expected = wide * hashBytes
  if (bytes.length !== expected) {
    return damaged(path, `the tile has ${counted(bytes.length, expected)} instead of ${expected} bytes`)
  }
  const hashes: Bytes[] = []
  for (let at = 0; at < width; at++) hashes.push(bytes.subarray(at * hashBytes, (at + 1) * hashBytes))
  return { ok: true, value: hashes }
}

/** Reads the entries of a bundle: exactly as many as its name says and no byte more. */
export async function readBundle(
  source: LogSource,
  index: number,
  width: number,
): Promise<FileRead<readonly Bytes[]>> {
  const file = await readWidest(source, { level: 'entries', index, width })
  if (!file.ok) return file
  const { path, bytes, wide } = file.value
  const entries: Bytes[] = []
  let at = 0
  while (entries.length < wide) {
    const here = `entry ${index * tileWidth + entries.length}`
    if (at + lengthBytes > bytes.length) return damaged(path, `the bundle ends before ${here}`)
    const length = bytes[at]! * 256 + bytes[at + 1]!
    at += lengthBytes
    if (at + length > bytes.length) return damaged(path, `the bundle ends inside ${here}`)
    entries.push(bytes.subarray(at, at + length))
    at += length
  }
  if (at < bytes.length) {
    return damaged(path, `the bundle has ${bytes.length - at} bytes after its last entry`)
  }
  return { ok: true, value: entries.slice(0, width) }
}

interface Widest {
  readonly path: string
  readonly bytes: Bytes
  readonly wide: number
}

async function readWidest(source: LogSource, tile: Tile): Promise<FileRead<Widest>> {
  const path = tilePath(tile)
  const bytes = await source.read(path)
  if (bytes !== undefined) return { ok: true, value: { path, bytes: owned(bytes), wide: tile.width } }
  const full = tilePath({ ...tile, width: tileWidth })
  const more = full === path ? undefined : await source.read(full)
  if (more !== undefined) return { ok: true, value: { path: full, bytes: owned(more), wide: tileWidth } }
  return { ok: false, problem: 'missing', file: path, what: `the log does not serve ${contents(tile)}` }
}

/** Entries that a tile stands for, in words. */
export function contents(tile: Tile): string {
  const each = tile.level === 'entries' ? 1 : tileWidth ** tile.level
  const first = tile.index * tileWidth * each
  const last = first + tile.width * each - 1
  const range = first === last ? `entry ${first}` : `entries ${first} to ${last}`
  return tile.level === 'entries' ? range : `the hashes over ${range}`
}

function counted(length: number, expected: number): string {
  return length > expected ? `more (${length})` : String(length)
}

function damaged(file: string, what: string): FileRead<never> {
  return { ok: false, problem: 'damaged', file, what }
}

/** Web Crypto takes no view of shared memory; files that were read are never in one. */
function owned(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes)
}
