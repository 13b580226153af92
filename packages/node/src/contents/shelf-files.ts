import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { Disk, DiskFile } from '../kernel/disk.ts'
import { headBytes, readHead } from './block.ts'
import type { BlockHead } from './block.ts'
import { scanHeads } from './block-scan.ts'
import type { PlacedHead } from './block-scan.ts'

/** Contents are timed when they come and files when they begin, so that the two may differ a little. */
export const disorderMs = 60_000
/** Places of damage that are told of: more say nothing new. */
const toldMax = 1000
const extension = '.contents'

/** The files of contents: a folder for each half-year, and in it files in the order in which they were written. */
export class ShelfFiles {
  /** The file that is written to, and how far; there is no block after that yet. */
  current: { readonly path: string; end: number } | undefined
  readonly #directory: string
  readonly #disk: Disk
  readonly #onDamage: (fault: Fault) => void
  readonly #told = new Set<string>()
  /** When the first block of a file came; kept, because it never changes. */
  readonly #begins = new Map<string, number>()

  constructor(directory: string, disk: Disk, onDamage: (fault: Fault) => void) {
    this.#directory = directory
    this.#disk = disk
    this.#onDamage = onDamage
  }

  /** Makes the next file of a period and names it the current one. */
  async begin(period: string): Promise<DiskFile> {
    const folder = join(this.#directory, period)
    const numbers = (await this.#disk.list(folder)).map((name) => Number.parseInt(name, 10))
    const number = Math.max(0, ...numbers.filter((each) => Number.isSafeInteger(each))) + 1
    const path = join(folder, `${String(number).padStart(8, '0')}${extension}`)
    this.current = { path, end: 0 }
    const file = await this.#disk.open(path, 'durable')
    try {
      await this.#disk.syncDirectory(folder)
      await this.#disk.syncDirectory(this.#directory)
    } catch (error) {
      await file.close()
      throw error
    }
    return file
  }

  /** All files, in the order in which they were written. */
  async list(): Promise<string[]> {
    const found: string[] = []
    for (const period of (await this.#disk.list(this.#directory)).toSorted()) {
      const names = await this.#disk.list(join(this.#directory, period))
      for (const name of names.toSorted()) {
        if (name.endsWith(extension)) found.push(join(this.#directory, period, name))
      }
    }
    return found
  }

  /** Files that may hold something of that time: from the last one that began before it to those that began in it. */
  async between(from: number, to: number): Promise<string[]> {
    const chosen: string[] = []
    let before: string | undefined
    for (const path of await this.list()) {
      const begin = await this.#beginOf(path)
      if (begin === undefined || (begin >= from - disorderMs && begin <= to + disorderMs)) chosen.push(path)
      else if (begin < from - disorderMs) before = path
    }
    return before === undefined ? chosen : [before, ...chosen]
  }

  /** Opens a file, gives the blocks in it that are wanted to `visit`, and closes it; says whether something was none. */
  async visit(
    path: string,
    mode: 'plain' | 'durable',
    wanted: (head: BlockHead) => boolean,
    visit: (placed: PlacedHead, file: DiskFile) => Promise<void>,
  ): Promise<{ readonly damaged: boolean }> {
    const file = await this.#disk.open(path, mode)
    let damaged = false
    try {
      const end = this.current?.path === path ? this.current.end : await file.size()
      const heads = scanHeads(file, end, (from, to) => {
        damaged = true
        this.report(path, from, to)
      })
      for await (const some of heads) {
        for (const placed of some) if (wanted(placed.head)) await visit(placed, file)
      }
    } finally {
      await file.close()
    }
    return { damaged }
  }

  /** When the last of its blocks came; undefined for a file without any. */
  async lastOf(path: string): Promise<number | undefined> {
    let last: number | undefined
    const nothing = async () => undefined
    const later = (head: BlockHead) => {
      last = Math.max(last ?? 0, head.last)
      return false
    }
    await this.visit(path, 'plain', later, nothing)
    return last
  }

  async remove(path: string): Promise<void> {
    await this.#disk.remove(path)
    this.#begins.delete(path)
  }

  /** Says once that bytes are none of ours, or no longer. */
  report(path: string, from: number, to: number): void {
    const place = `${path} ${from}`
    if (this.#told.has(place) || this.#told.size >= toldMax) return
    this.#told.add(place)
    const detail = `bytes ${from} to ${to} hold no block that is whole`
    this.#onDamage(new Fault('contents.damaged', { detail, where: path }))
  }

  async #beginOf(path: string): Promise<number | undefined> {
    const known = this.#begins.get(path)
    if (known !== undefined) return known
    const file = await this.#disk.open(path, 'plain')
    try {
      const bytes = Buffer.alloc(headBytes)
      const whole = (await file.read(bytes, 0)) === headBytes
      // Where the first head is damaged, nothing says when the file began, and it is always looked at.
      const begin = whole ? readHead(bytes, 0)?.first : undefined
      if (begin !== undefined) this.#begins.set(path, begin)
      return begin
    } finally {
      await file.close()
    }
  }
}
