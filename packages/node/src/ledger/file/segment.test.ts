import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  commitBytes,
  decodeCommit,
  decodeHeader,
  encodeCommit,
  encodeHeader,
  headerBytes,
} from './segment.ts'
import { sha256, zeroHash } from '../hash.ts'
import { peaksOf, Tree, treeState } from '../tree.ts'

interface SegmentVector {
  batches: string[][]
  epoch: number
  header: { bytes: number; beginsHex: string; checksumHex: string }
  batchesHex: string
}

const file = new URL('../../../../../vectors/ledger/segment.json', import.meta.url)
const vector = JSON.parse(readFileSync(file, 'utf8')) as SegmentVector
const nowhere = { put: () => undefined }

test('writes headers, frames and commit records as the vector has them', () => {
  const header = encodeHeader({ sequence: 1, first: 0, previous: zeroHash, peaks: [] })
  expect(header.length).toBe(vector.header.bytes)
  expect(header.toString('hex').startsWith(vector.header.beginsHex)).toBe(true)
  expect(header.subarray(headerBytes - 32).toString('hex')).toBe(vector.header.checksumHex)

  const tree = new Tree(nowhere)
  const parts: Buffer[] = []
  let previous = zeroHash
  for (const batch of vector.batches) {
    for (const entry of batch) {
      const leaf = Buffer.concat([Buffer.of(0), Buffer.from(entry)])
      const length = Buffer.alloc(4)
      length.writeUInt32BE(leaf.length)
      parts.push(length, leaf)
      tree.append(sha256(leaf))
    }
    const commit = Buffer.alloc(commitBytes)
    previous = encodeCommit({ size: tree.size, epoch: vector.epoch, root: tree.root(), previous }, commit, 0)
    parts.push(commit)
  }
  expect(Buffer.concat(parts).toString('hex')).toBe(vector.batchesHex)
})

test('a header keeps the perfect subtrees of any size, and a changed one is no header', () => {
  const tree = new Tree(nowhere)
  for (let size = 1; size < 300; size++) {
    tree.append(sha256(Buffer.from(String(size))))
    const state = tree.state()
    const header = { sequence: 7, first: size, previous: tree.root(), peaks: peaksOf(state) }
    const bytes = encodeHeader(header)
    expect(decodeHeader(bytes)).toEqual(header)
    const again = new Tree(nowhere)
    again.restore(treeState(size, header.peaks))
    expect(again.root()).toBe(tree.root())
    bytes[size]! ^= 4
    expect(decodeHeader(bytes)).toBeUndefined()
  }
})

test('a changed commit record is none', () => {
  const bytes = Buffer.alloc(commitBytes)
  const commit = { size: 2 ** 40 + 1, epoch: 3, root: sha256(bytes), previous: zeroHash }
  const hash = encodeCommit(commit, bytes, 0)
  expect(decodeCommit(bytes, 0)).toEqual({ ...commit, hash })
  for (let at = 0; at < commitBytes; at++) {
    bytes[at]! ^= 1
    expect(decodeCommit(bytes, 0)).toBeUndefined()
    bytes[at]! ^= 1
  }
})
