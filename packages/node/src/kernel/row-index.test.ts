import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowIndex } from './row-index.ts'

test('holds what a set of pairs would hold, whatever is added and removed', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'add', 'remove'),
    // Few hashes, so that many rows share one, also such as lie at the end of the table.
    hash: fc.constantFrom(0, 1, 63, 64, 127, 0xffffffff),
    row: fc.nat(20),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new RowIndex()
      const pairs = new Set<string>()
      for (const { what, hash, row } of steps) {
        if (what === 'add') {
          index.add(hash, row)
          pairs.add(`${hash} ${row}`)
        } else {
          index.remove(hash, row)
          pairs.delete(`${hash} ${row}`)
        }
      }
      const found = [0, 1, 63, 64, 127, 0xffffffff].flatMap((hash) =>
        index.all(hash).map((row) => `${hash} ${row}`),
      )
      expect(found.toSorted()).toEqual([...pairs].toSorted())
      expect(index.size).toBe(pairs.size)
    }),
  )
})

test('finds ten thousand rows after others were removed', () => {
  const index = new RowIndex()
  for (let row = 0; row < 20_000; row++) index.add(row * 7, row)
  for (let row = 0; row < 20_000; row += 2) index.remove(row * 7, row)
  expect(index.find(7 * 9999, (row) => row === 9999)).toBe(9999)
  expect(index.find(7 * 9998, () => true)).toBe(-1)
  expect(index.size).toBe(10_000)
})
