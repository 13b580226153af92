import { Fault } from '@ambit/core/fault'
import type { Shard } from '@ambit/core/log/shards'
import type { Done, Follower } from './engine.ts'
import type { LedgerState, Place, Proof, Series, SeriesOptions } from './ledger.ts'
import type { LogFile } from './log-files.ts'
import { deleteEntries } from './series-frozen.ts'
import { Hold } from './series-hold.ts'
import type { EntryWriter } from './series-hold.ts'
import { keepRootSignature } from './series-root.ts'
import { halfYearOf, nextHalfYear } from './series-list.ts'
import { SeriesReader } from './series-reader.ts'
import { pruneEnded } from './series-retention.ts'
import { labelOf, Shards } from './series-shards.ts'
import type { CurrentShard, Prepared, SeriesInside, Why } from './series-shards.ts'
import { Shelf } from './series-shelf.ts'
import type { PromiseKey } from './token-signer.ts'

/** How often it is looked whether the log is long enough to end, or whether one is past its retention. */
const lookEveryMs = 10_000
/** A turn that did not come about (a witness is away, the disk is full) is tried again after this long. */
const turnRetryMs = 60_000
/** A new log that could not be opened is tried again after this long. */
const openRetryMs = 1000
/** A log ends at this many entries. */
const entriesMaxDefault = 2 ** 28

/** Opens the logs of a series, the last one for writing. Throws what `openLedger` throws. */
export async function openLogSeries(options: SeriesOptions, inside: SeriesInside): Promise<Series> {
  const shards = await Shards.open(options, inside)
  const current = await shards.openLast()
  const series = new LogSeries(options, inside, shards, current)
  try {
    await series.begin()
    return series
  } catch (error) {
    await series[Symbol.asyncDispose]()
    throw error
  }
}

/** One Ledger over logs that follow one another; positions count over all of them. */
class LogSeries implements Series {
  readonly name: string
  #options: SeriesOptions
  #inside: SeriesInside
  #shards: Shards
  #shelf: Shelf
  #reader: SeriesReader
  #current: CurrentShard
  /** Lets the current log stand on the shelf like any other that has ended. */
  #release: () => void
  /** Where entries go: the current log, or the hold while it changes. */
  #writer: EntryWriter
  #hold: Hold | undefined
  #fault: Fault | undefined
  /** Resolves when no turn is under way. */
  #turning: Promise<void> = Promise.resolve()
  /** Turns that are under way or wait for one. */
  #turns = 0
  #pruning: Promise<void> | undefined
  /** Monotonic: a clock that is set back must not hold turns up. */
  #retryAtMs = -Infinity
  #closed = false
  #follower: Follower | undefined
  #cancelLook = (): void => undefined
  #cancelEnter = (): void => undefined

  constructor(options: SeriesOptions, inside: SeriesInside, shards: Shards, current: CurrentShard) {
    this.name = options.name
    this.#options = options
    this.#inside = inside
    this.#shards = shards
    this.#current = current
    this.#writer = current.ledger
    this.#shelf = new Shelf(async (shard) => await shards.openFrozen(shard))
    const { name } = options
    this.#release = this.#shelf.put(current.shard.origin, current.ledger)
    this.#reader = new SeriesReader({ name, shards, shelf: this.#shelf, current: () => this.#current })
  }

  get origin(): string {
    return this.#current.ledger.origin
  }

  get vkey(): string {
    return this.#current.ledger.vkey
  }

  get secondVkey(): string | undefined {
    return this.#current.ledger.secondVkey
  }

  get promiseKey(): PromiseKey | undefined {
    return this.#current.ledger.promiseKey
  }

  get size(): number {
    return this.#reader.size
  }

  get list(): Series['list'] {
    const { list, listSigner } = this.#shards
    return { origin: listSigner.name, vkey: listSigner.vkey, note: list.note, shards: list.shards }
  }

  append(entry: string, done: Done): void {
    this.#writer.append(entry, done)
  }

  appendPatiently(entry: string, done: Done): void {
    this.#writer.appendPatiently(entry, done)
  }

  follow(follower: Follower): boolean {
    this.#follower = follower
    return this.#current.ledger.follow(follower)
  }

  async settle(): Promise<void> {
    await this.#turning
    await this.#current.ledger.settle()
  }

