import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64Bytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { emptyRoot, leafHash, nodeHash } from './merkle.ts'
import { verifySubtreeConsistency, verifySubtreeInclusion } from './subtree.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: subtree vectors, because ../shared/data is not here')

interface Probe {
  file: string
  start: number
  end: number
  proof: string[] | null
  wantErr: boolean
}

function load<More>(name: string): (Probe & More)[] {
  const { vectors } = JSON.parse(readFileSync(`${folder}/ledger/${name}`, 'utf8')) as {
    vectors: (Probe & More)[]
  }
  return vectors
}

/** An absent hash of the vectors is one of no bytes. */
function bytes(text: string | null): Bytes {
  return base64Bytes(text ?? '')
}

test.runIf(present)('judges all 204 inclusion probes as their authors do', async () => {
  const probes = load<{ leafIdx: number; root: string | null; leafHash: string | null }>(
    'merkle-subtreeinclusion.json',
  )
  expect(probes.length).toBe(204)
  for (const { file, leafIdx: index, start, end, root, leafHash: leaf, proof, wantErr } of probes) {
    const hashes = (proof ?? []).map((hash) => bytes(hash))
    const claim = { index, start, end, leaf: bytes(leaf), proof: hashes, root: bytes(root) }
    expect((await verifySubtreeInclusion(claim)).ok, file).toBe(!wantErr)
  }
})

test.runIf(present)('judges all 118 consistency probes as their authors do', async () => {
  const probes = load<{ size: number; root1: string | null; root2: string | null }>(
    'merkle-subtreeconsistency.json',
  )
  expect(probes.length).toBe(118)
  for (const { file, start, end, size, root1, root2, proof, wantErr } of probes) {
    const hashes = (proof ?? []).map((hash) => bytes(hash))
    const claim = { start, end, size, hash: bytes(root1), root: bytes(root2), proof: hashes }
    expect((await verifySubtreeConsistency(claim)).ok, file).toBe(!wantErr)
  }
})

/** The largest power of two below a count. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

async function rootOf(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return await emptyRoot()
  if (leaves.length === 1) return leaves[0]!
  const split = splitOf(leaves.length)
  return await nodeHash(await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)))
}

/** Draft section 4.4.1, word for word: the proof that leaves from start to before end are part of these. */
async function referenceProof(
  start: number,
  end: number,
  leaves: readonly Bytes[],
  known = true,
): Promise<Bytes[]> {
  if (start === 0 && end === leaves.length) return known ? [] : [await rootOf(leaves)]
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  if (end <= split) return [...(await referenceProof(start, end, left, known)), await rootOf(right)]
  if (split <= start) {
    return [...(await referenceProof(start - split, end - split, right, known)), await rootOf(left)]
  }
  return [...(await referenceProof(0, end - split, right, false)), await rootOf(left)]
}

const leaves = Promise.all(Array.from({ length: 64 }, (_, at) => leafHash(utf8(`entry ${at}`))))

test('every subtree of random logs is consistent with them, and with no other', async () => {
  const all = await leaves
  const pick = fc.nat({ max: 63 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 64 }),
      fc.nat({ max: 6 }),
      pick,
      pick,
      async (size, height, at, cut) => {
        const start = Math.floor((at % size) / 2 ** height) * 2 ** height
        const end = Math.min(size, start + 2 ** height - (cut % 2 ** height))
        fc.pre(start < end)
        const log = all.slice(0, size)
        const part = log.slice(start, end)
        const proof = await referenceProof(start, end, log)
        const claim = { start, end, hash: await rootOf(part), size, root: await rootOf(log), proof }
        expect(await verifySubtreeConsistency(claim)).toEqual({ ok: true })
        const other = await leafHash(utf8('another'))
        const wrongs: Partial<typeof claim>[] = [
          { hash: other },
          { root: other },
          { proof: [...proof, claim.root] },
          ...proof.map((_, at) => ({ proof: proof.with(at, other) })),
          ...proof.map((_, at) => ({ proof: proof.toSpliced(at, 1) })),
        ]
        for (const wrong of wrongs) {
          expect((await verifySubtreeConsistency({ ...claim, ...wrong })).ok).toBe(false)
        }
      },
    ),
    { numRuns: 80 },
  )
})

test('hostile ranges and hashes are refused and never throw', async () => {
  const wild = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(2 ** 53, 2 ** 64, -1, 0.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER, 2 ** 52),
  )
  const hash = fc.uint8Array({ minLength: 31, maxLength: 33 })
  const hashes = fc.array(hash, { maxLength: 120 })
  await fc.assert(
    fc.asyncProperty(wild, wild, wild, hashes, hash, async (start, end, other, proof, leaf) => {
      const root = new Uint8Array(32)
      expect((await verifySubtreeInclusion({ index: other, start, end, leaf, proof, root })).ok).toBe(false)
      expect((await verifySubtreeConsistency({ start, end, size: other, hash: leaf, root, proof })).ok).toBe(
        false,
      )
    }),
    { numRuns: 500 },
  )
})

test('says what is wrong with a range, an index or the length of a proof', async () => {
  const all = await leaves
  const pair = { start: 1, end: 3, root: await nodeHash(all[1]!, all[2]!) }
  // Two leaves under one hash, but no node of any log has these two below it.
  expect(await verifySubtreeInclusion({ ...pair, index: 1, leaf: all[1]!, proof: [all[2]!] })).toEqual({
    ok: false,
    reason: 'a subtree to 3 cannot start at 1',
  })
  const good = { start: 2, end: 4, leaf: all[2]!, proof: [all[3]!], root: await nodeHash(all[2]!, all[3]!) }
  expect((await verifySubtreeInclusion({ ...good, index: 2 })).ok).toBe(true)
  for (const index of [1, 4]) {
    const reason = `index ${index} does not lie from 2 to before 4`
    expect(await verifySubtreeInclusion({ ...good, index })).toEqual({ ok: false, reason })
  }
  const log = all.slice(0, 7)
  const proof = await referenceProof(2, 4, log)
  const claim = { start: 2, end: 4, hash: good.root, size: 7, root: await rootOf(log), proof }
  expect((await verifySubtreeConsistency(claim)).ok).toBe(true)
  for (const [wrong, reason] of [
    [{ size: 3 }, 'a log of 3 leaves has no subtree to 4'],
    [{ proof: [...proof, all[0]!] }, 'the proof is longer than the path'],
    [{ proof: proof.slice(1) }, 'the proof is shorter than the path'],
  ] as const) {
    expect(await verifySubtreeConsistency({ ...claim, ...wrong })).toEqual({ ok: false, reason })
  }
})

test('a subtree is followed beyond 32 bits', async () => {
  const size = 2 ** 52
  const hash = await leafHash(utf8('last'))
  const proof: Bytes[] = []
  let root = hash
  for (let height = 0; height < 52; height++) {
    proof.push(await leafHash(utf8(String(height))))
    root = await nodeHash(proof[height]!, root)
  }
  const claim = { start: size - 1, end: size, hash, size, root, proof }
  expect(await verifySubtreeConsistency(claim)).toEqual({ ok: true })
  const moved = { ...claim, start: size - 1 - 2 ** 40, end: size - 2 ** 40 }
  expect((await verifySubtreeConsistency(moved)).ok).toBe(false)
})
