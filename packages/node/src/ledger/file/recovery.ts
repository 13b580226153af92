import { Fault } from '@ambit/core/fault'
import { tileWidth } from '@ambit/core/log/tile'
import { zeroFill } from '../../kernel/disk.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import type { Head } from '../engine.ts'
import type { HashStore, Position } from '../hash-store.ts'
import { Scan } from './scan.ts'
import type { Item } from './scan.ts'
import { commitBytes, commitMark, decodeCommit, headerBytes } from './segment.ts'
import { sha256, zeroHash } from '../hash.ts'
import type { Commit, SegmentHeader } from './segment.ts'
import type { Hash } from '../hash.ts'
import type { Segments } from './segments.ts'
import { Tree, treeState } from '../tree.ts'
import type { TreeState } from '../tree.ts'

export interface Recovered {
  readonly tree: Tree
  /** Hash of the last commit record. */
  readonly previous: Hash
  /** Epoch of the last commit record. */
  readonly epoch: number
  /** Bytes of a batch that never became whole and was cut off. */
  readonly cutBytes: number
}

/** One batch can lie torn behind the last commit record; no batch is longer than this. */
export const tailBytesMax = 16 * 1024 * 1024
/** What a disk writes as a whole. */
const sectorBytes = 512

/**
 * Reads the log from the last segment that begins at or below what is known to be derived and signed, checks every
 * commit record and root on the way, and cuts a batch that was being written when the process ended.
 * Throws `ledger.corrupt` (file, offset and index) and `ledger.rolled-back`.
 */
export async function recover(
  disk: Disk,
  segments: Segments,
  hashes: HashStore,
  heads: readonly Head[],
): Promise<Recovered> {
  const floor = Math.min(hashes.flushed, ...heads.map((head) => head.size))
  const chain = await segmentChain(segments, floor)
  const replay = new Replay(disk, segments, hashes, heads, chain[0])
  let end = headerBytes
  for (const [at, header] of chain.entries()) end = await replay.segment(header, at === chain.length - 1)
  replay.checkHeads()
  const last = chain.at(-1)
  if (last === undefined) await segments.next({ first: 0, previous: zeroHash, peaks: [] })
  else await segments.resume(last.sequence, end)
  return { tree: replay.tree, previous: replay.previous, epoch: replay.epoch, cutBytes: replay.cutBytes }
}

/** Headers of the segments to read, oldest first. A file without a header was prepared and never used. */
async function segmentChain(segments: Segments, floor: number): Promise<SegmentHeader[]> {
  const chain: SegmentHeader[] = []
  for (const sequence of (await segments.list()).reverse()) {
    const header = await segments.header(sequence)
    if (header === undefined) {
      if (chain.length === 0) continue
      throw new Fault('ledger.corrupt', {
        detail: 'a segment before the last has no header',
        where: `${segments.path(sequence)} offset 0`,
      })
    }
    chain.unshift(header)
    if (header.first <= floor) break
  }
  return chain
}

class Replay {
  readonly tree: Tree
  previous: Hash
  epoch = 0
  cutBytes = 0
  #disk: Disk
  #segments: Segments
  #hashes: HashStore
  #unmet: Set<Head>
  // What was read since the last commit record.
  #before: TreeState
  #leaves: { readonly hash: Hash; readonly offset: number }[] = []
  #places: { index: number; position: Position }[] = []

  constructor(
    disk: Disk,
    segments: Segments,
    hashes: HashStore,
    heads: readonly Head[],
    first: SegmentHeader | undefined,
  ) {
    this.#disk = disk
    this.#segments = segments
    this.#hashes = hashes
    this.#unmet = new Set(heads)
    this.tree = new Tree(hashes)
    this.tree.restore(treeState(first?.first ?? 0, first?.peaks ?? []))
    this.#before = this.tree.state()
    this.previous = first?.previous ?? zeroHash
    this.#meetHeads()
  }

  /** Reads one segment; answers where its last commit record ends. */
  async segment(header: SegmentHeader, isLast: boolean): Promise<number> {
    const path = this.#segments.path(header.sequence)
    if (header.first !== this.tree.size || header.previous !== this.previous) {
      throw corrupt('a segment does not continue the one before it', path, 0, this.tree.size)
    }
    const file = await this.#disk.open(path, 'plain')
    try {
      const scan = new Scan(file)
      let end = headerBytes
      for (;;) {
        const item = scan.take()
        if (item === undefined) await scan.read()
        else if (item.kind === 'entry') this.#entry(item, header.sequence)
        else if (item.kind === 'commit' && this.#fits(item.commit)) {
          await this.#accept(item.commit)
          end = item.offset + commitBytes
        } else {
          await this.#settleTail(file, path, item, end, isLast)
          return end
        }
      }
    } finally {
      await file.close()
    }
  }

