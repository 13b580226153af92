import { sha256 } from '../hash.ts'
import type { Hash } from '../hash.ts'

/*
 * The bytes of a segment file. A header block, then batches: frames and a commit record. Beyond the last commit
 * record the file is zero. All numbers are big-endian.
 *
 *   header  magic16 ‖ u32 sequence ‖ u64 first index ‖ previous32 ‖ peaks (32 each, lowest first) ‖ 0… ‖ sha256 of all before
 *   frame   u32 length ‖ 0x00 ‖ entry              length counts 0x00 and entry, which together are the leaf's input
 *   commit  u32 0xffffffff ‖ u64 size ‖ u64 epoch ‖ root32 ‖ previous32 ‖ first 8 bytes of the SHA-256 of all before
 *
 * `previous` is the whole SHA-256 of the commit record before, so that records form a chain.
 */

export const headerBytes = 4096
export const frameHeadBytes = 5
export const commitBytes = 92

const magic = 'ambit segment 1\n'
const commitMarkNumber = 0xffffffff
/** How a commit record begins; no frame is so long. */
export const commitMark = Buffer.of(0xff, 0xff, 0xff, 0xff)
const commitCheckAt = 84
const headerCheckAt = headerBytes - 32
const sequenceAt = 16
const firstAt = 20
const previousAt = 28
const peaksAt = 60

export interface SegmentHeader {
  /** 1, 2, 3 … */
  readonly sequence: number
  /** Size of the log before this segment. */
  readonly first: number
  /** Hash of the last commit record before it. */
  readonly previous: Hash
  /** Perfect subtrees of the log before it, lowest first. */
  readonly peaks: readonly Hash[]
}

export interface Commit {
  readonly size: number
  /** Grows with each opening of the log for writing. */
  readonly epoch: number
  readonly root: Hash
  readonly previous: Hash
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32BE(header.sequence, sequenceAt)
  bytes.writeBigUInt64BE(BigInt(header.first), firstAt)
  bytes.write(header.previous, previousAt, 'latin1')
  bytes.write(header.peaks.join(''), peaksAt, 'latin1')
  bytes.write(sha256(bytes.subarray(0, headerCheckAt)), headerCheckAt, 'latin1')
  return bytes
}

/** Undefined when the bytes are not a header as it was written. */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length !== headerBytes || bytes.toString('latin1', 0, sequenceAt) !== magic) return undefined
  if (bytes.toString('latin1', headerCheckAt) !== sha256(bytes.subarray(0, headerCheckAt))) return undefined
  const first = Number(bytes.readBigUInt64BE(firstAt))
  const peaks: Hash[] = []
  for (let rest = first; rest > 0; rest = Math.floor(rest / 2)) {
    const at = peaksAt + 32 * peaks.length
    if (rest % 2 === 1) peaks.push(bytes.toString('latin1', at, at + 32))
  }
  const previous = bytes.toString('latin1', previousAt, peaksAt)
  return { sequence: bytes.readUInt32BE(sequenceAt), first, previous, peaks }
}

/** Writes a commit record and answers its hash, which the next one names. */
export function encodeCommit(commit: Commit, into: Buffer, at: number): Hash {
  into.writeUInt32BE(commitMarkNumber, at)
  into.writeBigUInt64BE(BigInt(commit.size), at + 4)
  into.writeBigUInt64BE(BigInt(commit.epoch), at + 12)
  into.write(commit.root, at + 20, 'latin1')
  into.write(commit.previous, at + 52, 'latin1')
  const check = sha256(into.subarray(at, at + commitCheckAt))
  into.write(check.slice(0, commitBytes - commitCheckAt), at + commitCheckAt, 'latin1')
  return check
}

export function isCommitMark(length: number): boolean {
  return length === commitMarkNumber
}

/** Reads a commit record; undefined when its check does not fit. */
export function decodeCommit(bytes: Buffer, at: number): (Commit & { readonly hash: Hash }) | undefined {
  if (at + commitBytes > bytes.length || bytes.readUInt32BE(at) !== commitMarkNumber) return undefined
  const check = sha256(bytes.subarray(at, at + commitCheckAt))
  if (!check.startsWith(bytes.toString('latin1', at + commitCheckAt, at + commitBytes))) return undefined
  return {
    size: Number(bytes.readBigUInt64BE(at + 4)),
    epoch: Number(bytes.readBigUInt64BE(at + 12)),
    root: bytes.toString('latin1', at + 20, at + 52),
    previous: bytes.toString('latin1', at + 52, at + commitCheckAt),
    hash: check,
  }
}
