import { randomFillSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNote, parseVkey } from '@ambit/core/log/note'
import { afterAll, expect, test } from 'vitest'
import type { Clock } from '../kernel/clock.ts'
import { openLedger } from './ledger.ts'
import { logsIn, origin, signer } from './ledger-fixture.ts'

// What holds for every engine stands in engine-store.test.ts.
const root = mkdtempSync(join(tmpdir(), 'ambit-ledger-'))
afterAll(() => rm(root, { recursive: true }))

const options = logsIn(root)

test('publishes by itself within the merge delay, and at once on demand', async () => {
  const due: (() => void)[] = []
  const clock: Clock = {
    now: () => 1_800_000_000_000,
    monotonicMs: () => 0,
    random: (bytes) => Buffer.alloc(bytes, 5),
    fill: (buffer) => void randomFillSync(buffer),
    after: (ms, run) => {
      expect(ms).toBe(1000)
      due.push(run)
      return () => undefined
    },
  }
  await using ledger = await openLedger(await options({ clock, mergeDelayMs: 60_000 }))
  due.length = 0
  await ledger.write('a')
  await ledger.write('b')
  expect(ledger.state().publishedSize).toBe(1)
  expect(await ledger.checkpoint(2)).toContain(`${origin}\n3\n`)
  await ledger.write('c')
  for (const run of due.splice(0)) run()
  expect(await ledger.checkpoint(4)).toContain(`${origin}\n4\n`)
})

test('a signer reads like a verifier key', async () => {
  const key = await parseVkey(signer.vkey)
  if (!key.ok) throw new Error(key.reason)
  await using ledger = await openLedger(await options())
  expect((await openNote(await ledger.checkpoint(1), [key.verifier])).ok).toBe(true)
})
