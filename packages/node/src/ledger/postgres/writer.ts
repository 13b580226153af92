import { Fault } from '@ambit/core/fault'
import type { FaultCode } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'
import type { Done, EngineState } from '../engine.ts'
import type { Hash } from '../hash.ts'
import type { LedgerLimits } from '../ledger.ts'
import type { BatchStore } from './batch-store.ts'
import { catchUp } from './catch-up.ts'
import { Collected } from './collected.ts'
import type { BatchId, History } from './history.ts'
import { isLost, writeFault } from './write-fault.ts'

export interface WriterParts {
  readonly batches: BatchStore
  readonly history: History
  /** Names this opening of the log: 16 random bytes. */
  readonly writer: Hash
  readonly clock: Clock
  readonly limits: LedgerLimits
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
/** Whoever lost the race for the head so often takes its lock, and then comes next. */
const racesMax = 2
/** Between two tries to find out what became of a batch. */
const retryMs = 250
/** How long closing waits for a database that does not answer. */
const closingMs = 5000

/**
 * Collects entries while the batch before commits, and adds each batch to the log of all replicas as one row. A batch
 * whose fate is not known, because the connection broke, is neither acknowledged nor refused: once the database is back
 * it is looked for by its id, and written again only where its first writing cannot come true any more.
 */
export class Writer {
  #parts: WriterParts
  #limits: LedgerLimits
  #history: History
  #collecting: Collected
  #idle: Collected
  #writing: Collected | undefined
  #number = 0
  #state: EngineState = 'open'
  #fault: Fault | undefined
  #closedAt: number | undefined
  #settled: (() => void)[] = []
  #last: Promise<unknown> = Promise.resolve()
  #flushing = false
  #scheduled = false
  #waiting = false
  #cancelFollow: () => void

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#limits = parts.limits
    this.#history = parts.history
    this.#collecting = new Collected(parts.limits.batchBytes)
    this.#idle = new Collected(parts.limits.batchBytes)
    this.#cancelFollow = parts.clock.after(followMs, this.#followInTurn)
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
    // A UTF-16 unit takes at most three bytes: what surely fits needs no counting.
    let bytes = entry.length * 3
    if (bytes > this.#limits.entryBytes || !this.#hasRoom(bytes)) {
      bytes = Buffer.byteLength(entry)
      const max = this.#limits.entryBytes
      if (bytes > max) return this.#refuse(done, tooLarge(bytes, max))
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
    if (this.#state === 'failed' || this.#state === 'closed') return
    this.#state = state
    this.#fault = fault
    this.#closedAt = this.#parts.clock.monotonicMs()
  }

  /** Takes over what other replicas wrote until now. Throws what `append` would be refused with. */
  async follow(): Promise<void> {
    if (this.#state === 'away' || this.#state === 'failed') throw this.#fault!
    await this.#inTurn(() => this.#follow())
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#cancelFollow()
    await this.#last
  }

  #hasRoom(bytes: number): boolean {
    return this.#collecting.hasRoom(bytes) && this.#collecting.count < this.#limits.batchEntries
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
    const id = { writer: this.#parts.writer, number: this.#number++ }
    this.#inTurn(() => this.#write(batch, id)).then(
      (first) => this.#written(batch, first),
      (error: unknown) => this.#failed(batch, writeFault(error)),
    )
  }

  /** Brings a batch into the log; answers its first index. */
  async #write(batch: Collected, id: BatchId): Promise<number> {
    const { batches, clock } = this.#parts
    let races = 0
    for (;;) {
      try {
        await this.#makeRoom(batch.count)
        const first = races++ < racesMax ? await this.#race(batch, id) : await this.#writeLocked(batch, id)
        if (first !== undefined) return first
        // Another replica was faster; what it wrote comes first.
        await catchUp(batches, this.#history)
      } catch (error) {
        if (!isLost(error)) throw error
        this.#away(error)
        if (this.#closedAt !== undefined && clock.monotonicMs() - this.#closedAt > closingMs) throw unknownFate(error)
        races = racesMax
        await new Promise<void>((resolve) => void clock.after(retryMs, resolve))
      }
    }
  }

  /** One round trip: adds the batch if the log still ends where this replica believes. */
  async #race(batch: Collected, id: BatchId): Promise<number | undefined> {
    const history = this.#history
    const from = history.place
    const extension = history.extend(batch, id)
    const won = await this.#orUndo(() => this.#parts.batches.append(extension.row, from, extension.place))
    if (won) history.accept(extension)
    else history.undo()
    return won ? extension.row.first : undefined
  }

  /** Adds the batch while nobody else can, unless it is found to be there already. */
  async #writeLocked(batch: Collected, id: BatchId): Promise<number> {
    const history = this.#history
    const added = await this.#parts.batches.locked(async (turn) => {
      const found = await catchUp(turn, history, id)
      if (found !== undefined) return found
      const from = history.place
      const extension = history.extend(batch, id)
      return (await this.#orUndo(() => turn.append(extension.row, from, extension.place))) ? extension : undefined
    }).catch((error: unknown) => {
      history.undo()
      throw error
    })
    if (typeof added === 'number') return added
    if (added === undefined) throw history.missing()
    history.accept(added)
    return added.row.first
  }

