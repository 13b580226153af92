import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { writeAll, writeWhole, zeroFill } from '../../kernel/disk.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { decodeHeader, encodeHeader, headerBytes } from './segment.ts'
import type { SegmentHeader } from './segment.ts'

export interface SegmentSizes {
  /** The first segment is small, so that a new node starts at once. */
  readonly segmentBytesMin: number
  /** Each next one is twice as large, up to this. */
  readonly segmentBytesMax: number
}

/**
 * The chain of segment files. They are filled with zeros before use, because writing over existing blocks syncs faster
 * than growing a file, and because a full disk then shows while a segment is prepared and not under a batch.
 */
export class Segments {
  #disk: Disk
  #directory: string
  #sizes: SegmentSizes
  #file: DiskFile | undefined
  #sequence = 0
  #end = 0
  #capacity = 0
  #dirtyEnd = 0
  #spare: Promise<{ file: DiskFile; bytes: number }> | undefined

  constructor(disk: Disk, directory: string, sizes: SegmentSizes) {
    this.#disk = disk
    this.#directory = directory
    this.#sizes = sizes
  }

  get sequence(): number {
    return this.#sequence
  }

  /** Where the next batch begins. */
  get end(): number {
    return this.#end
  }

  path(sequence: number): string {
    return join(this.#directory, segmentName(sequence))
  }

  /** Goes on writing in a segment that recovery found; everything from `end` on is zero. */
  async resume(sequence: number, end: number): Promise<void> {
    this.#file = await this.#disk.open(this.path(sequence), 'durable')
    this.#sequence = sequence
    this.#end = end
    this.#capacity = await this.#file.size()
    this.#dirtyEnd = end
  }

  hasRoom(bytes: number): boolean {
    return this.#end + bytes <= this.#capacity
  }

  /** Writes a batch behind the last one; durable when `done` is called without an error. */
  write(bytes: Buffer, length: number, done: (error: Error | null) => void): void {
    const at = this.#end
    this.#dirtyEnd = Math.max(this.#dirtyEnd, at + length)
    writeAll(this.#file!, bytes, length, at, (error) => {
      if (error === null) {
        this.#end = at + length
        // Early enough that a fast writer does not catch up with the zeros of the next segment.
        if (this.#end > this.#capacity / 4) this.prepare()
      }
      done(error)
    })
  }

  /** Begins the next segment. Throws what the disk says; then the current one stays. */
  async next(header: Omit<SegmentHeader, 'sequence'>): Promise<void> {
    this.prepare()
    const preparing = this.#spare!
    this.#spare = undefined
    const { file, bytes } = await preparing
    try {
      await writeWhole(file, encodeHeader({ ...header, sequence: this.#sequence + 1 }), 0)
      await this.#file?.close()
    } catch (error) {
      await file.close()
      throw error
    }
    this.#file = file
    this.#capacity = bytes
    this.#sequence++
    this.#end = headerBytes
    this.#dirtyEnd = headerBytes
  }

  /** Makes the next segment ready in the background, so that no batch waits for zeros. */
  prepare(): void {
    if (this.#spare !== undefined) return
    this.#spare = this.#fill(this.#sequence + 1)
    // A failure is told by `next`, or forgotten if the log is closed before.
    this.#spare.catch(() => undefined)
  }

  /** After a failed batch: puts zeros where it may have left bytes, and makes sure that there is room. */
  async clean(): Promise<void> {
    await zeroFill(this.#file!, this.#end, Math.min(this.#dirtyEnd, this.#capacity))
    this.#dirtyEnd = this.#end
    await this.#spare?.catch(() => {
      this.#spare = undefined
    })
    this.prepare()
    await this.#spare
  }

  async close(): Promise<void> {
    const spare = await this.#spare?.catch(() => undefined)
    await spare?.file.close()
    await this.#file?.close()
    this.#file = undefined
  }

  /** Reads a header; undefined where the file has none yet. */
  async header(sequence: number): Promise<SegmentHeader | undefined> {
    const file = await this.#disk.open(this.path(sequence), 'plain')
    try {
      const bytes = Buffer.alloc(headerBytes)
      await file.read(bytes, 0)
      const header = decodeHeader(bytes)
      if (header?.sequence === sequence) return header
      const after = Buffer.alloc(8)
      await file.read(after, headerBytes)
      // A header is durable before the first batch; without one, bytes behind it mean that it was damaged.
      if (after.every((byte) => byte === 0)) return undefined
      throw new Fault('ledger.corrupt', {
        detail: 'the header of a segment is damaged',
        where: `${this.path(sequence)} offset 0`,
      })
    } finally {
      await file.close()
    }
  }

  /** Sequence numbers of the segments there are, without gaps. */
  async list(): Promise<number[]> {
    const names = await this.#disk.list(this.#directory)
    const sequences = names.flatMap((name) => (/^\d{8}\.log$/.test(name) ? [Number(name.slice(0, 8))] : []))
    sequences.sort((a, b) => a - b)
    const gap = sequences.findIndex((sequence, at) => sequence !== at + 1)
    if (gap >= 0)
      throw new Fault('ledger.corrupt', {
        detail: `segment ${gap + 1} is missing`,
        where: this.path(gap + 1),
      })
    return sequences
  }

  async #fill(sequence: number): Promise<{ file: DiskFile; bytes: number }> {
    const { segmentBytesMin, segmentBytesMax } = this.#sizes
    const bytes = Math.min(segmentBytesMin * 2 ** Math.min(sequence - 1, 30), segmentBytesMax)
    const path = this.path(sequence)
    const file = await this.#disk.open(path, 'durable')
    try {
      // Durable piece by piece: one sync of all of it would hold up the batches that are written meanwhile.
      await zeroFill(file, 0, bytes)
      await this.#disk.syncDirectory(this.#directory)
    } catch (error) {
      await file.close()
      throw error
    }
    return { file, bytes }
  }
}

function segmentName(sequence: number): string {
  return `${String(sequence).padStart(8, '0')}.log`
}
