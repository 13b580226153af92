import { bundleEntryBytesMax, levelWidth, parseTilePath, tileWidth } from '@ambit/core/log/tile'
import type { Engine } from './engine.ts'
import type { SignedHead } from './guard.ts'

/** A file of the log's public interface (c2sp.org/tlog-tiles). */
export interface LogFile {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly cacheControl: string
}

/** A checkpoint grows old within the merge delay. */
const checkpointCache = 'no-cache'
/** Tiles never change: a partial one keeps its width in its name. */
const tileCache = 'public, max-age=31536000, immutable'

/**
 * The file at a path below the address of the log: `checkpoint`, `tile/<level>/<number>[.p/<width>]` or
 * `tile/entries/<number>[.p/<width>]`. Undefined for what the published log does not hold.
 */
export async function logFile(
  path: string,
  published: SignedHead,
  engine: Engine,
): Promise<LogFile | undefined> {
  if (path === 'checkpoint') {
    const bytes = Buffer.from(published.checkpoint)
    return { bytes, contentType: 'text/plain; charset=utf-8', cacheControl: checkpointCache }
  }
  const tile = parseTilePath(path)
  if (tile === undefined) return undefined
  const level = tile.level === 'entries' ? 0 : tile.level
  if (tile.index * tileWidth + tile.width > levelWidth(level, published.size)) return undefined
  const bytes =
    tile.level === 'entries'
      ? bundleBytes(await engine.bundle(tile.index, tile.width))
      : await engine.hashes.hashes(tile.level, tile.index * tileWidth, tile.width)
  return { bytes, contentType: 'application/octet-stream', cacheControl: tileCache }
}

/** An entry bundle: each entry behind its length in 16 bits. */
function bundleBytes(entries: readonly Buffer[]): Buffer {
  const parts: Buffer[] = []
  for (const entry of entries) {
    if (entry.length > bundleEntryBytesMax) throw new RangeError('an entry is longer than a bundle can carry')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(entry.length)
    parts.push(length, entry)
  }
  return Buffer.concat(parts)
}
