import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64Bytes, hex, hexBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { emptyRoot, leafHash, nodeHash, verifyConsistency, verifyInclusion } from './merkle.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: Merkle vectors, because ../shared/data is not here')

function load(name: string): unknown {
  return JSON.parse(readFileSync(`${folder}/ledger/${name}`, 'utf8'))
}

interface InclusionVectors {
  vectors: {
    file: string
    leafIdx: number
    treeSize: number
    root: string
    leafHash: string
    proof: string[] | null
    wantErr: boolean
  }[]
}

interface ConsistencyVectors {
  vectors: {
    file: string
    size1: number
    size2: number
    root1: string
    root2: string
    proof: string[] | null
    wantErr: boolean
  }[]
}

interface HashVectors {
  leaves_hex: string[]
  roots_hex_by_size_1_to_8: string[]
}

/** The definition of RFC 9162 section 2.1.1, word for word. */
async function referenceRoot(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leafHash(leaves[0]!)
  const split = splitOf(leaves.length)
  return nodeHash(await referenceRoot(leaves.slice(0, split)), await referenceRoot(leaves.slice(split)))
}

/** RFC 9162 section 2.1.3.1. */
async function referencePath(index: number, leaves: readonly Bytes[]): Promise<Bytes[]> {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...(await referencePath(index, left)), await referenceRoot(right)]
    : [...(await referencePath(index - split, right)), await referenceRoot(left)]
}

/** RFC 9162 section 2.1.4.1. */
async function referenceConsistency(size: number, leaves: readonly Bytes[], whole = true): Promise<Bytes[]> {
  if (size === leaves.length) return whole ? [] : [await referenceRoot(leaves)]
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return size <= split
    ? [...(await referenceConsistency(size, left, whole)), await referenceRoot(right)]
    : [...(await referenceConsistency(size - split, right, false)), await referenceRoot(left)]
}

function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

test.runIf(present)('hashes leaves, nodes and trees as RFC 6962 does', async () => {
  const vectors = load('rfc6962-hash-and-tree.json') as HashVectors
  expect(hex(await emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(hex(await leafHash(utf8('L123456')))).toBe(
    '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
  )
  expect(hex(await nodeHash(utf8('N123'), utf8('N456')))).toBe(
    'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
  )
  const leaves = vectors.leaves_hex.map((leaf) => hexBytes(leaf))
  for (const [at, root] of vectors.roots_hex_by_size_1_to_8.entries()) {
    expect(hex(await referenceRoot(leaves.slice(0, at + 1)))).toBe(root)
  }
})

test.runIf(present)('judges all 98 inclusion probes as their authors do', async () => {
  const { vectors } = load('merkle-inclusion.json') as InclusionVectors
  expect(vectors.length).toBe(98)
  for (const probe of vectors) {
    const verdict = await verifyInclusion({
      index: probe.leafIdx,
      size: probe.treeSize,
      root: base64Bytes(probe.root),
      leaf: base64Bytes(probe.leafHash),
      proof: (probe.proof ?? []).map((hash) => base64Bytes(hash)),
    })
    expect(verdict.ok, probe.file).toBe(!probe.wantErr)
  }
})

test.runIf(present)('judges all 98 consistency probes as their authors do', async () => {
  const { vectors } = load('merkle-consistency.json') as ConsistencyVectors
  expect(vectors.length).toBe(98)
  for (const probe of vectors) {
    const verdict = await verifyConsistency({
      oldSize: probe.size1,
      size: probe.size2,
      oldRoot: base64Bytes(probe.root1),
      root: base64Bytes(probe.root2),
      proof: (probe.proof ?? []).map((hash) => base64Bytes(hash)),
    })
    expect(verdict.ok, probe.file).toBe(!probe.wantErr)
  }
})

test('every path of every small tree verifies, and for no other index', async () => {
  const leaves = Array.from({ length: 19 }, (_, index) => utf8(`entry ${index}`))
  for (let size = 1; size <= leaves.length; size++) {
    const tree = leaves.slice(0, size)
    const root = await referenceRoot(tree)
    for (let index = 0; index < size; index++) {
      const proof = await referencePath(index, tree)
      const leaf = await leafHash(tree[index]!)
      expect(await verifyInclusion({ index, size, leaf, proof, root })).toEqual({ ok: true })
      for (const other of [index - 1, index + 1, index + size]) {
        expect((await verifyInclusion({ index: other, size, leaf, proof, root })).ok).toBe(false)
      }
    }
    for (let oldSize = 1; oldSize <= size; oldSize++) {
      const oldRoot = await referenceRoot(tree.slice(0, oldSize))
      const proof = await referenceConsistency(oldSize, tree)
      expect(await verifyConsistency({ oldSize, oldRoot, size, root, proof })).toEqual({ ok: true })
      if (oldSize === size) continue
      expect((await verifyConsistency({ oldSize, oldRoot, size, root, proof: proof.slice(1) })).ok).toBe(
        false,
      )
    }
  }
})

test('random logs of up to 600 leaves prove what a naive tree says, and nothing else', async () => {
  const leaves = Array.from({ length: 600 }, (_, index) => utf8(`entry ${index}`))
  const other = await leafHash(utf8('another'))
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (size, at, before) => {
      const [index, oldSize] = [at % size, 1 + (before % size)]
      const tree = leaves.slice(0, size)
      const root = await referenceRoot(tree)
      const path = await referencePath(index, tree)
      const inclusion = { index, size, root, leaf: await leafHash(tree[index]!), proof: path }
      expect(await verifyInclusion(inclusion)).toEqual({ ok: true })
      for (const wrong of [{ leaf: other }, { root: other }]) {
        expect((await verifyInclusion({ ...inclusion, ...wrong })).ok).toBe(false)
      }
      for (const proof of wrongProofs(path, other)) {
        expect((await verifyInclusion({ ...inclusion, proof })).ok).toBe(false)
      }
      const oldRoot = await referenceRoot(tree.slice(0, oldSize))
      const links = await referenceConsistency(oldSize, tree)
      const consistency = { oldSize, oldRoot, size, root, proof: links }
      expect(await verifyConsistency(consistency)).toEqual({ ok: true })
      for (const wrong of [{ oldRoot: other }, { root: other }]) {
        expect((await verifyConsistency({ ...consistency, ...wrong })).ok).toBe(false)
      }
      for (const proof of wrongProofs(links, other)) {
        expect((await verifyConsistency({ ...consistency, proof })).ok).toBe(false)
      }
    }),
    { numRuns: 6 },
  )
})