  checkHeads(): void {
    for (const head of this.#unmet) {
      const detail =
        head.size > this.tree.size
          ? `${head.size} entries were signed, but the log holds ${this.tree.size}`
          : `the first ${head.size} entries are not those that were signed`
      throw new Fault('ledger.rolled-back', { detail, where: this.#segments.path(1) })
    }
  }

  #entry(item: Extract<Item, { kind: 'entry' }>, segment: number): void {
    const index = this.tree.size
    if (index % tileWidth === 0) this.#places.push({ index, position: { segment, offset: item.offset } })
    const hash = sha256(item.leaf)
    this.#leaves.push({ hash, offset: item.offset })
    this.tree.append(hash)
  }

  #fits(commit: Commit): boolean {
    return (
      commit.size === this.tree.size &&
      commit.previous === this.previous &&
      commit.epoch >= this.epoch &&
      commit.root === this.tree.root()
    )
  }

  async #accept(commit: Commit & { readonly hash: Hash }): Promise<void> {
    this.previous = commit.hash
    this.epoch = commit.epoch
    for (const { index, position } of this.#places) this.#hashes.place(index, position)
    this.#begin()
    this.#meetHeads()
    if (this.#hashes.isHalfFull(this.tree.size)) await this.#hashes.flush(this.tree.size)
  }

  #begin(): void {
    this.#before = this.tree.state()
    this.#leaves = []
    this.#places = []
  }

  #meetHeads(): void {
    for (const head of this.#unmet) {
      if (head.size === this.tree.size && head.root === this.tree.root()) this.#unmet.delete(head)
    }
  }

  /** Decides about what stands behind the last good commit record: nothing, a torn batch, or damage. */
  async #settleTail(file: DiskFile, path: string, stop: Item, end: number, isLast: boolean): Promise<void> {
    const tail = Buffer.alloc(Math.max(0, Math.min(tailBytesMax, (await file.size()) - end)))
    await file.read(tail, end)
    const used = lastNonZero(tail) + 1
    const leaves = this.#leaves
    this.tree.restore(this.#before)
    this.#hashes.truncate(this.#before.size)
    this.#begin()
    if (used === 0) return
    const torn = isLast && this.#isTorn(tail, stop, end)
    const signed = Math.max(0, ...[...this.#unmet].map((head) => head.size))
    if (!torn || signed > this.tree.size) {
      const { offset, index } = await this.#damage(leaves, stop, end)
      const why = stop.kind === 'bad' ? stop.why : 'entries are not those that were committed'
      throw corrupt(torn ? `entries up to ${signed} were signed, but ${why}` : why, path, offset, index)
    }
    await zeroFill(file, end, end + used)
    await file.sync()
    this.cutBytes = used
  }

  /**
   * A batch that was being written has no valid commit record, or has one while a sector before it never reached the
   * disk. Anything else with a valid record was acknowledged, so it must not be cut.
   */
  #isTorn(tail: Buffer, stop: Item, end: number): boolean {
    const found: { at: number; commit: Commit }[] = []
    for (let at = tail.indexOf(commitMark); at >= 0; at = tail.indexOf(commitMark, at + 1)) {
      const commit = decodeCommit(tail, at)
      if (commit !== undefined) found.push({ at, commit })
    }
    const [first, second] = found
    if (first === undefined) return true
    const signed = [...this.#unmet].some((head) => head.size >= first.commit.size)
    if (second !== undefined || signed || first.commit.previous !== this.previous) return false
    if (stop.kind === 'end' && stop.offset === end) return true
    for (
      let at = (sectorBytes - (end % sectorBytes)) % sectorBytes;
      at + sectorBytes <= first.at;
      at += sectorBytes
    ) {
      if (lastNonZero(tail.subarray(at, at + sectorBytes)) < 0) return true
    }
    return false
  }

  /**
   * Where a damaged batch differs: the first entry whose hash is not the one stored apart from it, or what follows the
   * last entry that is as stored. Where no hashes are stored, the batch as a whole is named by its beginning.
   */
  async #damage(
    leaves: readonly { readonly hash: Hash; readonly offset: number }[],
    stop: Item,
    end: number,
  ): Promise<{ offset: number; index: number }> {
    const first = this.tree.size
    const known = Math.min(leaves.length, Math.max(0, this.#hashes.flushed - first))
    const stored = (await this.#hashes.hashes(0, first, known)).toString('latin1')
    for (const [at, leaf] of leaves.slice(0, known).entries()) {
      if (stored.slice(32 * at, 32 * at + 32) !== leaf.hash) return { offset: leaf.offset, index: first + at }
    }
    const whole = known === leaves.length && leaves.length > 0
    return whole ? { offset: stop.offset, index: first + known } : { offset: end, index: first }
  }
}

function lastNonZero(bytes: Buffer): number {
  let at = bytes.length - 1
  while (at >= 0 && bytes[at] === 0) at--
  return at
}

function corrupt(why: string, path: string, offset: number, index: number): Fault {
  return new Fault('ledger.corrupt', { detail: why, where: `${path} offset ${offset} index ${index}` })
}
