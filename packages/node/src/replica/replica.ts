import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'
import { openReplicaStore } from './replica-store.ts'
import type { ReplicaRow, ReplicaStore } from './replica-store.ts'

/** The processes that share the rows of one node. What one of them left behind when it died, another one finishes. */
export interface Replicas {
  /** Id of this process, new at each start. */
  readonly self: string
  /**
   * Ids of those that live as far as is known, this one among them, sorted; from memory and at most one beat old. A
   * replica that does not stand here may have begun since: whoever takes something from others asks `gone`.
   */
  living(): readonly string[]
  /**
   * Monotonic time at which the last beat that the store took began. Others take a replica for dead 15 seconds after its
   * last beat at the earliest.
   */
  heardMs(): number
  /** Which of these have certainly ended. Asks the store. */
  gone(ids: readonly string[]): Promise<readonly string[]>
  /** Called with the living when one came or went. The returned function ends it. */
  onChange(listen: (living: readonly string[]) => void): () => void
}

/** Replicas with what finishing the work of the dead needs. */
export interface OpenReplicas extends Replicas, AsyncDisposable {
  /** Those that ended and whose work nobody has finished yet. */
  dead(): readonly string[]
  /** Takes over the work of a dead replica: true for exactly one of the living. */
  take(id: string): Promise<boolean>
  /** Forgets a dead replica: its work is finished. */
  bury(id: string): Promise<void>
}

export interface ReplicaOptions {
  readonly store: Store
  /** Where this process runs: no two run at one place at one time, because a lock on its data folder says so. */
  readonly place: string
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** How often a replica says that it lives, and looks who else does. */
const beatMs = 3000
/**
 * Whoever was silent at so many looks is dead: fifteen seconds. Looks are counted, not time, so that a database that was
 * away, or a look that came late, lets nobody die; and no clocks of two machines are compared.
 */
const silentLooksMax = 5

/**
 * Enters this process among the replicas of its store. A node on SQLite is alone: it has no row and no beat.
 */
export async function openReplicas(options: ReplicaOptions): Promise<OpenReplicas> {
  const self = namedId(options.ids, 'n')
  if (options.store.engine === 'sqlite') return alone(self, options.clock)
  const store = await openReplicaStore(options.store)
  const roll = new ReplicaRoll(options, store, self)
  await roll.enter()
  return roll
}

function alone(self: string, clock: Clock): OpenReplicas {
  const living = [self]
  return {
    self,
    living: () => living,
    heardMs: () => clock.monotonicMs(),
    gone: async (ids) => ids.filter((id) => id !== self),
    onChange: () => () => undefined,
    dead: () => [],
    take: async () => false,
    bury: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

interface Seen {
  readonly row: ReplicaRow
  /** Looks in a row at which its beat stood still. */
  readonly silent: number
}

class ReplicaRoll implements OpenReplicas {
  readonly self: string
  #options: ReplicaOptions
  #store: ReplicaStore
  #seen = new Map<string, Seen>()
  #living: readonly string[]
  #listeners = new Set<(living: readonly string[]) => void>()
  #cancel: () => void = () => undefined
  #beating: Promise<void> = Promise.resolve()
  #ended = false
  #heardMs = 0

  constructor(options: ReplicaOptions, store: ReplicaStore, self: string) {
    this.#options = options
    this.#store = store
    this.self = self
    this.#living = [self]
  }

  async enter(): Promise<void> {
    this.#heardMs = this.#options.clock.monotonicMs()
    await this.#insert()
    await this.#look()
    this.#schedule()
  }

  living(): readonly string[] {
    return this.#living
  }

  heardMs(): number {
    return this.#heardMs
  }

  async gone(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.every((id) => id === this.self)) return []
    const there = new Set((await this.#store.rows()).map((row) => row.id))
    return ids.filter((id) => id !== this.self && (!there.has(id) || this.#isDead(this.#seen.get(id))))
  }

  onChange(listen: (living: readonly string[]) => void): () => void {
    this.#listeners.add(listen)
    return () => this.#listeners.delete(listen)
  }

  dead(): readonly string[] {
    return [...this.#seen.values()].filter((one) => this.#isDead(one)).map(({ row }) => row.id)
  }

  async take(id: string): Promise<boolean> {
    const seen = this.#seen.get(id)
    if (seen === undefined || !this.#isDead(seen)) return false
    const taker = seen.row.taken_by
    if (taker === this.self) return true
    // Whoever had taken it over may have died in the middle: then it is taken again.
    if (taker !== null && (await this.gone([taker])).length === 0) return false
    if (!(await this.#store.take(id, taker, this.self))) return false
    this.#seen.set(id, { ...seen, row: { ...seen.row, taken_by: this.self } })
    return true
  }

  async bury(id: string): Promise<void> {
    await this.#store.remove(id)
    this.#seen.delete(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    this.#cancel()
    await this.#beating
    await this.#store.stop(this.self)
  }

  #isDead(seen: Seen | undefined): boolean {
    if (seen === undefined || seen.row.id === this.self) return false
    const { row, silent } = seen
    return row.stopped === 1 || row.place === this.#options.place || silent >= silentLooksMax
  }

  #schedule(): void {
    if (this.#ended) return
    this.#cancel = this.#options.clock.after(beatMs, () => {
      this.#beating = this.#beat().finally(() => this.#schedule())
    })
  }

  async #beat(): Promise<void> {
    const begun = this.#options.clock.monotonicMs()
    try {
      if (!(await this.#store.beat(this.self))) {
        this.#options.log.error('replica.taken-for-dead', { replica: this.self })
        await this.#insert()
      }
      this.#heardMs = begun
      await this.#look()
    } catch (error) {
      this.#options.log.warn('replica.no-beat', { error: String(error) })
    }
  }

  async #insert(): Promise<void> {
    const { place, clock } = this.#options
    await this.#store.insert({
      id: this.self,
      place,
      started: clock.now(),
      beat: 0,
      stopped: 0,
      taken_by: null,
    })
  }

  async #look(): Promise<void> {
    const seen = new Map<string, Seen>()
    for (const row of await this.#store.rows()) {
      const before = this.#seen.get(row.id)
      seen.set(row.id, { row, silent: before?.row.beat === row.beat ? before.silent + 1 : 0 })
    }
    this.#seen = seen
    const living = [...seen.values()].filter((one) => !this.#isDead(one)).map(({ row }) => row.id)
    if (living.join() === this.#living.join()) return
    this.#options.log.info('replica.living', { living: living.length })
    this.#living = living
    for (const listen of this.#listeners) listen(living)
  }
}
