import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { periodOf } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { isDiskFull, writeWhole } from '../kernel/disk.ts'
import type { Disk, DiskFile } from '../kernel/disk.ts'
import { erasedBlock, headBytes, isWhole, readHead } from './block.ts'
import { scanHeads } from './block-scan.ts'
import type { PlacedHead } from './block-scan.ts'
import type { ContentShelf, Found, FoundBlock, SealedBlock } from './shelf.ts'

/** A file is followed by the next when it would become longer: what is pruned, scanned and erased at once. */
const fileBytesMax = 64 * 1024 * 1024
/** Contents are timed when they come and files when they begin, so that the two may differ a little. */
const disorderMs = 60_000
/** Places of damage that are told of: more say nothing new. */
const toldMax = 1000

export interface FileShelfParts {
  /** `<AMBIT_DATA>/contents`: a folder for each half-year, and in it files in the order in which they were written. */
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  /** Bytes that are none of ours, or no longer. Told once for each place. */
  readonly onDamage: (fault: Fault) => void
  readonly fileBytes?: number
}

interface OpenFile {
  readonly file: DiskFile
  readonly path: string
  readonly period: string
  /** Where the next block goes. */
  end: number
}

/**
 * Blocks in files that are only appended to: one durable write for all blocks of a flush. Each start of the node begins
 * a file of its own, so nothing that an earlier one left is ever cut or written over, but for what is erased.
 */
export function createFileShelf(parts: FileShelfParts): ContentShelf {
  const { directory, disk, clock, fileBytes = fileBytesMax } = parts
  const told = new Set<string>()
  /** When the first block of a file came; undefined in a file without any. */
  const begins = new Map<string, number>()
  let open: OpenFile | undefined

  async function next(period: string): Promise<OpenFile> {
    await open?.file.close()
    open = undefined
    const folder = join(directory, period)
    const numbers = (await disk.list(folder)).map((name) => Number.parseInt(name, 10))
    const number = Math.max(0, ...numbers.filter((each) => Number.isSafeInteger(each))) + 1
    const path = join(folder, `${String(number).padStart(8, '0')}.contents`)
    const file = await disk.open(path, 'durable')
    await disk.syncDirectory(folder)
    await disk.syncDirectory(directory)
    return { file, path, period, end: 0 }
  }

  /** All files, in the order in which they were written. */
  async function files(): Promise<string[]> {
    const found: string[] = []
    for (const period of (await disk.list(directory)).toSorted()) {
      const names = await disk.list(join(directory, period))
      for (const name of names.toSorted())
        if (name.endsWith('.contents')) found.push(join(directory, period, name))
    }
    return found
  }

  async function* headsOf(path: string, file: DiskFile, damaged: () => void): AsyncGenerator<PlacedHead> {
    const end = open?.path === path ? open.end : await file.size()
    yield* scanHeads(file, end, (from, to) => {
      damaged()
      report(path, from, to)
    })
  }

  function report(path: string, from: number, to: number): void {
    const place = `${path} ${from}`
    if (told.has(place) || told.size >= toldMax) return
    told.add(place)
    const detail = `bytes ${from} to ${to} hold no block that is whole`
    parts.onDamage(new Fault('contents.damaged', { detail, where: path }))
  }

  async function beginOf(path: string): Promise<number | undefined> {
    const known = begins.get(path)
    if (known !== undefined) return known
    const file = await disk.open(path, 'plain')
    try {
      const bytes = Buffer.alloc(headBytes)
      let begin = (await file.read(bytes, 0)) === headBytes ? readHead(bytes, 0)?.first : undefined
      for await (const { head } of begin === undefined ? headsOf(path, file, () => undefined) : []) {
        begin = head.first
        break
      }
      if (begin !== undefined) begins.set(path, begin)
      return begin
    } finally {
      await file.close()
    }
  }

  /** Files that may hold something from that time to that time: from one that began before it to one that began after. */
  async function filesOf(from: number, to: number): Promise<string[]> {
    const chosen: string[] = []
    let before: string | undefined
    for (const path of await files()) {
      const begin = await beginOf(path)
      if (begin === undefined || (begin >= from - disorderMs && begin <= to + disorderMs)) chosen.push(path)
      else if (begin < from - disorderMs) before = path
    }
    return before === undefined ? chosen : [before, ...chosen]
  }

  return {
    async append(blocks: readonly SealedBlock[]) {
      const bytes = Buffer.concat(blocks.map((block) => block.bytes))
      try {
        const period = periodOf(clock.now())
        if (open?.period !== period || open.end + bytes.length > fileBytes) open = await next(period)
        await writeWhole(open.file, bytes, open.end)
        open.end += bytes.length
      } catch (error) {
        if (isDiskFull(error)) {
          throw new Fault('contents.full', { detail: 'there is no room for the contents of acts', cause: error })
        }
        // A file that reported an error once is not trusted again; the blocks are still in memory.
        await open?.file.close().catch(() => undefined)
        open = undefined
        throw new Fault('contents.failed', { detail: 'the disk did not take the contents of acts', cause: error })
      }
    },
    async find(subject, from, to): Promise<Found> {
      const name = Buffer.from(subject)
      const blocks: FoundBlock[] = []
      let damaged = false
      for (const path of await filesOf(from, to)) {
        const file = await disk.open(path, 'plain')
        try {
          for await (const { at, head } of headsOf(path, file, () => (damaged = true))) {
            if (head.state !== 'sealed' || !name.equals(head.subject)) continue
            if (head.last < from - disorderMs || head.first > to + disorderMs) continue
            const bytes = Buffer.allocUnsafe(headBytes + head.bytes)
            await file.read(bytes, at)
            if (isWhole(bytes, head)) blocks.push({ head, bytes })
            else {
              damaged = true
              report(path, at, at + bytes.length)
            }
          }
        } finally {
          await file.close()
        }
      }
      return { blocks, damaged }
    },
    async erase(subjects) {
      let count = 0
      for (const path of await files()) {
        const file = await disk.open(path, 'durable')
        try {
          for await (const { at, head } of headsOf(path, file, () => undefined)) {
            if (head.state !== 'sealed' || !subjects.has(Buffer.from(head.subject).toString('hex'))) continue
            const block = erasedBlock(head.bytes, head)
            // The bytes first: while the head still names the subject, an erasure that was cut off finds it again.
            await writeWhole(file, block.subarray(headBytes), at + headBytes)
            await writeWhole(file, block.subarray(0, headBytes), at)
            count++
          }
        } finally {
          await file.close()
        }
      }
      return count
    },
    async prune(before) {
      for (const path of await files()) {
        if (path === open?.path || (await lastOf(path)) >= before) return
        await disk.remove(path)
        begins.delete(path)
      }
    },
    async close() {
      await open?.file.close()
      open = undefined
    },
  }

  /** When the last of its blocks came; of a file without any, long ago. */
  async function lastOf(path: string): Promise<number> {
    const file = await disk.open(path, 'plain')
    try {
      let last = -Infinity
      for await (const { head } of headsOf(path, file, () => undefined)) last = Math.max(last, head.last)
      return last
    } finally {
      await file.close()
    }
  }
}