  write(entry: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.append(entry, (fault, position) => (fault === undefined ? resolve(position) : reject(fault)))
    })
  }

  readable(position: number): number {
    return this.#reader.readable(position)
  }

  async read(position: number): Promise<Uint8Array> {
    return await this.#reader.read(position)
  }

  entries(from: number, signal?: AbortSignal) {
    return this.#reader.entries(from, signal)
  }

  async checkpoint(minSize = 0): Promise<string> {
    await this.#turning
    const { shard, ledger } = this.#current
    return await ledger.checkpoint(Math.max(0, minSize - shard.first))
  }

  async prove(position: number, minSize = 0): Promise<Proof> {
    return await this.#reader.prove(position, minSize)
  }

  place(position: number): Place {
    return this.#reader.place(position)
  }

  sign(purpose: 'promise', content: Uint8Array): Uint8Array {
    return this.#current.ledger.sign(purpose, content)
  }

  async cose(position: number): Promise<Uint8Array> {
    return await this.#reader.cose(position)
  }

  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    return await this.#reader.consistency(from, to)
  }

  async file(path: string): Promise<LogFile | undefined> {
    return await this.#reader.file(path)
  }

  state(): LedgerState {
    const { shard, ledger } = this.#current
    const inner = ledger.state()
    const state = {
      ...inner,
      size: shard.first + inner.size,
      publishedSize: shard.first + inner.publishedSize,
      queued: inner.queued + (this.#hold?.queued ?? 0),
    }
    return this.#fault === undefined ? state : { ...state, state: 'failed', reason: this.#fault.detail }
  }

  async rotate(reason: string): Promise<Shard> {
    if (this.#options.shared === true) {
      throw new Fault('ledger.shared', { detail: `several processes write to ${this.name}` })
    }
    await this.#turn({ why: 'rotation', reason })
    return this.#current.shard
  }

  /** Does what the last end of the process cut off, and looks from now on whether a log is due to end. */
  async begin(): Promise<void> {
    for (const shard of this.#shards.list.shards) if (shard.state !== 'open') await this.#shards.tidy(shard)
    await this.#reader.begin()
    this.#look()
    await this.#turning
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#cancelLook()
    this.#cancelEnter()
    await this.#turning
    await this.#pruning
    this.#hold?.refuse(new Fault('ledger.closed', { detail: `the log ${this.name} is closed` }))
    await this.#shelf[Symbol.asyncDispose]()
  }

  #look(): void {
    if (this.#closed) return
    const { clock } = this.#options
    const why = this.#due()
    if (why !== undefined) this.#turn({ why }).catch((error: unknown) => this.#failedOffPath(error))
    else
      this.#pruning ??= this.#prune()
        .catch((error: unknown) => this.#failedOffPath(error))
        .finally(() => {
          this.#pruning = undefined
        })
    const now = clock.now()
    this.#cancelLook = clock.after(Math.min(lookEveryMs, nextHalfYear(now) - now), () => this.#look())
  }

  #failedOffPath(error: unknown): void {
    this.#retryAtMs = this.#options.clock.monotonicMs() + turnRetryMs
    this.#options.onFailure(Fault.from(error))
  }

  #due(): Why['why'] | undefined {
    const { clock, entriesMax = entriesMaxDefault, shared = false } = this.#options
    const now = clock.now()
    if (shared || this.#turns > 0 || this.#hold !== undefined) return undefined
    if (clock.monotonicMs() < this.#retryAtMs) return undefined
    const { shard, ledger } = this.#current
    // A clock that was set back begins no log of an earlier half-year.
    if (halfYearOf(now) > labelOf(this.name, shard).slice(0, 6)) return 'half-year'
    return ledger.size >= entriesMax ? 'size' : undefined
  }

  /** One turn after the other; each tells its own failure. */
  #turn(why: Why): Promise<void> {
    this.#turns++
    const turn = this.#turning
      .then(async () => await this.#turnNow(why))
      .finally(() => {
        this.#turns--
      })
    this.#turning = turn.catch(() => undefined)
    return turn
  }

  /**
   * Ends the current log and begins the next one. Until the list is saved everything can be taken back; from then on
   * the next log is the one, whatever happens. What comes meanwhile waits and goes to whichever log it is.
   */
  async #turnNow(why: Why): Promise<void> {
    if (this.#closed || this.#hold !== undefined)
      throw this.#fault ?? new Fault('ledger.closed', { detail: `the log ${this.name} is closed` })
    const ending = this.#current
    const next = await this.#shards.prepare()
    const hold = new Hold(this.#inside.limits)
    this.#hold = hold
    this.#writer = hold
    let checkpoint: string
    try {
      checkpoint = await this.#lastCheckpoint(ending)
      await keepRootSignature(this.#shards.directoryOf(ending.shard), ending.key.signer, checkpoint)
      await this.#shards.keepOpening(next, why, checkpoint)
    } catch (error) {
      this.#resume(hold, ending)
      throw error
    }
    await this.#commit(hold, next, checkpoint)
    this.#release()
    await ending.key.destroy().catch((error: unknown) => this.#failedOffPath(error))
    await this.#enter(hold)
  }

  async #lastCheckpoint({ ledger }: CurrentShard): Promise<string> {
    await ledger.settle()
    return await ledger.checkpoint(ledger.size)
  }

  async #commit(hold: Hold, next: Prepared, checkpoint: string): Promise<void> {
    try {
      await this.#shards.turn(next, checkpoint)
    } catch (error) {
      // Whether the guard took the list is not known, so no log may be written to before the next start.
      this.#fault = new Fault('ledger.failed', { detail: 'the list of logs could not be kept', cause: error })
      hold.refuse(this.#fault)
      throw error
    }
  }

  /** Opens the log that the list names last. Where that fails, entries are refused until it succeeds. */
  async #enter(hold: Hold): Promise<void> {
    try {
      this.#current = await this.#shards.openLast()
    } catch (error) {
      this.#fault = Fault.from(error)
      hold.refuse(this.#fault)
      this.#options.onFailure(this.#fault)
      if (!this.#closed)
        this.#cancelEnter = this.#options.clock.after(openRetryMs, () => {
          this.#turning = this.#enter(hold)
        })
      return
    }
    this.#fault = undefined
    if (this.#follower !== undefined) this.#current.ledger.follow(this.#follower)
    this.#release = this.#shelf.put(this.#current.shard.origin, this.#current.ledger)
    this.#resume(hold, this.#current)
  }

  #resume(hold: Hold, { ledger }: CurrentShard): void {
    this.#writer = ledger
    this.#hold = undefined
    hold.release(ledger)
  }

  async #prune(): Promise<void> {
    const { clock, retainMonths = 0 } = this.#options
    await pruneEnded(this.#shards.list.shards, {
      months: retainMonths,
      clock,
      write: async (entry) => await this.write(entry),
      mark: async (shard) => {
        // One list after the other: no turn may save another one meanwhile.
        const marked = this.#turning.then(async () => await this.#shards.markPruned(shard))
        this.#turning = marked.catch(() => undefined)
        await marked
      },
      remove: async (shard) => {
        await this.#shelf.drop(shard.origin)
        await deleteEntries(this.#shards.directoryOf(shard))
      },
    })
  }
}
