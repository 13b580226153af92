import type { Shard } from '@ambit/core/log/shards'
import type { Ledger } from './ledger.ts'

/** The current log and three that have ended: each costs files and a few megabytes while it is open. */
const openMax = 4

interface Book {
  readonly ledger: Promise<Ledger>
  users: number
}

export interface Taken {
  readonly ledger: Ledger
  /** To be called once. */
  readonly release: () => void
}

/** The logs of a series that are open: those that have ended when somebody asks; the one asked for longest ago goes first. */
export class Shelf {
  #open: (shard: Shard) => Promise<Ledger>
  #books = new Map<string, Book>()
  #closing = new Map<string, Promise<void>>()
  #waiting: (() => void)[] = []

  constructor(open: (shard: Shard) => Promise<Ledger>) {
    this.#open = open
  }

  /** Puts a log here that is open already. It stays open until the returned function is called, and then like others. */
  put(origin: string, ledger: Ledger): () => void {
    const book: Book = { ledger: Promise.resolve(ledger), users: 1 }
    this.#books.set(origin, book)
    return () => {
      this.#release(book)
      // A log that has ended has nothing left to write, so it does no harm when closing one fails.
      if (this.#books.size > openMax) this.#closeIdle().catch(() => undefined)
    }
  }

  /** Waits while too many others are in use. Throws what opening the log throws. */
  async take(shard: Shard): Promise<Taken> {
    while (!this.#books.has(shard.origin)) {
      // A log that is being closed still has its lock.
      await this.#closing.get(shard.origin)
      if (this.#books.size + this.#closing.size < openMax) break
      if (this.#closing.size > 0) await Promise.race(this.#closing.values())
      else if (!(await this.#closeIdle())) await this.#someRelease()
    }
    let book = this.#books.get(shard.origin)
    if (book === undefined) {
      book = { ledger: this.#open(shard), users: 0 }
      book.ledger.catch(() => this.#books.delete(shard.origin))
    } else this.#books.delete(shard.origin)
    // The order of the map is that of use.
    this.#books.set(shard.origin, book)
    book.users++
    try {
      const ledger = await book.ledger
      const taken = book
      return { ledger, release: () => this.#release(taken) }
    } catch (error) {
      this.#release(book)
      throw error
    }
  }

  async use<Value>(shard: Shard, work: (ledger: Ledger) => Promise<Value>): Promise<Value> {
    const { ledger, release } = await this.take(shard)
    try {
      return await work(ledger)
    } finally {
      release()
    }
  }

  /** Closes a log once nobody uses it. */
  async drop(origin: string): Promise<void> {
    for (;;) {
      const book = this.#books.get(origin)
      if (book === undefined) return
      if (book.users === 0) return await this.#close(origin, book)
      await this.#someRelease()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [origin, book] of this.#books) await this.#close(origin, book)
  }

  async #closeIdle(): Promise<boolean> {
    for (const [origin, book] of this.#books) {
      if (book.users > 0) continue
      await this.#close(origin, book)
      return true
    }
    return false
  }

  async #close(origin: string, book: Book): Promise<void> {
    this.#books.delete(origin)
    const closing = book.ledger
      .catch(() => undefined)
      .then(async (ledger) => await ledger?.[Symbol.asyncDispose]())
      .finally(() => this.#closing.delete(origin))
    this.#closing.set(
      origin,
      closing.catch(() => undefined),
    )
    await closing
  }

  #someRelease(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  #release(book: Book): void {
    book.users--
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
