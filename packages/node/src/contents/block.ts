import { crc32 } from 'node:zlib'

/*
 * A block at rest: a head of 100 bytes, then the sealed contents of one subject. Integers are big-endian.
 *
 *   0  magic `AmbC`       12  count       32  name of the subject (32)    92  CRC-32 of the sealed bytes
 *   4  format 1           16  first, ms   64  nonce (12)                  96  CRC-32 of the head up to here
 *   5  state              22  last, ms    76  tag of AES-256-GCM (16)
 *   6  period (6)         28  bytes
 *
 * The check sums say without a key whether the bytes are those that were written; with the key, GCM does, and it
 * authenticates the head up to the nonce.
 */
export const headBytes = 100
export const authenticatedBytes = 64
export const magic = Buffer.from('AmbC')
const format = 1
const states = { erased: 0, sealed: 1 } as const

export interface BlockHead {
  readonly state: 'erased' | 'sealed'
  /** Period of the keys. */
  readonly period: string
  /** Contents in it. */
  readonly count: number
  /** When the first and the last of them came, in ms. */
  readonly first: number
  readonly last: number
  /** Sealed bytes after the head. */
  readonly bytes: number
  readonly subject: Uint8Array
  readonly nonce: Uint8Array
  readonly seal: Uint8Array
  readonly check: number
}

/** What is known before sealing, which the seal authenticates. */
export type OpenHead = Omit<BlockHead, 'seal' | 'check'>

export function writeOpenHead(into: Buffer, at: number, head: OpenHead): void {
  magic.copy(into, at)
  into[at + 4] = format
  into[at + 5] = states[head.state]
  into.write(head.period, at + 6, 6, 'latin1')
  into.writeUInt32BE(head.count, at + 12)
  into.writeUIntBE(head.first, at + 16, 6)
  into.writeUIntBE(head.last, at + 22, 6)
  into.writeUInt32BE(head.bytes, at + 28)
  into.set(head.subject, at + 32)
  into.set(head.nonce, at + 64)
}

/** The rest of the head, once the sealed bytes stand behind it. */
export function closeHead(into: Buffer, at: number, seal: Uint8Array, bytes: number): void {
  into.set(seal, at + 76)
  into.writeUInt32BE(crc32(into.subarray(at + headBytes, at + headBytes + bytes)), at + 92)
  into.writeUInt32BE(crc32(into.subarray(at, at + 96)), at + 96)
}

/** Undefined where no head stands, or not as it was written. */
export function readHead(from: Buffer, at: number): BlockHead | undefined {
  if (at + headBytes > from.length || from.readUInt32BE(at) !== magic.readUInt32BE(0)) return undefined
  if (from[at + 4] !== format || from.readUInt32BE(at + 96) !== crc32(from.subarray(at, at + 96))) {
    return undefined
  }
  return {
    state: from[at + 5] === states.sealed ? 'sealed' : 'erased',
    period: from.toString('latin1', at + 6, at + 12),
    count: from.readUInt32BE(at + 12),
    first: from.readUIntBE(at + 16, 6),
    last: from.readUIntBE(at + 22, 6),
    bytes: from.readUInt32BE(at + 28),
    subject: from.subarray(at + 32, at + 64),
    nonce: from.subarray(at + 64, at + 76),
    seal: from.subarray(at + 76, at + 92),
    check: from.readUInt32BE(at + 92),
  }
}

/** Whether the sealed bytes behind a head are those that were written. */
export function isWhole(block: Buffer, { bytes, check }: BlockHead): boolean {
  return block.length === headBytes + bytes && crc32(block.subarray(headBytes)) === check
}

/** What stands in the place of an erased block: zeros under a head that names nobody, so that the next block is found. */
export function erasedBlock(bytes: number, { first, last, period }: BlockHead): Buffer {
  const block = Buffer.alloc(headBytes + bytes)
  const nothing = { count: 0, subject: new Uint8Array(32), nonce: new Uint8Array(12) }
  writeOpenHead(block, 0, { state: 'erased', period, first, last, bytes, ...nothing })
  closeHead(block, 0, new Uint8Array(16), bytes)
  return block
}
