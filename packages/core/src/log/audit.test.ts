import { hash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { auditTree } from './audit.ts'
import type { AuditOptions } from './audit.ts'
import { openCheckpoint } from './checkpoint.ts'
import { memorySource, testLogs } from './log-fixture.ts'
import type { TestLogs } from './log-fixture.ts'
import type { TreeHead } from './tile-prover.ts'
import { webHashing } from './tree-hash.ts'
import type { TreeHashing } from './tree-hash.ts'

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
const hashing: TreeHashing = { hashAll: (inputs) => inputs.map(sha256) }
let logs: TestLogs
beforeAll(async () => {
  logs = await testLogs('audit.example/log', sha256)
})

const entriesTo = (size: number): string[] => Array.from({ length: size }, (_, at) => `entry ${at}`)

async function headOf(files: ReadonlyMap<string, Bytes>): Promise<TreeHead> {
  const opened = await openCheckpoint(files.get('checkpoint')!, logs.verifier)
  if (!opened.ok) throw new Error(opened.reason)
  return opened.checkpoint
}

async function audit(
  files: ReadonlyMap<string, Uint8Array>,
  head: TreeHead,
  change: Partial<AuditOptions> = {},
) {
  return await auditTree({ source: memorySource(files), head, hashing, ...change })
}

test.each([0, 1, 2, 3, 255, 256, 257, 300, 511, 513])(
  'finds nothing wrong with a sound log of %i',
  async (size) => {
    const files = await logs.files(entriesTo(size))
    const seen: number[] = []
    const entries: string[] = []
    const report = await audit(files, await headOf(files), {
      onTile(tile, parts) {
        if (tile.level === 'entries') entries.push(...parts.map((part) => new TextDecoder().decode(part)))
      },
      onProgress: (checked) => void seen.push(checked),
    })
    expect(report).toEqual({ ok: true, checked: size, findings: [], complete: true })
    expect(entries).toEqual(entriesTo(size))
    expect(seen.at(-1) ?? 0).toBe(size)
  },
)

test('comes to the same with Web Crypto', async () => {
  const files = await logs.files(entriesTo(300))
  const head = await headOf(files)
  expect(await audit(files, head, { hashing: webHashing })).toMatchObject({ ok: true, checked: 300 })
  const damaged = new Map(files).set('tile/0/000', flipped(files.get('tile/0/000')!, 33))
  const { findings } = await audit(damaged, head, { hashing: webHashing })
  expect(findings).toMatchObject([{ kind: 'damaged', file: 'tile/0/000', index: 1 }])
})

test('gives every file of the log once it is checked, and no other', async () => {
  const files = await logs.files(entriesTo(600))
  const seen = new Set<string>()
  const source = {
    read: async (path: string) => {
      seen.add(path)
      return files.get(path)
    },
  }
  await audit(files, await headOf(files), { source })
  expect([...seen, 'checkpoint'].toSorted()).toEqual([...files.keys()].toSorted())
})

/** A log in which one file is changed: every finding must be about that file. */
async function findingsWith(
  files: Map<string, Bytes>,
  head: TreeHead,
  path: string,
  bytes: Bytes | undefined,
) {
  const changed = new Map(files)
  if (bytes === undefined) changed.delete(path)
  else changed.set(path, bytes)
  const report = await audit(changed, head)
  expect(report.ok, path).toBe(false)
  expect([...new Set(report.findings.map((each) => each.file))]).toEqual([path])
  return report.findings
}

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice()
  copy[at]! ^= 1 << (at % 8)
  return copy
}

test.each([1, 2, 5])('finds every flipped byte and every truncation of a log of %i', async (size) => {
  const files = await logs.files(entriesTo(size))
  const head = await headOf(files)
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at++) {
      if (path === 'checkpoint') {
        expect((await openCheckpoint(flipped(bytes, at), logs.verifier)).ok, `byte ${at}`).toBe(false)
        expect((await openCheckpoint(bytes.slice(0, at), logs.verifier)).ok, `cut at ${at}`).toBe(false)
      } else {
        await findingsWith(files, head, path, flipped(bytes, at))
        await findingsWith(files, head, path, bytes.slice(0, at))
      }
    }
    if (path === 'checkpoint') continue
    const longer = new Uint8Array(bytes.length + 1)
    longer.set(bytes)
    await findingsWith(files, head, path, longer)
    await findingsWith(files, head, path, undefined)
  }
})

test.each([255, 256, 257, 600])('names the file of a fault in a log of %i', async (size) => {
  const files = await logs.files(entriesTo(size))
  const head = await headOf(files)
  for (const [path, bytes] of files) {
    if (path === 'checkpoint') continue
    for (let at = 0; at < bytes.length; at += 397) await findingsWith(files, head, path, flipped(bytes, at))
    await findingsWith(files, head, path, bytes.slice(0, -1))
    await findingsWith(files, head, path, undefined)
  }
})

