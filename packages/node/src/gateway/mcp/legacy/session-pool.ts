import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../../kernel/clock.ts'
import type { Session } from './session.ts'

export interface PoolLimits {
  /** Sessions open at once. */
  readonly sessionsMax: number
  /** A session unused for this long is closed. */
  readonly idleMs: number
}

/** A session of the pool, lent to one call. */
export interface Lease {
  readonly session: Session
  /** The call is over. */
  release(): void
  /** The upstream does not know the session any more: nobody gets it again. */
  drop(): void
}

interface Entry {
  readonly key: string
  /** What the session was opened with; another variant under the same key replaces it. */
  readonly variant: string
  readonly opening: Promise<Session>
  users: number
  unusedSinceMs: number
  retired: boolean
}

/** Keeps one session open for each key: opened on demand, shared by calls, closed when idle, bounded in number. */
export class SessionPool {
  readonly #clock: Clock
  readonly #limits: PoolLimits
  /** In the order of last use, oldest first. */
  readonly #entries = new Map<string, Entry>()
  readonly #entryOf = new WeakMap<Session, Entry>()
  readonly #closings = new Set<Promise<void>>()
  #stopSweep: (() => void) | undefined
  #closed = false

  constructor(clock: Clock, limits: PoolLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  /** Throws what `open` throws; `act.busy` when all sessions are in use; `node.draining` once closed. */
  async take(key: string, variant: string, open: () => Promise<Session>): Promise<Lease> {
    if (this.#closed) throw new Fault('node.draining', { detail: 'no new sessions are opened' })
    let entry = this.#entries.get(key)
    if (entry !== undefined && entry.variant !== variant) {
      this.#retire(entry)
      entry = undefined
    }
    entry ??= this.#open(key, variant, open)
    this.#touch(entry)
    entry.users += 1
    try {
      const session = await entry.opening
      this.#entryOf.set(session, entry)
      return this.#lease(entry, session)
    } catch (error) {
      entry.users -= 1
      this.#forget(entry)
      throw error
    }
  }

  /** Ends every session, and waits for the ones that are ending. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopSweep?.()
    for (const entry of this.#entries.values()) {
      entry.users = 0
      this.#retire(entry)
    }
    await Promise.all(this.#closings)
  }

  /** A session ended by itself: nobody gets it again. */
  lost(session: Session): void {
    const entry = this.#entryOf.get(session)
    if (entry !== undefined) this.#retire(entry)
  }

  #open(key: string, variant: string, open: () => Promise<Session>): Entry {
    if (this.#entries.size >= this.#limits.sessionsMax) this.#evict()
    const entry: Entry = { key, variant, opening: open(), users: 0, unusedSinceMs: 0, retired: false }
    this.#entries.set(key, entry)
    this.#sweepLater()
    return entry
  }

  #lease(entry: Entry, session: Session): Lease {
    let over = false
    return {
      session,
      release: () => {
        if (over) return
        over = true
        entry.users -= 1
        entry.unusedSinceMs = this.#clock.monotonicMs()
        if (entry.retired && entry.users === 0) this.#end(entry)
      },
      drop: () => this.#retire(entry),
    }
  }

  #touch(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#entries.set(entry.key, entry)
  }

  #evict(): void {
    for (const entry of this.#entries.values()) {
      if (entry.users > 0) continue
      this.#retire(entry)
      return
    }
    throw new Fault('act.busy', { detail: `${this.#limits.sessionsMax} sessions with servers are in use` })
  }

  #retire(entry: Entry): void {
    this.#forget(entry)
    if (entry.retired) return
    entry.retired = true
    if (entry.users === 0) this.#end(entry)
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key)
  }

  #end(entry: Entry): void {
    const closing = entry.opening.then(
      async (session) => await session.close(),
      () => undefined,
    )
    this.#closings.add(closing)
    void closing.finally(() => this.#closings.delete(closing))
  }

  #sweepLater(): void {
    this.#stopSweep ??= this.#clock.after(this.#limits.idleMs / 2, () => {
      this.#stopSweep = undefined
      const before = this.#clock.monotonicMs() - this.#limits.idleMs
      for (const entry of this.#entries.values())
        if (entry.users === 0 && entry.unusedSinceMs <= before) this.#retire(entry)
      if (this.#entries.size > 0) this.#sweepLater()
    })
  }
}
