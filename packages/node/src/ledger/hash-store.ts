import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { levelWidth, tileWidth } from '@ambit/core/log/tile'
import { writeWhole } from '../kernel/disk.ts'
import type { Disk, DiskFile } from '../kernel/disk.ts'
import type { Hash } from './hash.ts'
import type { TileHashes } from './tree.ts'

/** Where the first entry of a bundle stands. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

const hashBytes = 32
const positionBytes = 8

/**
 * What is derived from the segments and can be made again from them: a file of hashes for each tile level, in order,
 * so that a tile is one read, and a file of the positions of every 256th entry. New leaf hashes wait in a ring until
 * they are written in groups off the path, so memory does not grow with the log.
 */
export class HashStore implements TileHashes {
  #disk: Disk
  #directory: string
  #ring: Buffer
  #ringHashes: number
  #files: (Promise<DiskFile> | undefined)[] = []
  #positions: Promise<DiskFile> | undefined
  #flushed: number
  // Hashes of the levels above 0 that are not in their files yet: one for 256 of the level below.
  #waiting: { first: number; hashes: Hash[] }[] = []
  #places: { first: number; positions: Position[] }
  #flushing: Promise<void> | undefined
  #newFiles = false
  #unsynced = new Set<Promise<DiskFile>>()
  #syncFailure: Fault | undefined

  constructor(disk: Disk, directory: string, flushed: number, ringHashes: number) {
    this.#disk = disk
    this.#directory = directory
    this.#ringHashes = ringHashes
    this.#ring = Buffer.allocUnsafeSlow(ringHashes * hashBytes)
    this.#flushed = flushed
    this.#places = { first: Math.ceil(flushed / tileWidth), positions: [] }
  }

  /** Leaves whose hashes and positions are in the files; they survive a loss of power after the next `sync`. */
  get flushed(): number {
    return this.#flushed
  }

  /** Leaves that may still be put before a flush must have made room. */
  room(size: number): number {
    return this.#ringHashes - (size - this.#flushed)
  }

