import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { closedLog } from './audit-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-audit-'))
afterAll(() => rm(root, { recursive: true }))

test('finds a flipped bit in any byte of the checkpoint and in each part of all other files', async () => {
  const folder = await closedLog(root)
  expect(await folder.flips({ segments: 41, checkpoint: 1, tiles: 13 })).toBeGreaterThan(2000)
}, 180_000)
