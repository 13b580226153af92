import { hash } from 'node:crypto'
import type { Hash } from '../hash.ts'

/*
 * One batch of a log is one row. Its entries are framed as in a segment file (see ../file/segment.ts):
 *
 *   frame   u32 length ‖ 0x00 ‖ entry              length counts 0x00 and entry, which together are the leaf's input
 *
 * Each row names the record of the one before, so that rows form a chain:
 *
 *   record  SHA-256("ambit ledger batch 1\n" ‖ previous32 ‖ u64 size after ‖ root32 ‖ writer16 ‖ u64 number)
 *
 * All numbers are big-endian.
 */

/** Where a log stands: its size, its root, and the record of its last batch. */
export interface Place {
  readonly size: number
  readonly root: Hash
  readonly record: Hash
}

export interface BatchRow {
  readonly first: number
  readonly count: number
  readonly entries: Buffer
  readonly previous: Hash
  /** Root of the log after this batch. */
  readonly root: Hash
  /** 16 random bytes of the opening that wrote it, and the number of the batch in that opening: they name it for good. */
  readonly writer: Hash
  readonly number: number
}

const label = 'ambit ledger batch 1\n'

/** Where the log stands after a row. */
export function placeAfter(row: Omit<BatchRow, 'entries'>): Place {
  const size = row.first + row.count
  const bytes = Buffer.alloc(label.length + 96)
  let at = bytes.write(label, 'latin1')
  at += bytes.write(row.previous, at, 'latin1')
  at = bytes.writeBigUInt64BE(BigInt(size), at)
  at += bytes.write(row.root, at, 'latin1')
  at += bytes.write(row.writer, at, 'latin1')
  bytes.writeBigUInt64BE(BigInt(row.number), at)
  return { size, root: row.root, record: hash('sha256', bytes, 'latin1') }
}

/** The leaf inputs (0x00 ‖ entry) in framed bytes and where each frame begins; stops with `undefined` at what is no frame. */
export function* frames(bytes: Buffer): Generator<{ offset: number; leaf: Buffer } | undefined> {
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + 4
    const length = start < bytes.length ? bytes.readUInt32BE(offset) : 0
    if (length === 0 || start + length > bytes.length || bytes[start] !== 0) {
      yield undefined
      return
    }
    yield { offset, leaf: bytes.subarray(start, start + length) }
    offset = start + length
  }
}
