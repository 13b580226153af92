import { equalBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { Fault } from '../fault.ts'
import { readEdge } from './audit-edge.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { emptyRoot, verifyConsistency } from './merkle.ts'
import { checkpointPath, contents, readBundle, readTile } from './source.ts'
import type { FileRead, LogSource } from './source.ts'
import { tilePath, tileWidth } from './tile.ts'
import type { Tile } from './tile.ts'
import { hashesBelow, tileFinding } from './tile-check.ts'
import type { HashTile } from './tile-check.ts'
import { TileProver } from './tile-prover.ts'
import type { TreeHead } from './tile-prover.ts'
import { joinedRoot, leafHashes, webHashing } from './tree-hash.ts'
import type { TreeHashing } from './tree-hash.ts'

/** More than this is a broken log whatever else it holds; what was not looked at is said. */
const findingsMaxDefault = 100
/** Files asked for before they are needed: hides the way to a server; a bundle has 16 MiB at worst. */
const aheadMax = 4

export interface AuditOptions {
  readonly source: LogSource
  /** What a checkpoint says whose signatures have been checked. */
  readonly head: TreeHead
  readonly hashing?: TreeHashing
  /** What was checked before: only what is new is read, and that the log continues it. */
  readonly from?: TreeHead
  /** The first entry that was not read before, where that is not the end of `from`. */
  readonly readFrom?: number
  /** Entries from here on are left for another time: a multiple of 256, or the size. */
  readonly readTo?: number
  /** For a log whose entries were deleted or are shown to others only: its hashes alone are checked. */
  readonly hashesOnly?: boolean
  readonly findingsMax?: number
  readonly signal?: AbortSignal
  /**
   * Each file once it has been held against the root: hashes, or for level `entries` the entries, in their order. A
   * bundle that the log had begun before `from` comes whole.
   */
  onTile?(tile: Tile, parts: readonly Bytes[]): void | Promise<void>
  onProgress?(checked: number): void
}

export interface AuditReport {
  readonly ok: boolean
  /** New entries (with `hashesOnly`: hashes of entries) that are what the checkpoint signed. */
  readonly checked: number
  readonly findings: readonly Finding[]
  /** Whether everything was looked at; not when there was too much to find. */
  readonly complete: boolean
}

/**
 * Reads a log and holds every file against the root of its checkpoint: the tiles at the right edge first, then from the
 * top down each tile against the hash above it and each bundle against its tile. A file that is missing or wrong is
 * compared with what lies below it, so that the finding names the file and the place. Memory does not grow with the log.
 * Throws a Fault `ledger.unreachable` when the log cannot be read.
 */
export async function auditTree(options: AuditOptions): Promise<AuditReport> {
  const { source, head, from, hashing = webHashing } = options
  if (head.size === 0) return await auditEmpty(head, from)
  if (from === undefined || from.size === 0) return await new Audit(options, 0).run()
  const continued = await continues(new TileProver(source, hashing, undefined), from, head)
  if (continued === 'yes') return await new Audit(options, options.readFrom ?? from.size).run()
  if (continued === 'no') return refused(inconsistent(from, head))
  // A tile on the path is wrong: reading everything tells which one.
  const whole = await new Audit(options, 0).run()
  return whole.ok ? refused(finding('damaged', continued.where ?? checkpointPath, continued.detail)) : whole
}

async function auditEmpty(head: TreeHead, from: TreeHead | undefined): Promise<AuditReport> {
  if (from !== undefined && from.size > 0) return refused(inconsistent(from, head))
  if (equalBytes(head.root, await emptyRoot())) {
    return { ok: true, checked: 0, findings: [], complete: true }
  }
  return refused(
    finding('root', checkpointPath, 'the checkpoint of size 0 has another root than an empty log'),
  )
}

/** Whether the log continues what it was; a Fault where its tiles cannot tell. */
async function continues(prover: TileProver, from: TreeHead, head: TreeHead): Promise<'yes' | 'no' | Fault> {
  if (from.size > head.size) return 'no'
  try {
    const proof = await prover.consistency(from.size, head)
    const claim = { oldSize: from.size, oldRoot: from.root, size: head.size, root: head.root, proof }
    // The proof holds for the older root that the tiles give, so another older root is another history.
    return (await verifyConsistency(claim)).ok ? 'yes' : 'no'
  } catch (error) {
    if (Fault.is(error, 'ledger.missing') || Fault.is(error, 'ledger.damaged')) return error
    throw error
  }
}

function inconsistent(from: TreeHead, head: TreeHead): Finding {
  return finding(
    'inconsistent',
    checkpointPath,
    `the log of ${head.size} entries does not continue the one of ${from.size} that was checked before`,
  )
}

function refused(found: Finding): AuditReport {
  return { ok: false, checked: 0, findings: [found], complete: false }
}

/** One reading of a log. */
class Audit {
  #options: AuditOptions
  #hashing: TreeHashing
  #from: number
  #to: number
  #findings: Finding[] = []
  #findingsMax: number
  #checked = 0

  constructor(options: AuditOptions, from: number) {
    this.#options = options
    this.#hashing = options.hashing ?? webHashing
    this.#from = from
    this.#to = options.readTo ?? options.head.size
    this.#findingsMax = options.findingsMax ?? findingsMaxDefault
  }

  async run(): Promise<AuditReport> {
    const { source, head } = this.#options
    const edge = await readEdge(source, this.#hashing, head)
    this.#findings.push(...edge.findings)
    // The highest level stands over the first entries, so this is the order of the log.
    for (const { tile, hashes } of edge.tiles) {
      const first = tile.index * tileWidth ** (tile.level + 1)
      if (first >= this.#to || this.#findings.length >= this.#findingsMax) break
      if (edge.rooted) await this.#options.onTile?.(tile, hashes)
      await this.#below(tile, hashes, edge.rooted)
    }
    const complete = this.#findings.length < this.#findingsMax
    return { ok: this.#findings.length === 0, checked: this.#checked, findings: this.#findings, complete }
  }

  /** Checks what lies below a tile whose hashes are right (or, when not `rooted`, the best that is known). */
  async #below(tile: HashTile, hashes: readonly Bytes[], rooted: boolean): Promise<void> {
    if (tile.level === 0) {
      const { source, hashesOnly } = this.#options
      if (hashesOnly === true) this.#count(tile.index, hashes.length, rooted)
      else await this.#bundle(tile.index, hashes, await readBundle(source, tile.index, hashes.length), rooted)
      return
    }
    const children = this.#children(tile, hashes)
    for await (const child of readAhead(children, aheadMax, (each) => this.#read(each.tile))) {
      this.#options.signal?.throwIfAborted()
      if (this.#findings.length >= this.#findingsMax) return
      const { tile: childTile, expected } = child.item
      const trusted = await this.#tile(childTile, expected, child.value.tile)
      if (trusted === undefined) continue
      if (rooted) await this.#options.onTile?.(childTile, trusted)
      const entries = child.value.entries
      if (entries === undefined) await this.#below(childTile, trusted, rooted)
      else await this.#bundle(childTile.index, trusted, entries, rooted)
    }
  }

  /** The full tiles below a tile that hold anything new, each with the hash that it must have. */
  #children(tile: HashTile, hashes: readonly Bytes[]): { tile: HashTile; expected: Bytes }[] {
    const level = tile.level - 1
    const leaves = tileWidth ** (level + 1)
    return hashes
      .map((expected, at) => ({
        tile: { level, index: tile.index * tileWidth + at, width: tileWidth },
        expected,
      }))
      .filter(({ tile: { index } }) => (index + 1) * leaves > this.#from && index * leaves < this.#to)
  }

  async #read(
    tile: HashTile,
  ): Promise<{ tile: FileRead<readonly Bytes[]>; entries?: FileRead<readonly Bytes[]> }> {
    const { source, hashesOnly } = this.#options
    const hashes = readTile(source, tile.level, tile.index, tile.width)
    if (tile.level > 0 || hashesOnly === true) return { tile: await hashes }
    const [tileRead, entries] = await Promise.all([hashes, readBundle(source, tile.index, tile.width)])
    return { tile: tileRead, entries }
  }

  /** The hashes of a tile that has the hash expected of it: its own, or those that what lies below it gives. */
  async #tile(
    tile: HashTile,
    expected: Bytes,
    read: FileRead<readonly Bytes[]>,
  ): Promise<readonly Bytes[] | undefined> {
    if (read.ok && equalBytes(await joinedRoot(this.#hashing, read.value), expected)) return read.value
    const below = await hashesBelow(this.#options.source, this.#hashing, tile)
    const sound = below !== undefined && equalBytes(await joinedRoot(this.#hashing, below), expected)
    this.#findings.push(tileFinding(tile, read, sound ? below : undefined))
    return sound ? below : undefined
  }

  async #bundle(
    index: number,
    hashes: readonly Bytes[],
    read: FileRead<readonly Bytes[]>,
    rooted: boolean,
  ): Promise<void> {
    const tile: Tile = { level: 'entries', index, width: hashes.length }
    const first = index * tileWidth
    if (!read.ok) {
      this.#findings.push(finding(read.problem, read.file, `${read.what}: ${contents(tile)}`, first))
      return
    }
    const wrong: number[] = []
    for (const [at, hash] of (await leafHashes(this.#hashing, read.value)).entries()) {
      if (!equalBytes(hash, hashes[at]!)) wrong.push(first + at)
    }
    for (const entry of wrong.slice(0, this.#findingsMax - this.#findings.length)) {
      const what = `entry ${entry} is not the one that was logged: its hash is another than in ${tilePath({ ...tile, level: 0 })}`
      this.#findings.push(finding('damaged', tilePath(tile), what, entry))
    }
    if (wrong.length > 0) return
    if (rooted) await this.#options.onTile?.(tile, read.value)
    this.#count(index, hashes.length, rooted)
  }

  #count(index: number, width: number, rooted: boolean): void {
    if (!rooted) return
    const first = index * tileWidth
    this.#checked += first + width - Math.max(first, this.#from)
    this.#options.onProgress?.(this.#checked)
  }
}

/** Each item with what was read for it, in order, while the next ones are being read. */
async function* readAhead<Item, Value>(
  items: readonly Item[],
  ahead: number,
  read: (item: Item) => Promise<Value>,
): AsyncGenerator<{ readonly item: Item; readonly value: Value }> {
  const running: Promise<Value>[] = []
  const begin = (at: number): void => {
    if (at >= items.length) return
    const value = read(items[at]!)
    // Whoever waits for it gets the error; it is no unhandled one when nobody comes that far.
    value.catch(() => undefined)
    running.push(value)
  }
  for (let at = 0; at < ahead; at++) begin(at)
  for (const [at, item] of items.entries()) {
    const value = await running.shift()!
    begin(at + ahead)
    yield { item, value }
  }
}
