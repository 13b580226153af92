import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTilePath, tileNumber, tilePath, tilesOf } from './tile.ts'
import type { TileCount } from './tile.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: tile layout vectors, because ../shared/data is not here')

interface Layout {
  paths: { n: number; path: string }[]
  sizes: { size: number; tiles: TileCount[] }[]
}

test.runIf(present)('numbers and counts tiles as the specification does', () => {
  const layout = JSON.parse(readFileSync(`${folder}/ledger/tile-layout.json`, 'utf8')) as Layout
  for (const { n, path } of layout.paths) expect(tileNumber(n)).toBe(path)
  for (const { size, tiles } of layout.sizes) expect(tilesOf(size), String(size)).toEqual(tiles)
})

test('every path is read back as what it was written from', () => {
  const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const))
  fc.assert(
    fc.property(level, fc.nat({ max: 2 ** 45 }), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
      expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width })
    }),
  )
})

test.each([
  'tile/0/0',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/01',
  'tile/0/x000/001',
  'tile/0/001/x001',
  'tile/64/000',
  'tile/00/000',
  'tile/-1/000',
  'tile/entries/../../etc',
  'tile/0/000/',
  'tile/0/x999/x999/x999/x999/x999/x999/999',
  `tile/0/${'x001/'.repeat(1000)}001`,
  '',
])('refuses the path %s', (path) => {
  expect(parseTilePath(path)).toBeUndefined()
})

test('a mutated path is refused, or is the one way to write what it says', () => {
  const path = fc
    .record({
      level: fc.integer({ min: 0, max: 63 }),
      index: fc.nat({ max: 2 ** 40 }),
      width: fc.integer({ min: 1, max: 256 }),
    })
    .map((tile) => tilePath(tile))
  const put = fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('x', '/', '0', '.p/', '..', '%2e'))
  fc.assert(
    fc.property(path, fc.nat(), fc.nat({ max: 2 }), put, (path, at, cut, put) => {
      const from = at % (path.length + 1)
      const changed = path.slice(0, from) + put + path.slice(from + cut)
      const tile = parseTilePath(changed)
      if (tile !== undefined) expect(tilePath(tile)).toBe(changed)
    }),
    { numRuns: 2000 },
  )
})
