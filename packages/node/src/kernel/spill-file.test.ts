import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { SpillFile } from './spill-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'ambit-spill-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe.each([
  ['in a file', directory],
  ['in memory', undefined],
] as const)('what was put aside %s', (_where, folder) => {
  test('comes back as it was, whatever is put and given up', () => {
    const step = fc.record({ size: fc.constantFrom(0, 1, 255, 256, 257, 5000, 70_000), drop: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        using spill = new SpillFile(folder)
        const there: { readonly place: number; readonly length: number; readonly text: string }[] = []
        for (const [at, { size, drop }] of steps.entries()) {
          const text = `é${at} `.repeat(size).slice(0, size)
          there.push({ ...spill.put(text), text })
          const dropped = drop < there.length && drop % 2 === 0 ? there.splice(drop, 1)[0] : undefined
          if (dropped !== undefined) spill.free(dropped.place, dropped.length)
        }
        for (const { place, length, text } of there) expect(spill.get(place, length)).toBe(text)
      }),
      { numRuns: 50 },
    )
  })
})

test('leaves no file that somebody could find, and uses a place again', () => {
  using spill = new SpillFile(directory)
  const { place, length } = spill.put('one')
  expect(readdirSync(directory)).toEqual([])
  spill.free(place, length)
  expect(spill.put('two').place).toBe(place)
  expect(spill.get(place, length)).toBe('two')
})
