import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { keyLeafSchema } from '@ambit/core/leaf'
import { bundleEntryBytesMax, tileWidth } from '@ambit/core/log/tile'
import { timeText } from '../kernel/clock.ts'
import type { Done } from './batch.ts'
import { Bundles } from './bundles.ts'
import type { Disk } from './disk.ts'
import type { SignedHead } from './guard.ts'
import { HashStore } from './hash-store.ts'
import type { Ledger, LedgerLimits, LedgerOptions, LedgerState, Proof } from './ledger.ts'
import { lockDirectory } from './lock.ts'
import type { Lock } from './lock.ts'
import { logFile } from './log-files.ts'
import type { LogFile } from './log-files.ts'
import { Prover } from './prover.ts'
import { Publisher, readPublished } from './publisher.ts'
import { recover, tailBytesMax } from './recovery.ts'
import type { Recovered } from './recovery.ts'
import { commitBytes, headerBytes } from './segment.ts'
import type { Hash } from './segment.ts'
import { Segments } from './segments.ts'
import { Sequencer } from './sequencer.ts'

/** What `openLedger` decides and tests decide otherwise. */
export interface LogInside {
  readonly disk: Disk
  /** Whether entry 0 names the log, so that no receipt is of a tree with a single leaf. */
  readonly genesis: boolean
  readonly mergeDelayMs: number
  readonly limits: LedgerLimits
}

/** The parts of an open log. */
interface LogParts {
  readonly lock: Lock
  readonly segments: Segments
  readonly hashes: HashStore
  readonly recovered: Recovered
  readonly heads: { readonly guarded: SignedHead | undefined; readonly published: SignedHead | undefined }
}

export async function openLog(options: LedgerOptions, inside: LogInside): Promise<Ledger> {
  checkOptions(options, inside.limits)
  const lock = await lockDirectory(options.directory, options.clock)
  let log: Log | undefined
  try {
    log = new Log(options, inside, await openParts(options, inside, lock))
    await log.begin()
    return log
  } catch (error) {
    await (log === undefined ? lock.release() : log.abandon())
    throw error
  }
}

async function openParts(options: LedgerOptions, inside: LogInside, lock: Lock): Promise<LogParts> {
  const { disk, limits } = inside
  const tiles = join(options.directory, 'tiles')
  await mkdir(tiles, { recursive: true, mode: 0o700 })
  const segments = new Segments(disk, join(options.directory, 'segments'), limits)
  const guarded = await options.guard.read(options.origin)
  const published = await readPublished(options.directory)
  // A new folder must be there after a loss of power, or what is durable inside it is lost with it.
  if (published === undefined)
    for (const each of [options.directory, dirname(options.directory)]) await disk.syncDirectory(each)
  let hashes = new HashStore(disk, tiles, published?.size ?? 0, limits.ringHashes)
  try {
    if (!(await hashes.holds(hashes.flushed))) {
      // Derived files were lost: they are made again from the segments.
      await hashes.close()
      hashes = new HashStore(disk, tiles, 0, limits.ringHashes)
    }
    const heads = [guarded, published].filter((head) => head !== undefined).filter((head) => head.size > 0)
    const known = heads.map(({ size, root }) => ({
      size,
      root: Buffer.from(root, 'base64').toString('latin1'),
    }))
    const recovered = await recover(disk, segments, hashes, known)
    if (hashes.flushed < recovered.tree.size) {
      await hashes.flush(recovered.tree.size)
      await hashes.syncNames()
    }
    return { lock, segments, hashes, recovered, heads: { guarded, published } }
  } catch (error) {
    await hashes.close()
    await segments.close()
    throw error
  }
}

function checkOptions(options: LedgerOptions, limits: LedgerLimits): void {
  const problem =
    options.signer.name !== options.origin
      ? 'the signer of a log is named like its origin'
      : limits.entryBytes > bundleEntryBytesMax
        ? `an entry has at most ${bundleEntryBytesMax} bytes`
        : limits.batchBytes + commitBytes > tailBytesMax ||
            limits.batchBytes + commitBytes + headerBytes > limits.segmentBytesMin
          ? 'a batch fits into every segment'
          : limits.ringHashes < 4 * limits.batchEntries || limits.ringHashes % tileWidth !== 0
            ? 'the ring holds four batches of whole tiles'
            : undefined
  if (problem !== undefined) throw new RangeError(problem)
}

class Log implements Ledger {
  readonly origin: string
  readonly vkey: string
  #options: LedgerOptions
  #inside: LogInside
  #parts: LogParts
  #sequencer: Sequencer
  #publisher: Publisher
  #bundles: Bundles
  #prover: Prover

