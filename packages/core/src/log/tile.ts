import { parseCount } from './checkpoint.ts'

/** Hashes in a full tile, and entries in a full bundle (c2sp.org/tlog-tiles). */
export const tileWidth = 256
/** The longest entry a bundle can carry: its length is 16 bits. */
export const bundleEntryBytesMax = 65_535
const levelMax = 63

/** A tile of hashes at a level, or (level `entries`) a bundle of entries. */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  /** 1 to 256; below 256 the tile is partial. */
  readonly width: number
}

/** Path of a tile below the address of its log: `tile/0/x001/234.p/5`. */
export function tilePath(tile: Tile): string {
  const partial = tile.width === tileWidth ? '' : `.p/${tile.width}`
  return `tile/${tile.level}/${tileNumber(tile.index)}${partial}`
}

/** Groups of three digits, all but the last marked with an x: 1234067 is `x001/x234/067`. */
export function tileNumber(index: number): string {
  let path = String(index % 1000).padStart(3, '0')
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  }
  return path
}

/** Reads the path of a tile; undefined for anything that `tilePath` would not write. */
export function parseTilePath(path: string): Tile | undefined {
  const form = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/
  const match = path.length > 100 ? null : form.exec(path)
  if (match === null) return undefined
  const [, levelText = '', number = '', widthText] = match
  const level = levelText === 'entries' ? levelText : parseCount(levelText)
  const index = Number(number.replaceAll(/[x/]/g, ''))
  const width = widthText === undefined ? tileWidth : Number(widthText)
  if (level === undefined || (level !== 'entries' && level > levelMax) || !Number.isSafeInteger(index)) {
    return undefined
  }
  const tile: Tile = { level, index, width }
  // Writing it again refuses leading groups of zeros and a partial width of 256.
  return tilePath(tile) === path ? tile : undefined
}

/** Hashes that a tree of this size has at a level: only full tiles below count. */
export function levelWidth(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level)
}

export interface TileCount {
  readonly level: number
  readonly full: number
  /** Width of the partial tile; 0 means that there is none. */
  readonly partial: number
}

/** The tiles of a tree of this size, level by level. */
export function tilesOf(size: number): TileCount[] {
  const counts: TileCount[] = []
  for (let level = 0; levelWidth(level, size) > 0; level++) {
    const width = levelWidth(level, size)
    counts.push({ level, full: Math.floor(width / tileWidth), partial: width % tileWidth })
  }
  return counts
}