  async #orUndo(append: () => Promise<boolean>): Promise<boolean> {
    try {
      return await append()
    } catch (error) {
      this.#history.undo()
      throw error
    }
  }

  #written(batch: Collected, first: number): void {
    const { dones } = batch
    this.#writing = undefined
    this.#idle = batch
    batch.clear()
    this.#back()
    void this.#flushHashes()
    // The next batch goes to the database while the callers of this one run.
    this.#advance()
    this.#parts.onDurable()
    for (let at = 0; at < dones.length; at++) this.#tell(dones[at]!, undefined, first + at)
    this.#tellSettled()
  }

  #failed(batch: Collected, fault: Fault): void {
    const { dones } = batch
    this.#writing = undefined
    this.#idle = batch
    batch.clear()
    this.#fail(fault)
    for (const done of dones) this.#tell(done, fault, -1)
    this.#tellSettled()
  }

  /** The database does not answer: what waits behind the batch whose fate is not known is refused, and so is what comes. */
  #away(error: unknown): void {
    if (this.#state === 'open') this.#fail(writeFault(error))
  }

  #fail(fault: Fault): void {
    if (this.#state === 'open' || this.#state === 'away') {
      this.#state = fault.code === 'ledger.away' ? 'away' : 'failed'
      this.#fault = fault
    }
    const { dones } = this.#collecting
    this.#collecting.clear()
    this.#parts.onFailure(fault)
    for (const done of dones) this.#tell(done, fault, -1)
  }

  #back(): void {
    if (this.#state !== 'away') return
    this.#state = 'open'
    this.#fault = undefined
  }

  #followInTurn = (): void => {
    const again = (): void => {
      const { state } = this
      if (state === 'open' || state === 'away')
        this.#cancelFollow = this.#parts.clock.after(followMs, this.#followInTurn)
    }
    // While a batch is written, its own place in the log tells of the others'.
    if (this.#writing !== undefined) return again()
    void this.#inTurn(() => this.#follow()).catch(() => undefined).finally(again)
  }

  async #follow(): Promise<void> {
    const { size } = this.#history.place
    try {
      await catchUp(this.#parts.batches, this.#history)
    } catch (error) {
      const fault = writeFault(error)
      if (this.#state !== 'away' || fault.code !== 'ledger.away') this.#fail(fault)
      throw fault
    }
    this.#back()
    if (this.#history.place.size > size) this.#parts.onDurable()
  }

  /** One at a time moves the history. */
  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #makeRoom(count: number): Promise<void> {
    const { hashes, place } = this.#history
    if (hashes.room(place.size) < count) await hashes.flush(place.size)
  }

  /** Writes derived hashes off the path, once half of their ring is in use. */
  async #flushHashes(): Promise<void> {
    const { hashes, place } = this.#history
    if (this.#flushing || !hashes.isHalfFull(place.size)) return
    this.#flushing = true
    try {
      await hashes.flush(place.size)
    } catch (error) {
      this.#fail(new Fault('ledger.failed', { detail: 'the hashes of the log cannot be kept', cause: error }))
    }
    this.#flushing = false
  }

  #refuse(done: Done, fault: Fault): void {
    queueMicrotask(() => this.#tell(done, fault, -1))
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

function fault(code: FaultCode, detail: string): Fault {
  return new Fault(code, { detail })
}

function tooLarge(bytes: number, max: number): Fault {
  return fault('ledger.entry-too-large', `an entry of ${bytes} bytes; at most ${max}`)
}

function busy(queued: number): Fault {
  return fault('ledger.busy', `${queued} entries wait for the database`)
}

function unknownFate(cause: unknown): Fault {
  return new Fault('ledger.away', {
    detail: 'the log was closed before the database answered: whether these entries are in it is not known',
    cause,
  })
}
