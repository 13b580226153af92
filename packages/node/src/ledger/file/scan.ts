import type { DiskFile } from '../../kernel/disk.ts'
import { commitBytes, decodeCommit, frameHeadBytes, headerBytes, isCommitMark } from './segment.ts'
import type { Commit } from './segment.ts'
import type { Hash } from '../hash.ts'

/** Bytes read at once when a whole segment is read. */
const segmentChunkBytes = 256 * 1024
/** 0x00 and the longest entry a bundle carries. */
const frameLengthMax = 65_536

export type Item =
  | {
      readonly kind: 'entry'
      readonly offset: number
      /** 0x00 and the entry; valid until the next `read`. */ readonly leaf: Buffer
    }
  | { readonly kind: 'commit'; readonly offset: number; readonly commit: Commit & { readonly hash: Hash } }
  /** Zeros: nothing was written from here on. */
  | { readonly kind: 'end'; readonly offset: number }
  | { readonly kind: 'bad'; readonly offset: number; readonly why: string }

/** Reads the frames and commit records of a segment in order. */
export class Scan {
  #file: Pick<DiskFile, 'read'>
  #buffer = Buffer.alloc(0)
  /** Offset in the file of the buffer's first byte. */
  #base: number
  #at = 0
  #atEnd = false
  #chunkBytes: number

  constructor(
    file: Pick<DiskFile, 'read'>,
    from: number = headerBytes,
    chunkBytes: number = segmentChunkBytes,
  ) {
    this.#file = file
    this.#base = from
    this.#chunkBytes = chunkBytes
  }

  /** The next item, or undefined when more bytes must be read first. After `end` and `bad` it gives the same again. */
  take(): Item | undefined {
    const offset = this.#base + this.#at
    const left = this.#buffer.length - this.#at
    if (left < frameHeadBytes) return this.#short(offset, left)
    const length = this.#buffer.readUInt32BE(this.#at)
    if (length === 0) return { kind: 'end', offset }
    if (isCommitMark(length)) {
      if (left < commitBytes) return this.#short(offset, left)
      const commit = decodeCommit(this.#buffer, this.#at)
      if (commit === undefined) return { kind: 'bad', offset, why: 'a commit record does not fit its check' }
      this.#at += commitBytes
      return { kind: 'commit', offset, commit }
    }
    const start = this.#at + 4
    if (length > frameLengthMax || this.#buffer[start] !== 0) {
      return { kind: 'bad', offset, why: 'what should be an entry is none' }
    }
    if (left < 4 + length) return this.#short(offset, left)
    this.#at = start + length
    return { kind: 'entry', offset, leaf: this.#buffer.subarray(start, start + length) }
  }

  /** Reads more bytes behind those not yet taken. */
  async read(): Promise<void> {
    const rest = this.#buffer.subarray(this.#at)
    const next = Buffer.allocUnsafe(rest.length + this.#chunkBytes)
    next.set(rest)
    const got = await this.#file.read(next.subarray(rest.length), this.#base + this.#buffer.length)
    this.#base += this.#at
    this.#at = 0
    this.#buffer = next.subarray(0, rest.length + got)
    this.#atEnd = got < this.#chunkBytes
  }

  #short(offset: number, left: number): Item | undefined {
    if (!this.#atEnd) return undefined
    if (left === 0) return { kind: 'end', offset }
    const zero = this.#buffer.subarray(this.#at).every((byte) => byte === 0)
    return zero ? { kind: 'end', offset } : { kind: 'bad', offset, why: 'the file ends inside an entry' }
  }
}
