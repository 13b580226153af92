import type { Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { tileWidth } from '@ambit/core/log/tile'

const hashBytes = 32
const positionBytes = 8

/** One thing that is wrong in the folder of a log. */
export interface AuditFinding {
  /** Path below the folder. */
  readonly file: string
  readonly offset: number
  /** The first entry that it concerns. */
  readonly index?: number
  readonly what: string
  readonly whatToDo: string
}

export const restore =
  'Leave the folder as it is for evidence, and restore this file from a backup or a mirror; nothing is repaired silently.'
const makeAgain =
  'Nothing is lost: stop the node, remove the folder `tiles` and start it; it makes these files again from the segments.'
const startAgain =
  'Start the node: what follows the last published checkpoint is made again from the segments.'

/** A file that is only ever read, and not made where there is none. */
export interface ReadFile {
  read(into: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

export async function openReadFile(path: string): Promise<ReadFile> {
  const handle = await open(path, 'r')
  return { read: (into, position) => readFully(handle, into, position), close: () => handle.close() }
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let total = 0
  while (total < into.length) {
    const { bytesRead } = await handle.read(into, total, into.length - total, position + total)
    if (bytesRead === 0) break
    total += bytesRead
  }
  return total
}

/** Length of a file; undefined where there is none. */
export async function lengthOf(path: string): Promise<number | undefined> {
  const found: Stats | undefined = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return found?.size
}

interface Run {
  readonly first: number
  items: string[]
}

/** A derived file beside what the segments say should stand in it, item by item. */
class StoredFile {
  readonly #file: string
  readonly #path: string
  readonly #itemBytes: number
  readonly #leavesEach: number
  readonly #relied: number
  #runs: Run[] = []
  #end = 0

  /** An item stands for `leavesEach` entries; items of entries below `relied` were synced before they were signed. */
  constructor(
    directory: string,
    file: string,
    shape: { readonly itemBytes: number; readonly leavesEach: number; readonly relied: number },
  ) {
    this.#file = file
    this.#path = join(directory, file)
    this.#itemBytes = shape.itemBytes
    this.#leavesEach = shape.leavesEach
    this.#relied = shape.relied
  }

  /** What should stand at an index, as a latin1 string. */
  expect(index: number, item: string): void {
    const last = this.#runs.at(-1)
    if (last !== undefined && last.first + last.items.length === index) last.items.push(item)
    else this.#runs.push({ first: index, items: [item] })
    this.#end = Math.max(this.#end, index + 1)
  }

  /** Compares what was expected since the last check; items that differ side by side are one finding. */
  async check(): Promise<AuditFinding[]> {
    const found: AuditFinding[] = []
    const runs = this.#runs.splice(0)
    if (runs.length === 0) return found
    if ((await lengthOf(this.#path)) === undefined)
      return [this.#differs(runs[0]!.first, 'the file is missing')]
    const file = await openReadFile(this.#path)
    try {
      for (const { first, items } of runs) {
        const bytes = Buffer.alloc(items.length * this.#itemBytes)
        const got = await file.read(bytes, first * this.#itemBytes)
        let before = true
        for (const [at, item] of items.entries()) {
          const start = at * this.#itemBytes
          const same =
            start + this.#itemBytes <= got &&
            bytes.toString('latin1', start, start + this.#itemBytes) === item
          if (before && !same) found.push(this.#differs(first + at, 'it is not what the segments say'))
          before = same
        }
      }
    } finally {
      await file.close()
    }
    return found
  }

  /** After the last check: nothing stands behind what belongs there. */
  async checkEnd(): Promise<AuditFinding[]> {
    const length = (await lengthOf(this.#path)) ?? 0
    const end = this.#end * this.#itemBytes
    if (length <= end) return []
    const what = `the file is ${length} bytes long, but the log fills ${end}`
    return [{ file: this.#file, offset: end, what, whatToDo: startAgain }]
  }

  #differs(item: number, what: string): AuditFinding {
    const index = item * this.#leavesEach
    const isRelied = index < this.#relied
    return {
      file: this.#file,
      offset: item * this.#itemBytes,
      index,
      what,
      whatToDo: isRelied ? makeAgain : startAgain,
    }
  }
}

/** The derived files of a log: hashes level by level, and positions of every 256th entry. */
export class StoredFiles {
  #directory: string
  #relied: number
  #levels: StoredFile[] = []
  #positions: StoredFile

  constructor(directory: string, relied: number) {
    this.#directory = directory
    this.#relied = relied
    const shape = { itemBytes: positionBytes, leavesEach: tileWidth, relied }
    this.#positions = new StoredFile(directory, 'tiles/positions', shape)
  }

  expectHash(level: number, index: number, hash: string): void {
    for (let next = this.#levels.length; next <= level; next++) {
      const shape = { itemBytes: hashBytes, leavesEach: tileWidth ** next, relied: this.#relied }
      this.#levels.push(new StoredFile(this.#directory, `tiles/${next}`, shape))
    }
    this.#levels[level]!.expect(index, hash)
  }

  expectPosition(bundle: number, segment: number, offset: number): void {
    const bytes = Buffer.alloc(positionBytes)
    bytes.writeUInt32BE(segment, 0)
    bytes.writeUInt32BE(offset, 4)
    this.#positions.expect(bundle, bytes.toString('latin1'))
  }

  async *check(): AsyncGenerator<AuditFinding, void> {
    for (const file of [...this.#levels, this.#positions]) yield* await file.check()
  }

  async *checkEnd(): AsyncGenerator<AuditFinding, void> {
    for (const file of [...this.#levels, this.#positions]) yield* await file.checkEnd()
  }
}
