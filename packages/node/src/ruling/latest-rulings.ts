import type { Digest } from '@ambit/core/digest'
import { RowIndex } from '../kernel/row-index.ts'

/** 32 bytes of the version's digest, 16 of the ruling's id, and when it was made (f64, in ms). */
const rowBytes = 56
const [idAt, issuedAt] = [32, 48] as const
/** Rows that are made at once: pages are never copied, so growing costs no peak of memory. */
const pageRows = 4096
/** As `namedId` makes them: 128 bits. */
const idForm = /^r_[0-9a-f]{32}$/
const digestForm = /^sha256:[0-9a-f]{64}$/

/** The latest ruling on each version: some 80 bytes for one, because there is one for each version there ever was. */
export class LatestRulings {
  readonly #index = new RowIndex()
  readonly #pages: Buffer[] = []
  /** Ids of another form, which no ruling of a node has. */
  readonly #ids = new Map<number, string>()
  readonly #sought = Buffer.alloc(32)
  #rows = 0

  /** Puts a ruling in the place of what was there; gives the row, or -1 where a later one is there. */
  put(digest: Digest, id: string, issued: number): number {
    let row = this.rowOf(digest)
    if (row < 0) {
      if (!digestForm.test(digest)) throw new TypeError('a version is named by a SHA-256 digest')
      row = this.#rows++
      if (row >= this.#pages.length * pageRows) this.#pages.push(Buffer.alloc(pageRows * rowBytes))
      this.#sought.copy(this.#page(row), at(row))
      this.#index.add(this.#sought.readUInt32LE(0), row)
    } else if (!this.#isLater(row, id, issued)) return -1
    this.#page(row).writeDoubleLE(issued, at(row) + issuedAt)
    if (idForm.test(id)) {
      this.#ids.delete(row)
      this.#page(row).write(id.slice(2), at(row) + idAt, 16, 'hex')
    } else this.#ids.set(row, id)
    return row
  }

  /** -1: there is none. */
  rowOf(digest: Digest): number {
    if (this.#sought.write(digest.slice('sha256:'.length), 'hex') !== 32) return -1
    return this.#index.find(
      this.#sought.readUInt32LE(0),
      (row) => this.#sought.compare(this.#page(row), at(row), at(row) + 32) === 0,
    )
  }

  idOf(row: number): string {
    return this.#ids.get(row) ?? `r_${this.#page(row).toString('hex', at(row) + idAt, at(row) + issuedAt)}`
  }

  /** As the store orders them: by time, then by id. */
  #isLater(row: number, id: string, issued: number): boolean {
    const before = this.#page(row).readDoubleLE(at(row) + issuedAt)
    return issued > before || (issued === before && id > this.idOf(row))
  }

  #page(row: number): Buffer {
    return this.#pages[Math.floor(row / pageRows)]!
  }
}

/** Where a row begins in its page. */
function at(row: number): number {
  return (row % pageRows) * rowBytes
}