function wrongProofs(proof: readonly Bytes[], other: Bytes): Bytes[][] {
  return [
    [...proof, other],
    [other, ...proof],
    ...proof.map((_, at) => proof.with(at, other)),
    ...proof.map((_, at) => proof.toSpliced(at, 1)),
  ]
}

test('hostile sizes, indexes and hashes are refused and never throw', async () => {
  const wild = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(2 ** 53, 2 ** 64, -1, 0.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER),
  )
  const hash = fc.uint8Array({ minLength: 30, maxLength: 33 })
  await fc.assert(
    fc.asyncProperty(
      wild,
      wild,
      fc.array(hash, { maxLength: 60 }),
      hash,
      async (index, size, proof, root) => {
        expect((await verifyInclusion({ index, size, leaf: root, proof, root: new Uint8Array(32) })).ok).toBe(
          false,
        )
        const claim = { oldSize: index, size, oldRoot: root, root: new Uint8Array(32), proof }
        expect((await verifyConsistency(claim)).ok).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})

test('says whether a proof is too long or too short', async () => {
  const tree = Array.from({ length: 7 }, (_, index) => utf8(`entry ${index}`))
  const [root, path] = [await referenceRoot(tree), await referencePath(2, tree)]
  const claim = { index: 2, size: 7, leaf: await leafHash(tree[2]!), proof: path, root }
  expect(await verifyInclusion({ ...claim, proof: [...path, root] })).toEqual({
    ok: false,
    reason: 'the proof is longer than the path',
  })
  expect(await verifyInclusion({ ...claim, proof: path.slice(0, 2) })).toEqual({
    ok: false,
    reason: 'the proof is shorter than the path',
  })
})

test('a path in a tree of 2^52 leaves is followed beyond 32 bits', async () => {
  const index = 2 ** 52 - 1
  const proof: Bytes[] = []
  let root = await leafHash(utf8('last'))
  const leaf = root
  for (let height = 0; height < 52; height++) {
    proof.push(await leafHash(utf8(String(height))))
    root = await nodeHash(proof[height]!, root)
  }
  expect(await verifyInclusion({ index, size: 2 ** 52, leaf, proof, root })).toEqual({ ok: true })
  expect((await verifyInclusion({ index: index - 2 ** 40, size: 2 ** 52, leaf, proof, root })).ok).toBe(false)
})
