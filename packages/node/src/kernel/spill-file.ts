import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Pieces begin at multiples of this, so that a place is a small number. */
const unitBytes = 256
/** Larger pieces take a power of two, so that what one gives up fits the next. */
const unitsEvenMax = 16
/** Larger texts get a buffer of their own each time. */
const scratchBytes = 64 * 1024

/**
 * Texts for which memory has no room: in a file that nobody else sees and that is gone when the process is, read at once,
 * mostly from what the system keeps of it. What the file does not take, such as on a full disk, stays in memory.
 */
export class SpillFile implements Disposable {
  readonly #file: number | undefined
  readonly #kept = new Map<number, string>()
  /** One for all: a hundred thousand small buffers at a start would leave holes that are never given back. */
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes)
  readonly #free = new Map<number, number[]>()
  #units = 0

  /** Left out: everything stays in memory. */
  constructor(directory?: string) {
    this.#file = directory === undefined ? undefined : openNameless(directory)
  }

  /** Keeps a text; gives its place and its length in bytes. */
  put(text: string): { readonly place: number; readonly length: number } {
    const length = Buffer.byteLength(text)
    const bytes = this.#room(length)
    bytes.write(text)
    const units = unitsOf(length)
    const place = this.#free.get(units)?.pop() ?? this.#units
    if (place === this.#units) this.#units += units
    if (!this.#write(bytes, length, place)) this.#kept.set(place, text)
    return { place, length }
  }

  get(place: number, length: number): string {
    const kept = this.#kept.get(place)
    if (kept !== undefined) return kept
    const bytes = this.#room(length)
    let read = 0
    while (read < length) {
      const got = readSync(this.#file!, bytes, read, length - read, place * unitBytes + read)
      if (got === 0) throw new Error('the file for what memory has no room for was cut')
      read += got
    }
    return bytes.toString('utf8', 0, length)
  }

  /** Gives a place up; `length` is that of what lies there. */
  free(place: number, length: number): void {
    this.#kept.delete(place)
    const units = unitsOf(length)
    const free = this.#free.get(units)
    if (free === undefined) this.#free.set(units, [place])
    else free.push(place)
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #room(length: number): Buffer {
    return length <= scratchBytes ? this.#scratch : Buffer.allocUnsafeSlow(length)
  }

  #write(bytes: Buffer, length: number, place: number): boolean {
    if (this.#file === undefined) return false
    try {
      let written = 0
      while (written < length) {
        const took = writeSync(this.#file, bytes, written, length - written, place * unitBytes + written)
        if (took === 0) return false
        written += took
      }
      return true
    } catch {
      // No room, or no disk: memory has to do.
      return false
    }
  }
}

function unitsOf(length: number): number {
  const units = Math.max(1, Math.ceil(length / unitBytes))
  return units <= unitsEvenMax ? units : 2 ** Math.ceil(Math.log2(units))
}

/** Removed as soon as it is open: it ends with the process, however that ends. */
function openNameless(directory: string): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `spill-${process.pid}`)
  rmSync(path, { force: true })
  const file = openSync(path, 'wx+', 0o600)
  rmSync(path, { force: true })
  return file
}