test('names the entry, the hash and the range that a fault is about', async () => {
  const files = await logs.files(entriesTo(1000))
  const head = await headOf(files)
  const at = async (path: string, offset: number) =>
    await findingsWith(files, head, path, flipped(files.get(path)!, offset))
  const [entry] = await at('tile/entries/002', 2)
  expect(entry).toMatchObject({ kind: 'damaged', index: 512 })
  expect(entry?.what).toContain('entry 512 is not the one that was logged')
  const [leaf] = await at('tile/0/002', 32 * 5 + 3)
  expect(leaf).toMatchObject({ kind: 'damaged', index: 512 + 5 })
  expect(leaf?.what).toBe('hash 5 of the tile is not the hash over entry 517')
  const [edge] = await at('tile/1/000.p/3', 32 * 2)
  expect(edge?.what).toBe('hash 2 of the tile is not the hash over entries 512 to 767')
  const gone = await findingsWith(files, head, 'tile/entries/001', undefined)
  expect(gone[0]).toMatchObject({ kind: 'missing', index: 256 })
  expect(gone[0]?.what).toContain('entries 256 to 511')
})

test('takes the full tile where the partial one is gone', async () => {
  const files = await logs.files(entriesTo(700))
  files.set('tile/1/000.p/1', files.get('tile/1/000.p/2')!.slice(0, 32))
  const old = await headOf(await logs.files(entriesTo(300)))
  expect(await audit(files, old)).toMatchObject({ ok: true, checked: 300 })
})

test('reads only what is new, and that the log continues', async () => {
  const old = await headOf(await logs.files(entriesTo(300)))
  const files = await logs.files(entriesTo(1000))
  const read = new Set<string>()
  const source = {
    read: async (path: string) => {
      read.add(path)
      return files.get(path)
    },
  }
  expect(await audit(files, await headOf(files), { source, from: old })).toMatchObject({
    ok: true,
    checked: 700,
  })
  expect(read.has('tile/entries/000')).toBe(false)
  expect(read.has('tile/entries/001')).toBe(true)
})

test('finds a log that does not continue what was checked', async () => {
  const old = await headOf(await logs.files([...entriesTo(299), 'another']))
  const files = await logs.files(entriesTo(1000))
  const report = await audit(files, await headOf(files), { from: old })
  expect(report.findings).toMatchObject([{ kind: 'inconsistent', file: 'checkpoint' }])
  const empty = await logs.files([])
  expect((await audit(empty, await headOf(empty), { from: old })).findings).toMatchObject([
    { kind: 'inconsistent' },
  ])
})

test('names the damaged tile where it cannot tell whether the log continues', async () => {
  const old = await headOf(await logs.files(entriesTo(300)))
  const files = await logs.files(entriesTo(1000))
  files.set('tile/0/001', flipped(files.get('tile/0/001')!, 40))
  const report = await audit(files, await headOf(files), { from: old })
  expect(report.findings).toMatchObject([{ kind: 'damaged', file: 'tile/0/001', index: 257 }])
})

test('tells files that agree with one another and not with the checkpoint', async () => {
  const files = await logs.files(entriesTo(300))
  const other = await headOf(await logs.files([...entriesTo(299), 'another']))
  const report = await audit(files, other)
  expect(report).toMatchObject({ ok: false, findings: [{ kind: 'root', file: 'checkpoint' }] })
})

test('checks the hashes of a log whose entries are gone', async () => {
  const files = await logs.files(entriesTo(600))
  const head = await headOf(files)
  for (const path of files.keys()) if (path.startsWith('tile/entries')) files.delete(path)
  expect((await audit(files, head)).findings.map((each) => each.kind)).toEqual([
    'missing',
    'missing',
    'missing',
  ])
  const hashesOnly = { hashesOnly: true }
  expect(await audit(files, head, hashesOnly)).toMatchObject({ ok: true, checked: 600 })
  const old = await headOf(await logs.files(entriesTo(300)))
  expect(await audit(files, head, { ...hashesOnly, from: old })).toMatchObject({ ok: true, checked: 300 })
  files.set('tile/0/001', flipped(files.get('tile/0/001')!, 40))
  const { ok, findings } = await audit(files, head, hashesOnly)
  expect([ok, findings]).toMatchObject([false, [{ kind: 'damaged', file: 'tile/0/001' }]])
})

test('stops at too many findings and says that it did', async () => {
  const files = await logs.files(entriesTo(2000))
  const head = await headOf(files)
  for (const path of files.keys()) if (path.startsWith('tile/entries')) files.set(path, utf8('x'))
  const report = await audit(files, head, { findingsMax: 3 })
  expect(report).toMatchObject({ ok: false, complete: false, checked: 0 })
  expect(report.findings.length).toBe(3)
})

test('bounds what a checkpoint of absurd size can ask for', async () => {
  let reads = 0
  const source = {
    read: async () => {
      reads++
      return undefined
    },
  }
  const head = { size: Number.MAX_SAFE_INTEGER, root: sha256(utf8('')) }
  expect((await auditTree({ source, head, hashing })).ok).toBe(false)
  expect(reads).toBeLessThan(100)
})
