import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { AddressGuard } from '../net/address.ts'
import type { Target } from '../registry/target.ts'
import type { Replicas } from '../replica/replica.ts'
import type { Store } from '../store/store.ts'
import type { HeartBudget } from './heart.ts'
import { openLivenessStore } from './liveness-store.ts'
import type { LivenessReader, Wish } from './liveness-store.ts'
import type { Pulse } from './pulse.ts'
import { nameOf, Slots, unpacked } from './slots.ts'
import { differing, rankOf } from './standing.ts'
import type { LivenessState, RecordLiveness } from '../registry/registry.ts'
import { startSuspending } from './suspending.ts'
import type { SuspendingParts } from './suspending.ts'
import { createTroubles } from './troubles.ts'
import type { Trouble } from './troubles.ts'
import type { Troubles } from './troubles.ts'
import { livenessView } from './view.ts'
import type { Viewed } from './view.ts'
import { openWatch } from './watch.ts'
import type { Watch } from './watch.ts'

export interface LivenessParts {
  readonly store: Store
  readonly bus: Bus
  readonly replicas: Pick<Replicas, 'self' | 'living' | 'onChange'>
  readonly records: LivenessRecords
  readonly pulses: readonly Pulse[]
  /** Whether the program of a record runs now: none is started for a heartbeat. */
  readonly runs: (record: string) => boolean
  readonly suspend: SuspendingParts['suspend']
  readonly guard: AddressGuard
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly budget?: Partial<HeartBudget>
}

/** The registry as this room uses it; records by AIC. */
export interface LivenessRecords {
  target(record: string): Target | undefined
  /** Live records of all organisations. */
  heads(): Iterable<Pick<Target, 'id' | 'state'>>
  /** The address a record was read from. */
  source(record: string): Promise<string | undefined>
  /** Reads a record whole with the credentials that were left for everyone, and holds what differs. */
  probe(record: string, organization: string, signal: AbortSignal): Promise<void>
}

export interface RecordTrouble {
  readonly record: string
  readonly slug: string
  readonly state: LivenessState
  readonly since: string
}

/** Whether agents and servers are there, and what they say they are. */
export interface Liveness extends AsyncDisposable {
  /** Takes up all records and begins to ask; a node that has many is up before. */
  start(everyMs: number): Promise<void>
  /** In memory: how a record stands. Of a record that another replica asks only what is bad is known: else `unknown`. */
  stateOf(record: string): LivenessState
  /** In memory: how far up a record belongs among those that fit as well, from 0 (dead) to 1. For discovery. */
  rank(record: string): number
  /** All that is known of a record; undefined when there is no such record. */
  of(record: string): Promise<RecordLiveness | undefined>
  troubles(organization: string): Iterable<RecordTrouble>
  wishOf(organization: string): Wish | undefined
  wish(organization: string, wish: Wish): Promise<void>
}

/** Bus subject: an organisation wishes something else {organization}. */
const wishSubject = 'liveness.wished'

export async function openLiveness(parts: LivenessParts): Promise<Liveness> {
  const { bus, clock, log, records } = parts
  const store = await openLivenessStore(parts.store)
  const slots = new Slots()
  const troubles = createTroubles(bus)
  const watch = openWatch(parts, store, slots, troubles)
  let wishes = await store.wishes()
  const ends: (() => void | Promise<void>)[] = []
  let starting: Promise<void> | undefined
  let isEnded = false
  async function begin(everyMs: number): Promise<void> {
    // First of all: what changes while many are taken up is followed too.
    ends.push(watch.listen())
    await watch.begin()
    if (isEnded) return
    ends.push(
      bus.subscribe(wishSubject, (_message, _subject, from) => {
        if (from === 'here') return
        store.wishes().then(
          (read) => (wishes = read),
          (error: unknown) => bus.missed(error),
        )
      }),
      startSuspending({
        clock,
        log,
        wishOf: (organization) => wishes.get(organization),
        dead: () =>
          [...troubles.all()].flatMap(([record, trouble]): [string, Trouble][] => {
            const organization = records.target(record)?.organization
            // Whoever keeps it now wishes, and not whoever kept it when it died.
            return organization === undefined || slots.of(record).length === 0
              ? []
              : [[record, { ...trouble, organization }]]
          }),
        suspend: parts.suspend,
      }),
    )
    watch.heart.start(everyMs)
  }
  return {
    start: async (everyMs) => await (starting = begin(everyMs)),
    stateOf: (record) => watch.stateOf(record),
    rank(record) {
      const shares = slots.of(record).map((slot) => slots.state(slot).availability(clock.now(), 'day') ?? 1)
      return rankOf(watch.stateOf(record), shares.length === 0 ? undefined : Math.min(...shares))
    },
    async of(record) {
      const target = records.target(record)
      return target && livenessView(await viewed(target, { watch, slots, troubles, store }), clock.now())
    },
    *troubles(organization) {
      for (const [record, trouble] of troubles.all()) {
        const target = records.target(record)
        // It may have been handed over since it was told of.
        if (target?.organization !== organization) continue
        const { state, since } = trouble
        yield { record, slug: target.slug, state, since: timeText(since) }
      }
    },
    wishOf: (organization) => wishes.get(organization),
    async wish(organization, wish) {
      await store.setWish(organization, wish, clock.now())
      wishes = new Map([...wishes, [organization, wish]])
      bus.publish(wishSubject, { organization })
    },
    async [Symbol.asyncDispose]() {
      isEnded = true
      watch.end()
      await starting?.catch(() => undefined)
      watch.heart[Symbol.dispose]()
      for (const end of ends.splice(0)) await end()
      troubles[Symbol.dispose]()
      await watch[Symbol.asyncDispose]()
    },
  }
}

interface Known {
  readonly watch: Watch
  readonly slots: Slots
  readonly troubles: Troubles
  readonly store: LivenessReader
}

/** From memory, or from the store where another replica asks the record. */
async function viewed(target: Target, { watch, slots, troubles, store }: Known): Promise<Viewed> {
  const own = slots.of(target.id)
  const row = own.length === 0 ? await store.row(target.id) : undefined
  const trouble = troubles.of(target.id)
  const bytes = row === undefined ? own.map((slot) => slots.state(slot)) : unpacked(row.interfaces)
  return {
    state: row === undefined ? watch.stateOf(target.id) : (trouble?.state ?? row.state),
    since: trouble?.since,
    interfaces: target.interfaces.map((each) => ({
      each,
      bytes: bytes.find(({ name }) => name === nameOf(each)),
    })),
    differs: differing(target),
  }
}
