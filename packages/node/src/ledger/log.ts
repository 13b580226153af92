import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { keyLeafSchema } from '@ambit/core/leaf'
import { formatCoseReceipt } from '@ambit/core/log/cose'
import { purposeMessage } from '@ambit/core/log/purpose'
import { bundleEntryBytesMax, tileWidth } from '@ambit/core/log/tile'
import { timeText } from '../kernel/clock.ts'
import type { Done, Engine, Follower, OpenEngine } from './engine.ts'
import { tailBytesMax } from './file/recovery.ts'
import { commitBytes, headerBytes } from './file/segment.ts'
import { checkSigned, signedHead } from './signed-head.ts'
import type { SignedHead } from './signed-head.ts'
import type { Hash } from './hash.ts'
import type { Ledger, LedgerLimits, LedgerOptions, LedgerState, Place, Proof } from './ledger.ts'
import { logFile } from './log-files.ts'
import type { LogFile } from './log-files.ts'
import { Prover } from './prover.ts'
import { Publisher } from './publisher.ts'
import type { PromiseKey } from './token-signer.ts'

/** What `openLedger` decides and tests decide otherwise. */
export interface LogInside {
  readonly openEngine: OpenEngine
  /** Whether entry 0 names the log, so that no receipt is of a tree with a single leaf. */
  readonly genesis: boolean
  /** Opened for reading: nothing is written or signed any more. */
  readonly frozen?: boolean
  readonly mergeDelayMs: number
  readonly limits: LedgerLimits
}

/** A COSE receipt has a path, and a tree of one entry has none. */
const coseSizeMin = 2

