import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { isDiskFull, writeAll, writeWhole, zeroFill } from '../../kernel/disk.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { decodeHeader, encodeHeader, headerBytes } from './segment.ts'
import type { SegmentHeader } from './segment.ts'

export interface SegmentSizes {
  /** The first segment is small, so that a new node starts at once. */
  readonly segmentBytesMin: number
  /** Each next one is twice as large, up to this. */
  readonly segmentBytesMax: number
}

/** Zeros that lie ahead of a log with small batches: writing over existing blocks syncs faster than growing a file. */
const runwayBytes = 4 * 1024 * 1024
/** Larger batches gain less from zeros than it costs to write everything twice: under load a segment simply grows. */
const smallBatchBytes = 256 * 1024

/** The chain of segment files; a small stretch ahead of the last batch is filled with zeros while batches are small. */
export class Segments {
  #disk: Disk
  #directory: string
  #sizes: SegmentSizes
  #file: DiskFile | undefined
  #sequence = 0
  #end = 0
  #capacity = 0
  #dirtyEnd = 0
  /** Where the zeros ahead end. */
  #runwayEnd = 0
  #extending: Promise<void> | undefined
  #extension: 'welcome' | 'full' | Error = 'welcome'
  #spare: Promise<DiskFile> | undefined

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
    const file = await this.#disk.open(this.path(sequence), 'durable')
    this.#use(file, sequence, end, await file.size())
  }

  hasRoom(bytes: number): boolean {
    return this.#end + bytes <= this.#capacity
  }

  /** Writes a batch behind the last one; durable when `done` is called without an error. */
  write(bytes: Buffer, length: number, done: (error: Error | null) => void): void {
    if (this.#extending === undefined || this.#end + length <= this.#runwayEnd)
      return this.#write(bytes, length, done)
    // Zeros that are on their way must not land on a batch.
    void this.#extending.then(() => this.#write(bytes, length, done))
  }

  #write(bytes: Buffer, length: number, done: (error: Error | null) => void): void {
    if (this.#extension instanceof Error) return done(this.#extension)
    const at = this.#end
    this.#dirtyEnd = Math.max(this.#dirtyEnd, at + length)
    writeAll(this.#file!, bytes, length, at, (error) => {
      if (error === null) {
        this.#end = at + length
        this.#runwayEnd = Math.max(this.#runwayEnd, this.#end)
        this.#lookAhead(length)
      }
      done(error)
    })
  }

  #lookAhead(length: number): void {
    // Early enough that a fast writer does not catch up with the next segment's file.
    if (this.#end > this.#capacity / 2) this.prepare()
    const isShort = this.#runwayEnd - this.#end < runwayBytes / 2 && this.#runwayEnd < this.#capacity
    if (!isShort || length > smallBatchBytes || this.#extending !== undefined) return
    if (this.#extension === 'welcome') this.#extending = this.#extend()
  }

  async #extend(): Promise<void> {
    const end = Math.min(this.#runwayEnd + runwayBytes, this.#capacity)
    try {
      await zeroFill(this.#file!, this.#runwayEnd, end)
      this.#runwayEnd = end
    } catch (error) {
      // A full disk may still have room for batches. Any other error is as final as that of a batch.
      this.#extension = isDiskFull(error) ? 'full' : asError(error)
    }
    this.#extending = undefined
  }

  /** Begins the next segment. Throws what the disk says; then the current one stays. */
  async next(header: Omit<SegmentHeader, 'sequence'>): Promise<void> {
    this.prepare()
    const preparing = this.#spare!
    this.#spare = undefined
    const file = await preparing
    try {
      await writeWhole(file, encodeHeader({ ...header, sequence: this.#sequence + 1 }), 0)
      await this.#extending
      await this.#file?.close()
    } catch (error) {
      await file.close()
      throw error
    }
    this.#use(file, this.#sequence + 1, headerBytes, await file.size())
  }

  #use(file: DiskFile, sequence: number, end: number, runwayEnd: number): void {
    this.#file = file
    this.#sequence = sequence
    this.#capacity = this.#capacityOf(sequence)
    this.#end = end
    this.#dirtyEnd = end
    this.#runwayEnd = runwayEnd
    if (this.#extension === 'full') this.#extension = 'welcome'
  }

  #capacityOf(sequence: number): number {
    const { segmentBytesMin, segmentBytesMax } = this.#sizes
    return Math.min(segmentBytesMin * 2 ** Math.min(sequence - 1, 30), segmentBytesMax)
  }

  /** Makes the file of the next segment in the background, so that no batch waits for it. */
  prepare(): void {
    if (this.#spare !== undefined) return
    this.#spare = this.#make(this.#sequence + 1)
    // A failure is told by `next`, or forgotten if the log is closed before.
    this.#spare.catch(() => undefined)
  }

  /** After a failed batch: puts zeros where it may have left bytes, and makes sure that there is room. */
  async clean(): Promise<void> {
    await this.#extending
    if (this.#extension instanceof Error) throw this.#extension
    this.#runwayEnd = Math.max(this.#runwayEnd, Math.min(this.#end + runwayBytes, this.#capacity))
    await zeroFill(this.#file!, this.#end, Math.max(this.#dirtyEnd, this.#runwayEnd))
    this.#dirtyEnd = this.#end
    this.#extension = 'welcome'
    await this.#spare?.catch(() => {
      this.#spare = undefined
    })
    this.prepare()
    await this.#spare
  }

  async close(): Promise<void> {
    const spare = await this.#spare?.catch(() => undefined)
    await spare?.close()
    await this.#extending
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

  async #make(sequence: number): Promise<DiskFile> {
    const file = await this.#disk.open(this.path(sequence), 'durable')
    try {
      await zeroFill(file, 0, Math.min(runwayBytes, this.#capacityOf(sequence)))
      await this.#disk.syncDirectory(this.#directory)
    } catch (error) {
      await file.close()
      throw error
    }
    return file
  }
}

/** Name of the file of a segment. */
export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(8, '0')}.log`
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the disk gave an error without words', { cause: error })
}
