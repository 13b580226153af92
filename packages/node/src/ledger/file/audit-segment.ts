import { join } from 'node:path'
import { tileWidth } from '@ambit/core/log/tile'
import type { Head } from '../engine.ts'
import type { SignedHead } from '../guard.ts'
import { sha256, zeroHash } from '../hash.ts'
import type { Hash } from '../hash.ts'
import { peaksOf, Tree, treeState } from '../tree.ts'
import { lengthOf, openReadFile, restore } from './audit-stored.ts'
import type { AuditFinding, ReadFile, StoredFiles } from './audit-stored.ts'
import { tailBytesMax } from './recovery.ts'
import { Scan } from './scan.ts'
import type { Item } from './scan.ts'
import { commitBytes, commitMark, decodeCommit, decodeHeader, headerBytes } from './segment.ts'
import type { Commit, SegmentHeader } from './segment.ts'
import { segmentName } from './segments.ts'

const hashBytes = 32
/** Derived files are compared after so many entries, which bounds what is kept in memory. */
const checkEachEntries = 16_384
const chunkBytes = 64 * 1024

type Found = AsyncGenerator<AuditFinding, void>

/** Reads segments one after another; each is begun with what its header says where the one before is damaged. */
export class SegmentAudit {
  /** Entry 0, once it was read. */
  genesis: Uint8Array | undefined
  #directory: string
  #stored: StoredFiles
  #unmet: Set<Head>
  #tree: Tree
  #previous: Hash = zeroHash
  /** False behind damage, where the record before is not known. */
  #isChained = true
  #leaves: { readonly hash: Hash; readonly offset: number }[] = []
  /** Hashes that the tree gave since the last commit record. */
  #given: { readonly level: number; readonly index: number; readonly hash: Hash }[] = []
  #sinceCheck = 0

