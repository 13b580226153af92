import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'
import type { Hash } from '../hash.ts'
import type { BatchStore } from './batch-store.ts'
import { catchUp } from './catch-up.ts'
import type { Collected } from './collected.ts'
import type { BatchId, History } from './history.ts'
import { isLost } from './write-fault.ts'

export interface CommitterParts {
  readonly batches: BatchStore
  readonly history: History
  /** Names this opening of the log: 16 random bytes. */
  readonly writer: Hash
  readonly clock: Clock
  /** The connection broke while a batch was written; it is being looked for. */
  onLost(error: unknown): void
}

/** Before the first try to find out what became of a batch; twice as long before each next one, up to the limit. */
const retryMsMin = 10
const retryMsMax = 1000

/**
 * Adds batches to the log that all replicas share, and takes over theirs: one step at a time moves the history. A batch
 * whose fate is not known, because the connection broke, is looked for by its id under the lock of the head, and
 * written again only if it is not there; its first writing, should it still be under way, can then no longer come true,
 * because it asks for a head that has moved.
 */
export class Committer {
  #parts: CommitterParts
  #number = 0
  #last: Promise<unknown> = Promise.resolve()
  #deadlineMs: number | undefined
  /** Others write at this moment: then everyone takes the lock of the head in turn, and nobody comes too late twice. */
  #contended = false

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  /** Brings a batch into the log; answers its first index. Throws what the database refused, and `ledger.away`. */
  write(batch: Collected): Promise<number> {
    const id = { writer: this.#parts.writer, number: this.#number++ }
    return this.#inTurn(() => this.#write(batch, id))
  }

  /** Takes over what other replicas wrote until now; whether there was anything. */
  follow(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { batches, history } = this.#parts
      const { size } = history.place
      await catchUp(batches, history)
      return history.place.size > size
    })
  }

  /** A batch whose fate is still not known after this long is given up. */
  giveUpAfter(ms: number): void {
    this.#deadlineMs ??= this.#parts.clock.monotonicMs() + ms
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#last
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #write(batch: Collected, id: BatchId): Promise<number> {
    const { history, clock } = this.#parts
    const own: { first?: number } = {}
    for (let waitMs = retryMsMin; ; waitMs = Math.min(2 * waitMs, retryMsMax)) {
      try {
        await history.makeRoom(batch.count)
        const first = history.place.size
        if (!this.#contended && (await this.#race(batch, id))) return first
        return await this.#writeLocked(batch, id, own)
      } catch (error) {
        history.undo()
        if (!isLost(error)) throw error
        if (clock.monotonicMs() > (this.#deadlineMs ?? Infinity)) throw unknownFate(error)
        this.#parts.onLost(error)
        // It is looked for under the lock.
        this.#contended = true
        await new Promise<void>((resolve) => void clock.after(waitMs, resolve))
      }
    }
  }

  /** One round trip: adds the batch if the log still ends where this replica believes. */
  async #race(batch: Collected, id: BatchId): Promise<boolean> {
    const { batches, history } = this.#parts
    const from = history.place
    const extension = history.extend(batch, id)
    const won = await batches.append(extension.row, from, extension.place)
    if (won) history.accept(extension)
    else history.undo()
    return won
  }

  /** Adds the batch while nobody else can, unless it is found to be there already; `own` remembers that. */
  async #writeLocked(batch: Collected, id: BatchId, own: { first?: number }): Promise<number> {
    const { batches, history } = this.#parts
    const added = await batches.locked(async (turn) => {
      this.#contended = false
      await catchUp(turn, history, (row) => {
        this.#contended = true
        if (row.writer === id.writer && row.number === id.number) own.first = row.first
      })
      if (own.first !== undefined) return undefined
      const from = history.place
      const extension = history.extend(batch, id)
      if (await turn.append(extension.row, from, extension.place)) return extension
      throw new Fault('ledger.corrupt', {
        detail: 'the head of the log moved while it was locked',
        where: 'ledger_head',
      })
    })
    if (added === undefined) return own.first!
    history.accept(added)
    return added.row.first
  }
}

function unknownFate(cause: unknown): Fault {
  return new Fault('ledger.away', {
    detail: 'the log was closed before the database answered: whether these entries are in it is not known',
    cause,
  })
}
