import { Fault } from '@ambit/core/fault'
import type { FaultCode } from '@ambit/core/fault'
import { Acknowledgements } from './acknowledgements.ts'
import { Batch } from './batch.ts'
import { Departure } from './departure.ts'
import type { Done, EngineState, Follower, Head } from '../engine.ts'
import { commitBytes, encodeCommit } from './segment.ts'
import { sha256 } from '../hash.ts'
import type { Hash } from '../hash.ts'
import type { SequencerParts } from './sequencer-parts.ts'
import { peaksOf } from '../tree.ts'
import type { Tree } from '../tree.ts'
import { writeFault } from './write-fault.ts'

/** So many entries that nobody waits for are worth a write of their own. */
const patientEntriesMax = 512
/** So much goes to an idle disk at once, in the middle of a turn: it is written while the rest is hashed. */
const earlyBytes = 64 * 1024

/**
 * Gives entries their index and makes them durable in groups: while one batch syncs, the next one collects. The batch
 * being collected is the queue, so its limits bound what waits. There is no timer on this path but for entries nobody waits for.
 */
export class Sequencer {
  /** Gets each entry once it is durable. */
  follower: Follower | undefined
  #parts: SequencerParts
  #limits: SequencerParts['limits']
  #tree: Tree
  #collecting: Batch
  #idle: Batch
  #writing: Batch | undefined
  #previous: Hash
  #state: EngineState = 'open'
  #fault: Fault | undefined
  #durable: Head
  #retryAt = 0
  #retrying: Promise<void> | undefined
  #settled: (() => void)[] = []
  #acknowledgements = new Acknowledgements(
    (done, index) => this.#tell(done, undefined, index),
    () => {
      this.#advance()
      this.#tellSettled()
    },
  )
  #flushing = false
  #departure: Departure

  constructor(parts: SequencerParts) {
    this.#parts = parts
    this.#limits = parts.limits
    this.#tree = parts.tree
    this.#previous = parts.previous
    this.#departure = new Departure(
      parts.clock,
      () => this.#advance(),
      () => {
        if (this.#collecting.dones.length > 0) this.#hurry(this.#collecting)
      },
    )
    this.#collecting = new Batch(parts.limits, parts.tree, parts.previous)
    this.#idle = new Batch(parts.limits, parts.tree, parts.previous)
    this.#durable = { size: parts.tree.size, root: parts.tree.root() }
  }

  /** Size and root after the last durable batch. */
  get durable(): Head {
    return this.#durable
  }

  get state(): EngineState {
    return this.#state
  }

  get fault(): Fault | undefined {
    return this.#fault
  }

  get queued(): number {
    const written = this.#acknowledgements.waiting
    return written + this.#collecting.dones.length + (this.#writing?.dones.length ?? 0)
  }

  /**
   * Never throws and never calls back at once. An entry that is not urgent goes with the next urgent one, or by itself
   * after a while: nobody waits for it, and so it costs no write of its own when acts are few.
   */
  append(entry: string, done: Done, urgent: boolean): void {
    if (this.#state !== 'open') return this.#refuseClosed(done)
    let batch = this.#collecting
    if (!this.#fits(batch, entry)) {
      const bytes = Buffer.byteLength(entry)
      const max = this.#limits.entryBytes
      if (bytes > max)
        return this.#refuse(done, 'ledger.entry-too-large', `an entry of ${bytes} bytes; at most ${max}`)
      if (!batch.hasRoom(bytes)) this.#flushNow(batch)
      batch = this.#collecting
      if (!batch.hasRoom(bytes))
        return this.#refuse(done, 'ledger.busy', `${this.queued} entries wait for the disk`)
    }
    this.#tree.append(sha256(batch.add(entry, done)))
    if (urgent && batch.length >= earlyBytes && this.#writing === undefined) this.#flushNow(batch)
    else if (urgent) this.#hurry(batch)
    else if (batch.dones.length >= patientEntriesMax) this.#hurry(batch)
    else this.#departure.later()
  }

  #flushNow(batch: Batch): void {
    batch.urgent = true
    this.#advance()
  }

  #hurry(batch: Batch): void {
    batch.urgent = true
    if (this.#writing === undefined) this.#departure.soon()
  }

  /** Stops taking entries, from outside (a guard that refuses) or for good (closing). */
  stop(state: 'failed' | 'closed', fault: Fault): void {
    if (this.#state === 'failed' || this.#state === 'closed') return
    this.#state = state
    this.#fault = fault
  }

  /** Resolves once every entry taken so far is durable or refused, and nothing is being written. */
  settle(): Promise<void> {
    if (this.queued === 0) return this.#retrying ?? Promise.resolve()
    if (this.#collecting.dones.length > 0) this.#hurry(this.#collecting)
    return new Promise((resolve) => {
      this.#settled.push(resolve)
    })
  }

  /** A limit in characters that surely fits needs no counting of bytes: a UTF-16 unit takes at most three. */
  #fits(batch: Batch, entry: string): boolean {
    const bytesMax = entry.length * 3
    return bytesMax <= this.#limits.entryBytes && batch.hasRoom(bytesMax)
  }

  /**
   * Sends the batch that was collected, unless one is on its way, too many callers were not told yet, or the hashes of
   * the next would find no room.
   */
  #advance(): void {
    if (this.#writing !== undefined || !this.#collecting.urgent) return
    if (this.#acknowledgements.waiting > this.#limits.batchEntries) return
    if (this.#parts.hashes.room(this.#tree.size) >= this.#limits.batchEntries) this.#write()
    else if (this.#flushing) return
    else this.#failed(this.#fault)
  }

  #write(): void {
    const { segments, epoch } = this.#parts
    const batch = this.#collecting
    const commit = { size: this.#tree.size, epoch, root: this.#tree.root(), previous: this.#previous }
    this.#previous = encodeCommit(commit, batch.buffer, batch.length)
    const length = batch.length + commitBytes
    this.#writing = batch
    this.#collecting = this.#idle
    this.#collecting.begin(this.#tree, this.#previous)
    const done = (error: Error | null): void => {
      if (error === null) this.#written(batch, commit.root, length)
      else this.#failed(error)
    }
    if (segments.hasRoom(length)) {
      segments.write(batch.buffer, length, done)
      return
    }
    const { tree, previous } = batch.before
    segments.next({ first: tree.size, previous, peaks: peaksOf(tree) }).then(
      () => segments.write(batch.buffer, length, done),
      (error: unknown) => this.#failed(error),
    )
  }

  #written(batch: Batch, root: Hash, length: number): void {
    const { segments, hashes } = this.#parts
    const { dones, first, bundles } = batch
    const start = segments.end - length
    for (const { index, offset } of bundles) {
      hashes.place(index, { segment: segments.sequence, offset: start + offset })
    }
    this.#durable = { size: first + dones.length, root }
    this.#hand(batch)
    this.#writing = undefined
    this.#idle = batch
    this.#acknowledgements.add(dones, (this.#parts.first ?? 0) + first)
    // The next batch goes to the disk while the callers of this one run.
    this.#makeRoom()
    this.#advance()
    this.#parts.onDurable()
    this.#acknowledgements.tellSlice()
  }

  /** A follower that throws misses what it did not take; the log goes on. */
  #hand(batch: Batch): void {
    if (this.follower === undefined) return
    try {
      batch.tell(this.follower, this.#parts.first ?? 0)
    } catch (error) {
      this.#parts.onFailure(Fault.from(error))
    }
  }

  /** Nothing that was not acknowledged is promised: both batches are refused, and the tree goes back to the disk's. */
  #failed(error: unknown): void {
    this.#acknowledgements.tellAll()
    const fault = writeFault(error)
    const refused = [...(this.#writing?.dones ?? []), ...this.#collecting.dones]
    const { tree, previous } = (this.#writing ?? this.#collecting).before
    this.#idle = this.#writing ?? this.#idle
    this.#writing = undefined
    this.#tree.restore(tree)
    this.#previous = previous
    this.#parts.hashes.truncate(tree.size)
    this.#collecting.begin(this.#tree, previous)
    if (this.#state === 'open' || this.#state === 'full')
      this.#state = fault.code === 'ledger.full' ? 'full' : 'failed'
    this.#fault = fault
    this.#retryAt = this.#parts.clock.monotonicMs() + this.#limits.fullRetryMs
    for (const done of refused) this.#tell(done, fault, -1)
    this.#parts.onFailure(fault)
    this.#tellSettled()
  }

  /** Writes derived hashes once half of their ring is in use. */
  #makeRoom(): void {
    const { hashes } = this.#parts
    if (this.#flushing || !hashes.isHalfFull(this.#durable.size)) return
    this.#flushing = true
    void this.#flushHashes()
  }

  async #flushHashes(): Promise<void> {
    try {
      await this.#parts.hashes.flush(this.#durable.size)
    } catch (error) {
      this.#flushFailed(error)
    }
    this.#flushing = false
    if (this.#state === 'open') this.#makeRoom()
    this.#advance()
  }

  /** Derived files can be made again, so nothing is lost; but without room for them nothing more is taken. */
  #flushFailed(error: unknown): void {
    if (this.#state !== 'open') return
    const fault = writeFault(error)
    this.#state = fault.code === 'ledger.full' ? 'full' : 'failed'
    this.#fault = fault
    this.#retryAt = this.#parts.clock.monotonicMs() + this.#limits.fullRetryMs
    this.#parts.onFailure(fault)
  }

  /** A full disk passes: with the next entry that comes, at most once a while, the log tries to write again. */
  #retry(): void {
    const { clock } = this.#parts
    // Cleaning must not meet a batch that is being written.
    if (this.#state !== 'full' || this.#retrying !== undefined || this.queued > 0) return
    if (clock.monotonicMs() < this.#retryAt) return
    this.#retryAt = clock.monotonicMs() + this.#limits.fullRetryMs
    this.#retrying = this.#makeSpace()
  }

  async #makeSpace(): Promise<void> {
    const { segments, hashes } = this.#parts
    try {
      await segments.clean()
      await hashes.flush(this.#durable.size)
      if (this.#state === 'full') {
        this.#state = 'open'
        this.#fault = undefined
      }
    } catch (error) {
      const fault = writeFault(error)
      if (fault.code !== 'ledger.full') {
        this.stop('failed', fault)
        this.#parts.onFailure(fault)
      }
    }
    this.#retrying = undefined
  }

  #refuseClosed(done: Done): void {
    this.#retry()
    const fault = this.#fault ?? new Fault('ledger.closed', { detail: 'the log is closed' })
    queueMicrotask(() => this.#tell(done, fault, -1))
  }

  #refuse(done: Done, code: FaultCode, detail: string): void {
    queueMicrotask(() => this.#tell(done, new Fault(code, { detail }), -1))
  }

  /** A caller that throws must not keep the others from being told. */
  #tell(done: Done, fault: Fault | undefined, index: number): void {
    try {
      done(fault, index)
    } catch (error) {
      this.#parts.onFailure(Fault.from(error))
    }
  }

  #tellSettled(): void {
    if (this.queued === 0) for (const resolve of this.#settled.splice(0)) resolve()
  }
}