  constructor(directory: string, stored: StoredFiles, heads: readonly SignedHead[]) {
    this.#directory = directory
    this.#stored = stored
    this.#unmet = new Set(
      heads
        .filter((head) => head.size > 0)
        .map(({ size, root }) => ({ size, root: Buffer.from(root, 'base64').toString('latin1') })),
    )
    this.#tree = new Tree({ put: (level, index, hash) => this.#given.push({ level, index, hash }) })
  }

  /** Entries up to the last commit record that holds. */
  get size(): number {
    return this.#tree.size
  }

  async *segment(sequence: number, isLast: boolean): Found {
    const name = `segments/${segmentName(sequence)}`
    const length = (await lengthOf(join(this.#directory, name))) ?? 0
    const file = await openReadFile(join(this.#directory, name))
    try {
      const bytes = Buffer.alloc(headerBytes)
      await file.read(bytes, 0)
      if (isLast && bytes.every((byte) => byte === 0)) {
        // Prepared and never begun.
        yield* this.#zeros(file, name, 0, length)
      } else {
        yield* this.#header(decodeHeader(bytes), name, sequence)
        yield* this.#batches(file, name, sequence, length)
      }
    } finally {
      await file.close()
    }
  }

  /** What was signed and is not there. */
  *unmetHeads(): Generator<AuditFinding, void> {
    for (const head of this.#unmet) {
      const what =
        head.size > this.size
          ? `${head.size} entries were signed, but ${this.size} can be read`
          : `the first ${head.size} entries are not those that were signed`
      yield { file: 'checkpoint', offset: 0, index: Math.min(head.size, this.size), what, whatToDo: restore }
    }
  }

  *#header(header: SegmentHeader | undefined, file: string, sequence: number): Generator<AuditFinding, void> {
    const bad = (what: string): AuditFinding => ({
      file,
      offset: 0,
      index: this.size,
      what,
      whatToDo: restore,
    })
    if (header === undefined) {
      yield bad('the header of the segment is damaged')
      return
    }
    const peaks = peaksOf(this.#tree.state())
    const continues =
      header.sequence === sequence &&
      header.first === this.size &&
      header.peaks.join('') === peaks.join('') &&
      (!this.#isChained || header.previous === this.#previous)
    if (!continues) yield bad('the segment does not continue the one before it')
    this.#tree.restore(treeState(header.first, header.peaks))
    this.#previous = header.previous
    this.#isChained = true
    this.#begin()
  }

  async *#batches(file: ReadFile, name: string, sequence: number, length: number): Found {
    let scan = new Scan(file)
    let end = headerBytes
    for (;;) {
      const item = scan.take()
      if (item === undefined) {
        await scan.read()
      } else if (item.kind === 'entry') {
        this.#leaves.push({ hash: sha256(item.leaf), offset: item.offset })
        if (this.size === 0 && this.#leaves.length === 1) this.genesis = Buffer.from(item.leaf.subarray(1))
      } else if (item.kind === 'end' && this.#leaves.length === 0) {
        yield* this.#zeros(file, name, item.offset, length)
        return
      } else if (item.kind === 'commit' && this.#fits(item.commit)) {
        if (this.#isChained && item.commit.previous !== this.#previous)
          yield this.#damage(name, item.offset, 'the commit record does not continue the one before it')
        yield* this.#accept(item.commit, sequence)
        end = item.offset + commitBytes
      } else {
        const resumed = yield* this.#damaged(file, name, item, end, length)
        if (resumed === undefined) return
        end = resumed
        scan = new Scan(file, end)
      }
    }
  }

  /** Appends what was read since the last commit record; takes it back where the root is another. */
  #fits(commit: Commit): boolean {
    if (commit.size !== this.size + this.#leaves.length) return false
    return this.#append(
      this.#leaves.map((leaf) => leaf.hash),
      commit.root,
    )
  }

  #append(hashes: readonly Hash[], root: Hash): boolean {
    const before = this.#tree.state()
    for (const hash of hashes) this.#tree.append(hash)
    if (this.#tree.root() === root) return true
    this.#tree.restore(before)
    this.#given = []
    return false
  }

  async *#accept(commit: Commit & { readonly hash: Hash }, sequence: number): Found {
    const first = commit.size - this.#leaves.length
    for (const { level, index, hash } of this.#given) this.#stored.expectHash(level, index, hash)
    for (const [at, { offset }] of this.#leaves.entries()) {
      if ((first + at) % tileWidth === 0)
        this.#stored.expectPosition((first + at) / tileWidth, sequence, offset)
    }
    yield* this.#adopt(commit)
  }

  async *#adopt(commit: Commit & { readonly hash: Hash }): Found {
    this.#sinceCheck += this.#leaves.length
    this.#previous = commit.hash
    this.#isChained = true
    this.#begin()
    for (const head of this.#unmet) {
      if (head.size === commit.size && head.root === commit.root) this.#unmet.delete(head)
    }
    if (this.#sinceCheck < checkEachEntries) return
    this.#sinceCheck = 0
    yield* this.#stored.check()
  }

  #begin(): void {
    this.#leaves = []
    this.#given = []
  }

  /**
   * Names what is damaged between two commit records with the hashes stored apart from the entries, and answers where
   * to go on; undefined where the rest of the segment says nothing that can be trusted.
   */
  async *#damaged(
    file: ReadFile,
    name: string,
    stop: Item,
    end: number,
    length: number,
  ): AsyncGenerator<AuditFinding, number | undefined> {
    const next = await nextCommit(file, end, Math.min(length - end, tailBytesMax), this.size)
    const why = stop.kind === 'bad' ? stop.why : 'entries are not those that were committed'
    if (next === undefined) {
      const what = `${why}; no commit record follows. It is damage, or a batch that was being written when the node was killed, which the next start cuts`
      yield this.#damage(name, this.#leaves.length > 0 ? end : stop.offset, what)
      this.#isChained = false
      this.#begin()
      return undefined
    }
    const stored = await this.#storedLeaves(next.commit.size)
    const leaves = this.#leaves
    const first = this.size
    if (!this.#append(stored, next.commit.root)) {
      yield this.#damage(name, end, `${why}, and the hashes stored apart from them do not lead to the root`)
      this.#isChained = false
      this.#begin()
      return undefined
    }
    const differing = leaves.findIndex((leaf, at) => leaf.hash !== stored[at])
    yield {
      file: name,
      offset: differing < 0 ? stop.offset : leaves[differing]!.offset,
      index: differing < 0 ? Math.min(first + leaves.length, next.commit.size - 1) : first + differing,
      what: differing < 0 ? why : 'the entry is not the one whose hash is in the tree',
      whatToDo: restore,
    }
    for (const { level, index, hash } of this.#given) this.#stored.expectHash(level, index, hash)
    yield* this.#adopt(next.commit)
    return next.offset + commitBytes
  }

  async #storedLeaves(size: number): Promise<Hash[]> {
    const path = join(this.#directory, 'tiles/0')
    if ((await lengthOf(path)) === undefined) return []
    const bytes = Buffer.alloc((size - this.size) * hashBytes)
    const file = await openReadFile(path)
    try {
      await file.read(bytes, this.size * hashBytes)
    } finally {
      await file.close()
    }
    return Array.from({ length: size - this.size }, (_, at) =>
      bytes.toString('latin1', at * hashBytes, (at + 1) * hashBytes),
    )
  }

  /** Behind the last batch a file holds zeros or ends. */
  async *#zeros(file: ReadFile, name: string, from: number, length: number): Found {
    const chunk = Buffer.alloc(chunkBytes)
    for (let at = from; at < length; at += chunkBytes) {
      const got = await file.read(chunk, at)
      const odd = chunk.subarray(0, got).findIndex((byte) => byte !== 0)
      if (odd < 0) continue
      yield this.#damage(name, at + odd, 'there is something behind the last batch')
      return
    }
  }

  #damage(file: string, offset: number, what: string): AuditFinding {
    return { file, offset, index: this.size, what, whatToDo: restore }
  }
}

/** The next commit record of a longer log within the length of a batch. */
async function nextCommit(
  file: ReadFile,
  from: number,
  length: number,
  size: number,
): Promise<{ commit: Commit & { readonly hash: Hash }; offset: number } | undefined> {
  const bytes = Buffer.alloc(Math.max(0, length))
  const tail = bytes.subarray(0, await file.read(bytes, from))
  for (let at = tail.indexOf(commitMark); at >= 0; at = tail.indexOf(commitMark, at + 1)) {
    const commit = decodeCommit(tail, at)
    // No batch of entries has more of them than bytes.
    if (commit !== undefined && commit.size > size && commit.size - size < tailBytesMax)
      return { commit, offset: from + at }
  }
  return undefined
}
