import type { DiskFile } from '../kernel/disk.ts'
import { headBytes, magic, readHead } from './block.ts'
import type { BlockHead } from './block.ts'

/** Read at once while heads are looked for. */
const windowBytes = 256 * 1024

export interface PlacedHead {
  /** Offset of the head in its file. */
  readonly at: number
  readonly head: BlockHead
}

/**
 * The heads of the blocks of a file, up to `end`, as many at once as were read at once. Where none stands that holds,
 * `damaged` hears where that is, and the scan goes on at the next head that holds: a block that is broken hides no other.
 */
export async function* scanHeads(
  file: DiskFile,
  end: number,
  damaged: (from: number, to: number) => void,
): AsyncGenerator<readonly PlacedHead[]> {
  const window = new Window(file, end)
  for (let at = 0; at < end;) {
    await window.load(at)
    const heads = window.headsFrom(at)
    const last = heads.at(-1)
    if (last === undefined) {
      const next = await window.nextHead(at + 1)
      damaged(at, next)
      at = next
    } else {
      yield heads
      at = last.at + headBytes + last.head.bytes
    }
  }
}

/** The piece of a file that one looks at. Each piece has its own memory, so what was read of it stays as it is. */
class Window {
  readonly #file: DiskFile
  readonly #end: number
  #from = 0
  #bytes = Buffer.alloc(0)

  constructor(file: DiskFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** The heads that follow one another from there, as far as the window goes. */
  headsFrom(from: number): PlacedHead[] {
    const heads: PlacedHead[] = []
    for (let at = from; at + headBytes <= this.#from + this.#bytes.length;) {
      const head = readHead(this.#bytes, at - this.#from)
      // Lengths are believed, because the check sum of the head covers them.
      if (head === undefined || at + headBytes + head.bytes > this.#end) break
      heads.push({ at, head })
      at += headBytes + head.bytes
    }
    return heads
  }

  /** Where the next head stands that holds, or the end. */
  async nextHead(from: number): Promise<number> {
    for (let at = from; at + headBytes <= this.#end;) {
      await this.load(at)
      const found = this.#bytes.indexOf(magic, at - this.#from)
      if (found < 0) {
        // The magic may begin in the last bytes of the window.
        at = Math.max(at + 1, this.#from + this.#bytes.length - magic.length + 1)
        continue
      }
      at = this.#from + found
      await this.load(at)
      if (this.headsFrom(at).length > 0) return at
      at++
    }
    return this.#end
  }

  async load(at: number): Promise<void> {
    if (at >= this.#from && at + headBytes <= this.#from + this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.min(windowBytes, this.#end - at))
    const got = await this.#file.read(bytes, at)
    this.#from = at
    this.#bytes = bytes.subarray(0, got)
  }
}
