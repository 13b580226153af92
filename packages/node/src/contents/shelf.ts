import type { SubjectKeys } from '../identity/identity.ts'
import type { BlockHead } from './block.ts'

/** A sealed block on its way to the shelf: head and sealed bytes. */
export interface SealedBlock {
  readonly keys: SubjectKeys
  readonly first: number
  readonly last: number
  readonly count: number
  readonly bytes: Buffer
}

/** A block as it was found: its head is whole, its bytes are those that were written. */
export interface FoundBlock {
  readonly head: BlockHead
  /** With the head. */
  readonly bytes: Buffer
}

export interface Found {
  /** In the order in which they were appended. */
  readonly blocks: readonly FoundBlock[]
  /** Something among them could not be read. */
  readonly damaged: boolean
}

/** Where sealed contents lie. */
export interface ContentShelf {
  /** Resolves once all of them are durable. Rejects with `contents.full` or `contents.failed`; then none counts. */
  append(blocks: readonly SealedBlock[]): Promise<void>
  /** The blocks of a subject, by its name, from that time to that time (ms). */
  find(subject: Uint8Array, from: number, to: number): Promise<Found>
  /** Destroys the bytes of all blocks of these subjects, by their names in hexadecimal digits; gives their number. */
  erase(subjects: ReadonlySet<string>): Promise<number>
  /** Removes what came before that time, as far as it can be removed as a whole. */
  prune(before: number): Promise<void>
  close(): Promise<void>
}
