import { hash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { Bytes } from '../bytes.ts'
import { auditTree } from './audit.ts'
import { openCheckpoint } from './checkpoint.ts'
import { memorySource, testLogs } from './log-fixture.ts'
import type { TestLogs } from './log-fixture.ts'
import type { TreeHashing } from './tree-hash.ts'

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
const hashing: TreeHashing = { hashAll: (inputs) => inputs.map(sha256) }
let logs: TestLogs
beforeAll(async () => {
  logs = await testLogs('audit.example/log', sha256)
})

/** A log of so many entries, and a function that holds one changed file of it against its checkpoint. */
async function logOf(size: number) {
  const files = await logs.files(Array.from({ length: size }, (_, at) => `e${at}`))
  const opened = await openCheckpoint(files.get('checkpoint')!, logs.verifier)
  if (!opened.ok) throw new Error(opened.reason)
  const head = opened.checkpoint
  return {
    files: [...files].filter(([path]) => path !== 'checkpoint'),
    expectFound: async (path: string, bytes: Bytes, how: string): Promise<void> => {
      const source = memorySource(new Map(files).set(path, bytes))
      const { ok, findings } = await auditTree({ source, head, hashing })
      const named = findings.map((each) => each.file)
      if (ok || named.some((each) => each !== path)) expect({ ok, named }).toEqual({ path, how })
    },
  }
}

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice()
  copy[at]! ^= 1 << (at % 8)
  return copy
}

// Every byte of one log that has full and partial tiles and bundles, and a share of those of the others.
test.each([
  [257, 1],
  [255, 11],
  [256, 11],
  [300, 11],
])('finds flipped bytes of a log of %i, each %i', { timeout: 120_000 }, async (size, step) => {
  const { files, expectFound } = await logOf(size)
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at += step) await expectFound(path, flipped(bytes, at), `byte ${at}`)
  }
})

test.each([
  [257, 5],
  [300, 11],
])('finds truncations of a log of %i, each %i bytes', { timeout: 120_000 }, async (size, step) => {
  const { files, expectFound } = await logOf(size)
  for (const [path, bytes] of files) {
    for (let length = 0; length < bytes.length; length += step) {
      await expectFound(path, bytes.slice(0, length), `cut at ${length}`)
    }
  }
})

test('finds nothing wrong with a log of three levels', async () => {
  const files = await logs.files(Array.from({ length: 66_000 }, (_, at) => `e${at}`))
  const opened = await openCheckpoint(files.get('checkpoint')!, logs.verifier)
  if (!opened.ok) throw new Error(opened.reason)
  const report = await auditTree({ source: memorySource(files), head: opened.checkpoint, hashing })
  expect(report).toEqual({ ok: true, checked: 66_000, findings: [], complete: true })
})

test('finds flipped bytes and truncations all over a log of 70,000', { timeout: 120_000 }, async () => {
  const { files, expectFound } = await logOf(70_000)
  for (let at = 0; at < 6; at++) {
    const [path, bytes] = files[(at * 37) % files.length]!
    const place = (at * 7919) % bytes.length
    await expectFound(path, flipped(bytes, place), `byte ${place}`)
    await expectFound(path, bytes.slice(0, place), `cut at ${place}`)
  }
})
