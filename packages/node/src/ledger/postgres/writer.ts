import { Fault } from '@ambit/core/fault'
import type { Done, EngineState } from '../engine.ts'
import type { LedgerLimits } from '../ledger.ts'
import { Collected } from './collected.ts'
import { Committer } from './committer.ts'
import type { CommitterParts } from './committer.ts'
import { writeFault } from './write-fault.ts'

export interface WriterParts extends Omit<CommitterParts, 'onLost'> {
  readonly limits: LedgerLimits
  /** See `EngineParts.first`. */
  readonly first: number
  /** Called when the log grew, before entries are acknowledged. */
  onDurable(): void
  onFailure(fault: Fault): void
}

/** How long an entry that nobody waits for may wait for company; well within the merge delay. */
const patienceMs = 20
/** So many of them are worth a row of their own. */
const patientEntriesMax = 512
/** How often an idle replica looks for what others wrote; well within the merge delay. */
const followMs = 200
/** How long closing waits for a database that does not answer. */
const closingMs = 5000

/**
 * Collects entries while the batch before commits. The batch being collected is the queue, so its limits bound what
 * waits. While the database does not answer, entries are refused; those on their way wait until their fate is known.
 */
export class Writer {
  #parts: WriterParts
  #committer: Committer
  #collecting: Collected
  #idle: Collected
  #writing: Collected | undefined
  #state: EngineState = 'open'
  #fault: Fault | undefined
  #settled: (() => void)[] = []
  #flushing = false
  #scheduled = false
  #waiting = false
  #cancelFollow: () => void

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#committer = new Committer({ ...parts, onLost: (error) => this.#lost(error) })
    this.#collecting = new Collected(parts.limits.batchBytes)
    this.#idle = new Collected(parts.limits.batchBytes)
    this.#cancelFollow = parts.clock.after(followMs, this.#followByItself)
  }

  get state(): EngineState {
    return this.#state
  }

  get fault(): Fault | undefined {
    return this.#fault
  }

  get queued(): number {
    return this.#collecting.count + (this.#writing?.count ?? 0)
  }

  /** Never throws and never calls back at once; see `Engine.append`. */
  append(entry: string, done: Done, urgent: boolean): void {
    if (this.#state !== 'open') return this.#refuse(done, this.#fault ?? closed())
    const { entryBytes } = this.#parts.limits
    // A UTF-16 unit takes at most three bytes: what surely fits needs no counting.
    let bytes = entry.length * 3
    if (bytes > entryBytes || !this.#hasRoom(bytes)) {
      bytes = Buffer.byteLength(entry)
      if (bytes > entryBytes) return this.#refuse(done, tooLarge(bytes, entryBytes))
      if (!this.#hasRoom(bytes)) this.#flushNow()
      if (!this.#hasRoom(bytes)) return this.#refuse(done, busy(this.queued))
    }
    const batch = this.#collecting
    batch.add(entry, done)
    if (urgent || batch.count >= patientEntriesMax) this.#hurry()
    else this.#wait()
  }

  /** Resolves once every entry taken so far is durable or refused. */
  settle(): Promise<void> {
    if (this.queued === 0) return Promise.resolve()
    if (this.#collecting.count > 0) this.#hurry()
    return new Promise((resolve) => {
      this.#settled.push(resolve)
    })
  }

  /** Stops taking entries, from outside (a guard that refuses) or for good (closing). */
  stop(state: 'failed' | 'closed', fault: Fault): void {
    this.#cancelFollow()
    this.#committer.giveUpAfter(closingMs)
    if (this.#state === 'failed' || this.#state === 'closed') return
    this.#state = state
    this.#fault = fault
  }

  /** Takes over what other replicas wrote until now. Throws what `append` would be refused with. */
  async follow(): Promise<void> {
    if (this.#fault !== undefined && this.#state !== 'closed') throw this.#fault
    await this.#follow()
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.stop('closed', closed())
    await this.#committer.idle()
  }

  #hasRoom(bytes: number): boolean {
    return this.#collecting.hasRoom(bytes) && this.#collecting.count < this.#parts.limits.batchEntries
  }

  #flushNow(): void {
    this.#collecting.urgent = true
    this.#advance()
  }

  #hurry(): void {
    this.#collecting.urgent = true
    if (this.#scheduled || this.#writing !== undefined) return
    this.#scheduled = true
    // The end of the turn: everything that this turn of the event loop brings goes into one batch.
    setImmediate(this.#endOfTurn)
  }

  #endOfTurn = (): void => {
    this.#scheduled = false
    this.#advance()
  }

  #wait(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#parts.clock.after(patienceMs, this.#endOfPatience)
  }

  #endOfPatience = (): void => {
    this.#waiting = false
    if (this.#collecting.count > 0) this.#hurry()
  }

  #advance(): void {
    if (this.#writing !== undefined || !this.#collecting.urgent || this.#collecting.count === 0) return
    const batch = this.#collecting
    this.#writing = batch
    this.#collecting = this.#idle
    this.#committer.write(batch).then(
      (first) => this.#written(batch, first),
      (error: unknown) => this.#failed(batch, writeFault(error)),
    )
  }

  #written(batch: Collected, first: number): void {
    const { dones } = batch
    const position = this.#parts.first + first
    this.#reuse(batch)
    this.#back()
    void this.#flushHashes()
    // The next batch goes to the database while the callers of this one run.
    this.#advance()
    this.#parts.onDurable()
    for (let at = 0; at < dones.length; at++) this.#tell(dones[at]!, undefined, position + at)
    this.#tellSettled()
  }

  #failed(batch: Collected, fault: Fault): void {
    const { dones } = batch
    this.#reuse(batch)
    this.#refuseAll(dones, fault)
    this.#fail(fault)
  }

  #reuse(batch: Collected): void {
    batch.clear()
    this.#writing = undefined
    this.#idle = batch
  }

  /** What waits behind a batch whose fate is not known is refused, and so is what comes until the database is back. */
  #lost(error: unknown): void {
    if (this.#state === 'open') this.#fail(writeFault(error))
  }

  #fail(fault: Fault): void {
    if (this.#state === 'open' || this.#state === 'away') {
      this.#state = fault.code === 'ledger.away' ? 'away' : 'failed'
      this.#fault = fault
    }
    const { dones } = this.#collecting
    this.#collecting.clear()
    this.#refuseAll(dones, fault)
    this.#parts.onFailure(fault)
    this.#tellSettled()
  }

  #back(): void {
    if (this.#state !== 'away') return
    this.#state = 'open'
    this.#fault = undefined
  }

  #followByItself = (): void => {
    const again = (): void => {
      if (this.#state === 'open' || this.#state === 'away')
        this.#cancelFollow = this.#parts.clock.after(followMs, this.#followByItself)
    }
    // While a batch is written, its own place in the log tells of the others.
    if (this.#writing !== undefined) return again()
    // What went wrong was told where it happened.
    this.#follow().then(again, again)
  }

  async #follow(): Promise<void> {
    try {
      const grown = await this.#committer.follow()
      this.#back()
      if (grown) this.#parts.onDurable()
    } catch (error) {
      const fault = writeFault(error)
      const known = this.#state !== 'open' && fault.code === 'ledger.away'
      if (!known) this.#fail(fault)
      throw fault
    }
  }

  /** Writes derived hashes off the path, once half of their ring is in use. */
  async #flushHashes(): Promise<void> {
    const { hashes, place } = this.#parts.history
    if (this.#flushing || !hashes.isHalfFull(place.size)) return
    this.#flushing = true
    try {
      await hashes.flush(place.size)
    } catch (cause) {
      this.#fail(
        new Fault('ledger.failed', { detail: 'the hashes of the log cannot be kept on disk', cause }),
      )
    }
    this.#flushing = false
  }

  #refuse(done: Done, fault: Fault): void {
    queueMicrotask(() => this.#tell(done, fault, -1))
  }

  #refuseAll(dones: readonly Done[], fault: Fault): void {
    for (const done of dones) this.#tell(done, fault, -1)
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

function closed(): Fault {
  return new Fault('ledger.closed', { detail: 'the log is closed' })
}

function tooLarge(bytes: number, max: number): Fault {
  return new Fault('ledger.entry-too-large', { detail: `an entry of ${bytes} bytes; at most ${max}` })
}

function busy(queued: number): Fault {
  return new Fault('ledger.busy', { detail: `${queued} entries wait for the database` })
}
