import { hash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { memorySource, testLogs } from './log-fixture.ts'
import type { TestLogs } from './log-fixture.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { TileProver } from './tile-prover.ts'
import { consistencyRoot, inclusionRoot } from './tree-path.ts'
import type { TreeHashing } from './tree-hash.ts'

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
const hashing: TreeHashing = { hashAll: (inputs) => inputs.map(sha256) }
const entries = Array.from({ length: 66_000 }, (_, at) => `entry ${at}`)
let logs: TestLogs
beforeAll(async () => {
  logs = await testLogs('prover.example/log', sha256)
})

async function logOf(size: number) {
  const files = await logs.files(entries.slice(0, size))
  const parsed = parseCheckpoint(files.get('checkpoint')!)
  if (!parsed.ok) throw new Error(parsed.reason)
  return { files, head: parsed.checkpoint, prover: new TileProver(memorySource(files), hashing) }
}

test('proves each entry of small logs, and a log over its older self', async () => {
  const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 255, 256, 257, 300]
  const heads = new Map<number, Uint8Array>()
  for (const size of sizes) {
    const { head, prover } = await logOf(size)
    heads.set(size, head.root)
    expect(await prover.root(size)).toEqual(head.root)
    for (let index = 0; index < size; index += size > 20 ? 17 : 1) {
      const proof = await prover.inclusion(index, head)
      const leaf = await leafHash(utf8(entries[index]!))
      expect(await verifyInclusion({ index, size, leaf, proof, root: head.root })).toEqual({ ok: true })
      expect(await inclusionRoot(index, size, leaf, proof)).toEqual({ ok: true, root: head.root })
      const short = await inclusionRoot(index, size, leaf, [...proof, leaf])
      expect(short.ok).toBe(false)
    }
    for (const [oldSize, oldRoot] of heads) {
      const proof = await prover.consistency(oldSize, head)
      expect(await verifyConsistency({ oldSize, oldRoot, size, root: head.root, proof })).toEqual({
        ok: true,
      })
      if (oldSize === size) continue
      expect(await consistencyRoot(oldSize, size, oldRoot, proof)).toEqual({ ok: true, root: head.root })
      expect(await consistencyRoot(oldSize, size, head.root, proof)).not.toEqual({
        ok: true,
        root: head.root,
      })
    }
  }
})

test('proves across the levels of a large log and gives its entries', async () => {
  const { head, prover } = await logOf(66_000)
  for (const index of [0, 255, 256, 65_535, 65_536, 65_999]) {
    const proof = await prover.inclusion(index, head)
    const leaf = await leafHash(utf8(entries[index]!))
    expect(await verifyInclusion({ index, size: 66_000, leaf, proof, root: head.root })).toEqual({ ok: true })
    expect(Buffer.from(await prover.entry(index, 66_000)).toString()).toBe(entries[index])
  }
  const old = await logOf(300)
  const proof = await prover.consistency(300, head)
  expect(
    await verifyConsistency({ oldSize: 300, oldRoot: old.head.root, size: 66_000, root: head.root, proof }),
  ).toEqual({ ok: true })
})

test('reads each tile once and keeps no more than it may', async () => {
  const { files, head } = await logOf(66_000)
  const reads: string[] = []
  const source = {
    read: async (path: string) => {
      reads.push(path)
      return files.get(path)
    },
  }
  const prover = new TileProver(source, hashing, 3)
  await prover.inclusion(5, head)
  expect(reads.length).toBe(5)
  await prover.inclusion(6, head)
  expect(reads.length).toBe(9)
  const roomy = new TileProver(source, hashing)
  await roomy.inclusion(5, head)
  reads.length = 0
  await roomy.inclusion(6, head)
  expect(reads).toEqual([])
})

test('names the file that is missing, cut or contradicts the checkpoint', async () => {
  const { files, head } = await logOf(300)
  const broken = (path: string, bytes?: Bytes) => {
    const changed = new Map(files)
    if (bytes === undefined) changed.delete(path)
    else changed.set(path, bytes)
    return new TileProver(memorySource(changed), hashing)
  }
  const path = 'tile/0/000'
  await expect(broken(path).inclusion(3, head)).rejects.toMatchObject({ code: 'ledger.missing', where: path })
  const cut = broken(path, files.get(path)!.slice(1))
  await expect(cut.inclusion(3, head)).rejects.toMatchObject({ code: 'ledger.damaged', where: path })
  const flipped = files.get(path)!.slice()
  flipped[9]! ^= 1
  await expect(broken(path, flipped).inclusion(3, head)).rejects.toMatchObject({ code: 'ledger.damaged' })
  await expect(broken(path, flipped).consistency(7, head)).rejects.toMatchObject({ code: 'ledger.damaged' })
  const bundle = files.get('tile/entries/000')!.slice()
  bundle[4]! ^= 1
  const other = broken('tile/entries/000', bundle)
  await expect(other.entry(0, 300)).rejects.toMatchObject({ code: 'ledger.damaged', where: 'entry 0' })
})

test('refuses an index or an older size that the log does not have', async () => {
  const { head, prover } = await logOf(5)
  for (const index of [5, -1, 0.5, Number.NaN, 2 ** 53]) {
    await expect(prover.inclusion(index, head)).rejects.toMatchObject({ code: 'ledger.not-found' })
    await expect(prover.entry(index, 5)).rejects.toMatchObject({ code: 'ledger.not-found' })
  }
  for (const size of [0, 6, 1.5]) {
    await expect(prover.consistency(size, head)).rejects.toMatchObject({ code: 'ledger.not-found' })
  }
})