  constructor(options: LedgerOptions, inside: LogInside, parts: LogParts) {
    const { segments, hashes, recovered } = parts
    const { clock } = options
    this.origin = options.origin
    this.vkey = options.signer.vkey
    this.#options = options
    this.#inside = inside
    this.#parts = parts
    const onFailure = (fault: Fault): void => options.onFailure(fault)
    this.#sequencer = new Sequencer({
      tree: recovered.tree,
      segments,
      hashes,
      previous: recovered.previous,
      epoch: recovered.epoch + 1,
      clock,
      limits: inside.limits,
      onFailure,
      onDurable: () => this.#publisher.wake(),
    })
    this.#publisher = new Publisher(
      {
        directory: options.directory,
        signer: options.signer,
        guard: options.guard,
        hashes,
        clock,
        mergeDelayMs: inside.mergeDelayMs,
        onFailure,
        durable: () => this.#sequencer.durable,
        onRefused: (fault) => this.#sequencer.stop('failed', fault),
      },
      parts.heads,
    )
    this.#bundles = new Bundles(inside.disk, segments, hashes, inside.limits.bundleCacheBytes)
    this.#prover = new Prover(hashes, inside.limits.proofTiles)
  }

  get size(): number {
    return this.#sequencer.durable.size
  }

  append(entry: string, done: Done): void {
    this.#sequencer.append(entry, done, true)
  }

  appendPatiently(entry: string, done: Done): void {
    this.#sequencer.append(entry, done, false)
  }

  async settle(): Promise<void> {
    await this.#sequencer.settle()
  }

  write(entry: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.append(entry, (fault, index) => (fault === undefined ? resolve(index) : reject(fault)))
    })
  }

  async read(index: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size) throw notFound(index, this.size)
    const at = index % tileWidth
    const bundle = (index - at) / tileWidth
    const width = Math.min(tileWidth, this.size - bundle * tileWidth)
    return (await this.#bundles.read(bundle, width))[at]!
  }

  async *entries(from: number, signal?: AbortSignal): AsyncGenerator<{ index: number; entry: Uint8Array }> {
    const { size } = this
    for (let bundle = Math.floor(Math.max(0, from) / tileWidth); bundle * tileWidth < size; bundle++) {
      const first = bundle * tileWidth
      const entries = await this.#bundles.read(bundle, Math.min(tileWidth, size - first))
      for (let index = Math.max(from, first); index < first + entries.length; index++) {
        signal?.throwIfAborted()
        yield { index, entry: entries[index - first]! }
      }
    }
  }

  async checkpoint(minSize = 0): Promise<string> {
    return (await this.#publisher.atLeast(minSize)).checkpoint
  }

  async prove(index: number, minSize = 0): Promise<Proof> {
    const entry = await this.read(index)
    const head = await this.#publisher.atLeast(Math.max(index + 1, minSize))
    const hashes = await this.#prover.path(index, head.size, rootOf(head))
    return { index, entry, hashes, checkpoint: head.checkpoint }
  }

  async file(path: string): Promise<LogFile | undefined> {
    const head = this.#publisher.published
    return head === undefined ? undefined : logFile(path, head, this.#parts.hashes, this.#bundles)
  }

  state(): LedgerState {
    const { state, fault, queued } = this.#sequencer
    const publishedSize = this.#publisher.published?.size ?? 0
    return {
      state,
      size: this.size,
      publishedSize,
      queued,
      ...(fault === undefined ? {} : { reason: fault.detail }),
    }
  }

  /** Writes or checks entry 0 and publishes what was recovered. */
  async begin(): Promise<void> {
    if (this.#inside.genesis) {
      if (this.size === 0) await this.write(this.#genesis())
      else await this.#checkGenesis()
    }
    await this.#publisher.publish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sequencer.stop('closed', new Fault('ledger.closed', { detail: `the log ${this.origin} is closed` }))
    await this.#sequencer.settle()
    await this.#publisher.close().catch((error: unknown) => this.#options.onFailure(Fault.from(error)))
    await this.abandon()
  }

  /** Lets go of files and lock without writing anything. */
  async abandon(): Promise<void> {
    await this.#parts.hashes.close()
    await this.#parts.segments.close()
    await this.#parts.lock.release()
  }

  #genesis(): string {
    const at = timeText(this.#options.clock.now())
    return canonicalJson({ v: 1, kind: 'key', at, origin: this.origin, vkey: this.vkey })
  }

  async #checkGenesis(): Promise<void> {
    const entry = Buffer.from(await this.read(0)).toString()
    const leaf = keyLeafSchema.safeParse(parseJson(entry))
    if (leaf.success && leaf.data.origin === this.origin && leaf.data.vkey === this.vkey) return
    const found = leaf.success
      ? `the log of ${leaf.data.origin} with key ${leaf.data.vkey}`
      : 'a log of another kind'
    throw new Fault('ledger.other-log', {
      detail: `the folder holds ${found}`,
      where: this.#options.directory,
    })
  }
}

function rootOf(head: SignedHead): Hash {
  return Buffer.from(head.root, 'base64').toString('latin1')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function notFound(index: number, size: number): Fault {
  return new Fault('ledger.not-found', { detail: `the log has ${size} entries; there is none at ${index}` })
}
