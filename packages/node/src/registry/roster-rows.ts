import type { Digest } from '@ambit/core/digest'
import { protocols, recordKindSchema, recordStates } from '@ambit/core/record'
import type { Protocol, RecordState } from '@ambit/core/record'
import type { Target, TargetHead } from './target.ts'

/*
 * What memory keeps of each record, in 64 bytes beside its names; all else lies packed (packed.ts) where `place` says.
 *
 *   0 32 × u8 digest        of the version that its Target stands for
 *  32 f64     updated       in ms
 *  40 u32     place         where its packed form lies
 *  44 u32     length        of the packed form, in bytes
 *  48 u32     versions      how many it has
 *  52 u32     changes       how many capabilities are held or new
 *  56 u16     organization  number of its organisation
 *  58 u16     protocols     one bit each, by their place in `protocols`
 *  60 u8      kind          place in the kinds
 *  61 u8      state         place in `recordStates`
 *  62 u8      flags         1 live, 2 a draft waits
 */
const rowBytes = 64
/** Rows that are made at once: pages are never copied, so growing costs no peak of memory. */
const pageRows = 1024
const live = 1
const draft = 2
const kinds = recordKindSchema.options

export interface RowFacts {
  readonly id: string
  readonly organization: string
  readonly slug: string
  readonly title: string
  readonly kind: Target['kind']
  readonly digest: Digest
  readonly state: RecordState
  readonly protocols: readonly Protocol[]
  readonly isLive: boolean
  readonly hasDraft: boolean
  readonly updated: number
  readonly versions: number
  readonly changes: number
  readonly place: number
  readonly length: number
}

/** Records in numbered rows. */
export class RosterRows {
  readonly #pages: Buffer[] = []
  readonly #ids: (string | undefined)[] = []
  readonly #slugs: string[] = []
  readonly #titles: string[] = []
  readonly #organizations: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #free: number[] = []

  /** Gives it a row, or the one that it has. */
  set(facts: RowFacts, known = -1): number {
    const row = known >= 0 ? known : (this.#free.pop() ?? this.#ids.length)
    if (row >= this.#pages.length * pageRows) this.#pages.push(Buffer.alloc(pageRows * rowBytes))
    // The text that is there already may be shared with others.
    this.#ids[row] ??= facts.id
    if (this.#slugs[row] !== facts.slug) this.#slugs[row] = facts.slug
    if (this.#titles[row] !== facts.title) this.#titles[row] = facts.title
    const [page, at] = [this.#page(row), atOf(row)]
    page.write(facts.digest.slice('sha256:'.length), at, 32, 'hex')
    page.writeDoubleLE(facts.updated, at + 32)
    page.writeUInt32LE(facts.place, at + 40)
    page.writeUInt32LE(facts.length, at + 44)
    page.writeUInt32LE(facts.versions, at + 48)
    page.writeUInt32LE(facts.changes, at + 52)
    page.writeUInt16LE(this.#numberOf(facts.organization), at + 56)
    page.writeUInt16LE(
      facts.protocols.reduce((bits, protocol) => bits | (1 << protocols.indexOf(protocol)), 0),
      at + 58,
    )
    page.writeUInt8(kinds.indexOf(facts.kind), at + 60)
    page.writeUInt8(recordStates.indexOf(facts.state), at + 61)
    page.writeUInt8((facts.isLive ? live : 0) | (facts.hasDraft ? draft : 0), at + 62)
    return row
  }

  /** Numbers of all rows that hold a record. */
  *rows(): Iterable<number> {
    for (const [row, id] of this.#ids.entries()) if (id !== undefined) yield row
  }

  clear(row: number): void {
    this.#ids[row] = undefined
    this.#slugs[row] = ''
    this.#titles[row] = ''
    this.#free.push(row)
  }

  id(row: number): string {
    return this.#ids[row]!
  }

  slug(row: number): string {
    return this.#slugs[row]!
  }

  digest(row: number): Digest {
    return `sha256:${this.#page(row).toString('hex', atOf(row), atOf(row) + 32)}`
  }

  updated(row: number): number {
    return this.#page(row).readDoubleLE(atOf(row) + 32)
  }

  place(row: number): number {
    return this.#page(row).readUInt32LE(atOf(row) + 40)
  }

  length(row: number): number {
    return this.#page(row).readUInt32LE(atOf(row) + 44)
  }

  versions(row: number): number {
    return this.#page(row).readUInt32LE(atOf(row) + 48)
  }

  changes(row: number): number {
    return this.#page(row).readUInt32LE(atOf(row) + 52)
  }

  organization(row: number): string {
    return this.#organizations[this.#page(row).readUInt16LE(atOf(row) + 56)]!
  }

  head(row: number): TargetHead {
    const [page, at] = [this.#page(row), atOf(row)]
    const bits = page.readUInt16LE(at + 58)
    return {
      id: this.id(row),
      slug: this.slug(row),
      organization: this.organization(row),
      kind: kinds[page.readUInt8(at + 60)]!,
      state: recordStates[page.readUInt8(at + 61)]!,
      title: this.#titles[row]!,
      protocols: protocols.filter((_, place) => (bits & (1 << place)) !== 0),
    }
  }

  setState(row: number, state: RecordState): void {
    this.#page(row).writeUInt8(recordStates.indexOf(state), atOf(row) + 61)
  }

  isLive(row: number): boolean {
    return (this.#page(row).readUInt8(atOf(row) + 62) & live) !== 0
  }

  hasDraft(row: number): boolean {
    return (this.#page(row).readUInt8(atOf(row) + 62) & draft) !== 0
  }

  #page(row: number): Buffer {
    return this.#pages[Math.floor(row / pageRows)]!
  }

  #numberOf(organization: string): number {
    let number = this.#numbers.get(organization)
    if (number === undefined) {
      number = this.#organizations.push(organization) - 1
      this.#numbers.set(organization, number)
    }
    return number
  }
}

/** Where a row begins in its page. */
function atOf(row: number): number {
  return (row % pageRows) * rowBytes
}