export async function openLog(options: LedgerOptions, inside: LogInside): Promise<Ledger> {
  checkOptions(options, inside.limits)
  const { origin, directory, clock, guard } = options
  const guarded = await guard.read(origin)
  let log: Log | undefined
  const engine = await inside.openEngine({
    origin,
    directory,
    first: options.first ?? 0,
    clock,
    limits: inside.limits,
    guarded,
    onDurable: () => log?.wake(),
    onFailure: (fault) => options.onFailure(fault),
  })
  try {
    log = new Log(options, inside, engine, { guarded, published: await engine.published() })
    await log.begin()
    return log
  } catch (error) {
    await (log === undefined ? engine.close() : log.abandon())
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

/** How far the log was signed when it was opened. */
interface Heads {
  readonly guarded: SignedHead | undefined
  readonly published: SignedHead | undefined
}

class Log implements Ledger {
  readonly origin: string
  readonly vkey: string
  readonly secondVkey?: string
  #options: LedgerOptions
  #inside: LogInside
  #engine: Engine
  #heads: Heads
  #publisher: Publisher
  #prover: Prover
  /** What the token signed last for COSE receipts. */
  #signedRoot: { readonly root: string; readonly signature: Promise<Uint8Array> } | undefined

  constructor(options: LedgerOptions, inside: LogInside, engine: Engine, heads: Heads) {
    this.#heads = heads
    this.origin = options.origin
    this.vkey = options.signer.vkey
    if (options.signer.second !== undefined) this.secondVkey = options.signer.second.vkey
    this.#options = options
    this.#inside = inside
    this.#engine = engine
    this.#publisher = new Publisher(
      {
        engine,
        signer: options.signer,
        guard: options.guard,
        cosigner: options.cosigner,
        consistency: (from, to) => this.consistency(from, to),
        clock: options.clock,
        mergeDelayMs: inside.mergeDelayMs,
        onFailure: (fault) => options.onFailure(fault),
      },
      heads,
    )
    this.#prover = new Prover(engine.hashes, inside.limits.proofTiles)
  }

  wake(): void {
    this.#publisher.wake()
  }

  get size(): number {
    return this.#engine.durable.size
  }

  append(entry: string, done: Done): void {
    this.#engine.append(entry, done, true)
  }

  appendPatiently(entry: string, done: Done): void {
    this.#engine.append(entry, done, false)
  }

  follow(follower: Follower): boolean {
    return this.#engine.tell(follower)
  }

  async settle(): Promise<void> {
    await this.#engine.settle()
  }

  write(entry: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.append(entry, (fault, index) => (fault === undefined ? resolve(index) : reject(fault)))
    })
  }

  readable(index: number): number {
    return Math.min(Math.max(0, index), this.size)
  }

  async read(index: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(index) || index < 0) throw notFound(index, this.size)
    if (index >= this.size) await this.#engine.follow()
    if (index >= this.size) throw notFound(index, this.size)
    const at = index % tileWidth
    const bundle = (index - at) / tileWidth
    const width = Math.min(tileWidth, this.size - bundle * tileWidth)
    return (await this.#engine.bundle(bundle, width))[at]!
  }

  async *entries(from: number, signal?: AbortSignal): AsyncGenerator<{ index: number; entry: Uint8Array }> {
    const { size } = this
    for (let bundle = Math.floor(Math.max(0, from) / tileWidth); bundle * tileWidth < size; bundle++) {
      const first = bundle * tileWidth
      const entries = await this.#engine.bundle(bundle, Math.min(tileWidth, size - first))
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
    const second = this.secondVkey === undefined ? {} : { secondVkey: this.secondVkey }
    return {
      origin: this.origin,
      vkey: this.vkey,
      ...second,
      index,
      entry,
      hashes,
      checkpoint: head.checkpoint,
    }
  }

  place(index: number): Place {
    return { origin: this.origin, vkey: this.vkey, index }
  }

  get promiseKey(): PromiseKey | undefined {
    return this.#options.signer.promises
  }

  sign(purpose: 'promise', content: Uint8Array): Uint8Array {
    const { state, fault } = this.#engine
    if (state === 'failed' || state === 'closed') {
      throw fault ?? new Fault('ledger.closed', { detail: `the log ${this.origin} is ${state}` })
    }
    const { signer } = this.#options
    const message = purposeMessage(purpose, content)
    if (signer.promises === undefined) return signer.sign(message)
    const { reason } = signer.token.state()
    if (reason !== undefined) throw new Fault('ledger.signer', { detail: reason, where: 'AMBIT_LOG_KEY' })
    return signer.promises.sign(message)
  }

  async cose(index: number, rootSignature?: Uint8Array): Promise<Uint8Array> {
    const { hashes, checkpoint } = await this.prove(index, coseSizeMin)
    const { size, root } = signedHead(checkpoint, this.origin)
    return await formatCoseReceipt(
      { kind: 'inclusion', size, index, hashes },
      Buffer.from(root, 'base64'),
      (bytes) => rootSignature ?? this.#signRoot(root, bytes),
    )
  }

  /** A token is asked once for each root, however many receipts it is asked for. */
  #signRoot(root: string, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { signer } = this.#options
    if (signer.promises === undefined) return signer.sign(bytes)
    if (this.#signedRoot?.root !== root) {
      const signature = signer.sign(bytes)
      this.#signedRoot = { root, signature }
      signature.catch(() => {
        if (this.#signedRoot?.signature === signature) this.#signedRoot = undefined
      })
    }
    return this.#signedRoot.signature
  }

  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    if (!(Number.isSafeInteger(from) && from >= 1 && from <= to && to <= this.size)) {
      throw new Fault('ledger.not-found', {
        detail: `the log has ${this.size} entries; there is no proof from ${from} to ${to}`,
      })
    }
    if (this.#engine.hashes.flushed < to) await this.#engine.hashes.flush(to)
    return await this.#prover.consistency(from, to)
  }

  async file(path: string): Promise<LogFile | undefined> {
    const served = async (): Promise<LogFile | undefined> => {
      const head = this.#publisher.published
      return head === undefined ? undefined : await logFile(path, head, this.#engine)
    }
    if (!this.#engine.shared) return await served()
    // Whoever has seen the checkpoint of another replica must never be shown an older one, nor miss its tiles here.
    if (path === 'checkpoint') await this.#publisher.refresh()
    const file = await served()
    if (file !== undefined) return file
    await this.#publisher.refresh()
    return await served()
  }

  state(): LedgerState {
    const { state, fault, queued } = this.#engine
    const publishedSize = this.#publisher.published?.size ?? 0
    const { cosigner, signer } = this.#options
    return {
      state,
      size: this.size,
      publishedSize,
      queued,
      unpublishedMs: this.#publisher.unpublishedMs,
      mergeDelayMs: this.#publisher.lastDelayMs,
      ...(fault === undefined ? {} : { reason: fault.detail }),
      ...(signer.token === undefined ? {} : { token: signer.token.state() }),
      ...(cosigner === undefined
        ? {}
        : {
            witnessing: {
              quorum: this.#publisher.witnessed,
              required: cosigner.required,
              witnesses: cosigner.state(),
            },
          }),
    }
  }

  /** Writes or checks entry 0 and publishes what was recovered. */
  async begin(): Promise<void> {
    if (this.#inside.frozen === true) {
      if (this.#inside.genesis && this.size > 0) await this.#checkGenesis()
      await this.#checkHeads()
      return
    }
    if (this.#inside.genesis) {
      if (this.size === 0) await this.write(this.#genesis())
      else await this.#checkGenesis()
    }
    await this.#checkHeads()
    await this.#publisher.begin()
  }

  async #checkHeads(): Promise<void> {
    const { guarded, published } = this.#heads
    if (published !== undefined) await checkSigned(published, this.vkey, 'the published checkpoint')
    if (guarded !== undefined) await checkSigned(guarded, this.vkey, 'the guard')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.stop('closed', new Fault('ledger.closed', { detail: `the log ${this.origin} is closed` }))
    await this.#engine.settle()
    if (this.#inside.frozen !== true)
      await this.#publisher.close().catch((error: unknown) => this.#options.onFailure(Fault.from(error)))
    await this.abandon()
  }

  /** Lets go of files and lock without writing anything. */
  async abandon(): Promise<void> {
    await this.#publisher.stop()
    await this.#engine.close()
  }

  #genesis(): string {
    const at = timeText(this.#options.clock.now())
    const { predecessor } = this.#options
    return canonicalJson({
      v: 1,
      kind: 'key',
      at,
      origin: this.origin,
      vkey: this.vkey,
      ...(this.secondVkey === undefined ? {} : { secondVkey: this.secondVkey }),
      ...(predecessor === undefined ? {} : { predecessor }),
    })
  }

  async #checkGenesis(): Promise<void> {
    const entry = Buffer.from(await this.read(0)).toString()
    const leaf = keyLeafSchema.safeParse(parseJson(entry))
    if (leaf.success && leaf.data.origin === this.origin && leaf.data.vkey === this.vkey) {
      // A runtime without ML-DSA-44 may go on with a log that began with it, and the other way round.
      const { secondVkey = this.secondVkey } = leaf.data
      if (this.secondVkey === undefined || secondVkey === this.secondVkey) return
    }
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
