import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openLedger } from './ledger.ts'
import { checkProof, contents, logsIn } from './ledger-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-ledger-slow-'))
afterAll(() => rm(root, { recursive: true }))

const options = logsIn(root)

test('what was written is there after reopening, whatever it was', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(text, { maxLength: 40 }), { maxLength: 4 }), async (sittings) => {
      const where = await options()
      const expected: string[] = []
      for (const sitting of sittings) {
        await using ledger = await openLedger(where)
        await Promise.all(sitting.map((entry) => ledger.write(entry)))
        expected.push(...sitting)
      }
      await using ledger = await openLedger(where)
      expect((await contents(ledger)).slice(1)).toEqual(expected)
      for (const index of [0, ledger.size - 1]) {
        await checkProof(ledger, await ledger.prove(index), Buffer.from(await ledger.read(index)).toString())
      }
    }),
    { numRuns: 25 },
  )
})

test('memory does not grow with the log', async () => {
  const collect = globalThis.gc ?? (await exposedGc())
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  await using ledger = await openLedger(await options({ limits: { segmentBytesMax: 8 * 1024 * 1024 } }))
  const write = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 10_000) {
      await Promise.all(Array.from({ length: 10_000 }, (_, each) => ledger.write(`{"entry":${at + each}}`)))
    }
    await ledger.checkpoint(ledger.size)
    await ledger.prove(ledger.size - 1)
  }
  await write(100_000)
  const before = used()
  await write(400_000)
  // Every node in memory would be 25 MB.
  expect(used() - before).toBeLessThan(3_000_000)
})

async function exposedGc(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