  put(level: number, index: number, hash: Hash): void {
    if (level === 0) {
      if (index >= this.#flushed) this.#ring.write(hash, (index % this.#ringHashes) * hashBytes, 'latin1')
      return
    }
    const waiting = this.#level(level)
    if (index === waiting.first + waiting.hashes.length) waiting.hashes.push(hash)
  }

  /** Notes where an entry whose index is a multiple of 256 stands. */
  place(index: number, position: Position): void {
    const { first, positions } = this.#places
    if (index / tileWidth === first + positions.length) positions.push(position)
  }

  /** Forgets what was put from this size on (a batch that could not be written). */
  truncate(size: number): void {
    for (const [at, waiting] of this.#waiting.entries()) {
      waiting.hashes.length = Math.max(
        0,
        Math.min(waiting.hashes.length, levelWidth(at + 1, size) - waiting.first),
      )
    }
  }

  /** Writes the hashes of all leaves below this size to the files; one flush at a time. */
  async flush(size: number): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
    if (size <= this.#flushed) return
    this.#flushing = this.#write(size)
    try {
      await this.#flushing
    } finally {
      this.#flushing = undefined
    }
  }

  /** Time to flush: long before the ring is full, and in large groups. */
  isHalfFull(size: number): boolean {
    return this.room(size) < this.#ringHashes / 2
  }

  /**
   * Makes durable what was flushed before it is called. Nobody relies on these files before that: they are made again
   * from the last published size on. An error is final, as the system then forgets what it could not write.
   */
  async sync(): Promise<void> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure
    const files = [...this.#unsynced]
    this.#unsynced.clear()
    try {
      for (const file of files) await (await file).sync()
      if (this.#newFiles) await this.#disk.syncDirectory(this.#directory)
      this.#newFiles = false
    } catch (error) {
      this.#syncFailure = syncFault(error, this.#directory)
      throw this.#syncFailure
    }
  }

  /** Hashes of a level in order; for level 0 also those not flushed yet. */
  async hashes(level: number, first: number, count: number): Promise<Buffer> {
    const hashes = Buffer.allocUnsafe(count * hashBytes)
    let fromFile = count
    if (level === 0 && first + count > this.#flushed) {
      fromFile = Math.max(0, this.#flushed - first)
      for (let at = fromFile; at < count; at++) {
        const slot = ((first + at) % this.#ringHashes) * hashBytes
        this.#ring.copy(hashes, at * hashBytes, slot, slot + hashBytes)
      }
    }
    const wanted = hashes.subarray(0, fromFile * hashBytes)
    if (wanted.length === 0) return hashes
    const read = await (await this.#file(level)).read(wanted, first * hashBytes)
    // A short file gives zeros, which no hash is: whoever checks them finds the place.
    wanted.fill(0, read)
    return hashes
  }

  async position(bundle: number): Promise<Position | undefined> {
    const { first, positions } = this.#places
    if (bundle >= first) return positions[bundle - first]
    const bytes = Buffer.alloc(positionBytes)
    const read = await (await this.#positionFile()).read(bytes, bundle * positionBytes)
    return read < positionBytes
      ? undefined
      : { segment: bytes.readUInt32BE(0), offset: bytes.readUInt32BE(4) }
  }

  /** Whether the files are long enough for this many leaves. */
  async holds(size: number): Promise<boolean> {
    for (let level = 0; levelWidth(level, size) > 0; level++) {
      if ((await (await this.#file(level)).size()) < levelWidth(level, size) * hashBytes) return false
    }
    return (await (await this.#positionFile()).size()) >= Math.ceil(size / tileWidth) * positionBytes
  }

  async close(): Promise<void> {
    await this.#flushing?.catch(() => undefined)
    for (const file of [...this.#files, this.#positions]) await (await file)?.close()
  }

  async #write(size: number): Promise<void> {
    const from = this.#flushed
    const leaves = await this.#file(0)
    for (let at = from; at < size;) {
      const slot = at % this.#ringHashes
      const count = Math.min(size - at, this.#ringHashes - slot)
      await writeWhole(
        leaves,
        this.#ring.subarray(slot * hashBytes, (slot + count) * hashBytes),
        at * hashBytes,
      )
      at += count
    }
    // Only now: a sync that runs beside this write must not count for it.
    this.#unsynced.add(this.#files[0]!)
    for (const [at, waiting] of this.#waiting.entries()) {
      const count = levelWidth(at + 1, size) - waiting.first
      if (count <= 0) continue
      const bytes = Buffer.from(waiting.hashes.slice(0, count).join(''), 'latin1')
      await writeWhole(await this.#file(at + 1), bytes, waiting.first * hashBytes)
      this.#unsynced.add(this.#files[at + 1]!)
      waiting.hashes.splice(0, count)
      waiting.first += count
    }
    await this.#writePositions(size)
    this.#flushed = size
  }

  async #writePositions(size: number): Promise<void> {
    const { first, positions } = this.#places
    const count = Math.ceil(size / tileWidth) - first
    if (count <= 0) return
    const bytes = Buffer.alloc(count * positionBytes)
    for (const [at, position] of positions.slice(0, count).entries()) {
      bytes.writeUInt32BE(position.segment, at * positionBytes)
      bytes.writeUInt32BE(position.offset, at * positionBytes + 4)
    }
    await writeWhole(await this.#positionFile(), bytes, first * positionBytes)
    this.#unsynced.add(this.#positions!)
    positions.splice(0, count)
    this.#places.first += count
  }

  #level(level: number): { first: number; hashes: Hash[] } {
    while (this.#waiting.length < level) {
      this.#waiting.push({ first: levelWidth(this.#waiting.length + 1, this.#flushed), hashes: [] })
    }
    return this.#waiting[level - 1]!
  }

  #file(level: number): Promise<DiskFile> {
    this.#files[level] ??= this.#open(String(level), () => (this.#files[level] = undefined))
    return this.#files[level]
  }

  #positionFile(): Promise<DiskFile> {
    this.#positions ??= this.#open('positions', () => (this.#positions = undefined))
    return this.#positions
  }

  /** One that cannot be opened now (a full disk) is forgotten, and tried again the next time. */
  #open(name: string, forget: () => void): Promise<DiskFile> {
    this.#newFiles = true
    // Not durable write by write: that would hold up the batches, which go to the same disk.
    const file = this.#disk.open(join(this.#directory, name), 'plain')
    file.catch(forget)
    return file
  }
}

function syncFault(error: unknown, directory: string): Fault {
  const detail = error instanceof Error ? error.message : 'the disk gave an error without words'
  return new Fault('ledger.failed', {
    detail: `syncing the hashes of the log failed: ${detail}`,
    where: directory,
    cause: error,
  })
}
