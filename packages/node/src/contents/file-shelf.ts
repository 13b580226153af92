import { Fault } from '@ambit/core/fault'
import { periodOf } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { isDiskFull, writeWhole } from '../kernel/disk.ts'
import type { Disk, DiskFile } from '../kernel/disk.ts'
import { erasedBlock, headBytes, isWhole } from './block.ts'
import type { BlockHead } from './block.ts'
import { disorderMs, ShelfFiles } from './shelf-files.ts'
import type { ContentShelf, Found, FoundBlock, SealedBlock } from './shelf.ts'

/** A file is followed by the next when it would become longer: what is pruned, scanned and erased at once. */
const fileBytesMax = 64 * 1024 * 1024

export interface FileShelfParts {
  /** `<AMBIT_DATA>/contents` */
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  /** Bytes that are none of ours, or no longer. Told once for each place. */
  readonly onDamage: (fault: Fault) => void
  readonly fileBytes?: number
}

/**
 * Blocks in files that are only appended to: one durable write for all blocks of a flush. Each start of the node begins
 * a file of its own, so nothing that an earlier one left is ever cut or written over, but for what is erased.
 */
export class FileShelf implements ContentShelf {
  readonly #files: ShelfFiles
  readonly #clock: Clock
  readonly #fileBytes: number
  #open: DiskFile | undefined
  #period = ''

  constructor({ directory, disk, clock, onDamage, fileBytes = fileBytesMax }: FileShelfParts) {
    this.#files = new ShelfFiles(directory, disk, onDamage)
    this.#clock = clock
    this.#fileBytes = fileBytes
  }

  async append(blocks: readonly SealedBlock[]): Promise<void> {
    const bytes = Buffer.concat(blocks.map((block) => block.bytes))
    try {
      const file = await this.#fileFor(bytes.length)
      const { current } = this.#files
      if (current === undefined) throw new Error('a file that was begun is not the current one')
      await writeWhole(file, bytes, current.end)
      current.end += bytes.length
    } catch (error) {
      if (isDiskFull(error)) {
        const detail = 'there is no room for the contents of acts'
        throw new Fault('contents.full', { detail, cause: error })
      }
      // A file that reported an error once is not trusted again; the blocks are still in memory.
      await this.#open?.close().catch(() => undefined)
      this.#open = undefined
      const detail = 'the disk did not take the contents of acts'
      throw new Fault('contents.failed', { detail, cause: error })
    }
  }

  async find(subject: Uint8Array, from: number, to: number): Promise<Found> {
    const name = Buffer.from(subject)
    const blocks: FoundBlock[] = []
    let damaged = false
    const wanted = ({ state, subject: of, first, last }: BlockHead) =>
      state === 'sealed' && name.equals(of) && last >= from - disorderMs && first <= to + disorderMs
    for (const path of await this.#files.between(from, to)) {
      const visited = await this.#files.visit(path, 'plain', wanted, async ({ at, head }, file) => {
        const bytes = Buffer.allocUnsafe(headBytes + head.bytes)
        await file.read(bytes, at)
        if (isWhole(bytes, head)) blocks.push({ head, bytes })
        else {
          damaged = true
          this.#files.report(path, at, at + bytes.length)
        }
      })
      damaged ||= visited.damaged
    }
    return { blocks, damaged }
  }

  async erase(subjects: ReadonlySet<string>): Promise<number> {
    let count = 0
    const wanted = ({ state, subject }: BlockHead) =>
      state === 'sealed' && subjects.has(Buffer.from(subject).toString('hex'))
    for (const path of await this.#files.list()) {
      await this.#files.visit(path, 'durable', wanted, async ({ at, head }, file) => {
        const block = erasedBlock(head.bytes, head)
        // The bytes first: while the head still names the subject, an erasure that was cut off finds it again.
        await writeWhole(file, block.subarray(headBytes), at + headBytes)
        await writeWhole(file, block.subarray(0, headBytes), at)
        count++
      })
    }
    return count
  }

  async prune(before: number): Promise<void> {
    // A file of which nothing says how old it is goes with the next that is too old.
    let old: string[] = []
    for (const path of await this.#files.list()) {
      if (path === this.#files.current?.path) return
      const last = await this.#files.lastOf(path)
      if (last !== undefined && last >= before) return
      old.push(path)
      if (last === undefined) continue
      for (const each of old) await this.#files.remove(each)
      old = []
    }
  }

  async close(): Promise<void> {
    await this.#open?.close()
    this.#open = undefined
  }

  /** The file that takes so many bytes more: the one that is open, or the next. */
  async #fileFor(bytes: number): Promise<DiskFile> {
    const period = periodOf(this.#clock.now())
    const end = this.#files.current?.end ?? 0
    if (this.#open !== undefined && this.#period === period && end + bytes <= this.#fileBytes) {
      return this.#open
    }
    await this.close()
    this.#open = await this.#files.begin(period)
    this.#period = period
    return this.#open
  }
}
