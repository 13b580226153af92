import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import { createStopBook } from './stop-book.ts'
import type { Stop, StopBook } from './stop-book.ts'
import type { StopStore } from './stop-store.ts'

/** Stops of one person in force at a time: more than anyone keeps in mind. */
const stopsMax = 1000
const stopSubject = 'stop.changed'

export interface StopParts {
  readonly store: StopStore
  readonly bus: Bus
  readonly clock: Clock
}

/** The stops that people set: kept, in force in memory, and made known to other replicas. */
export interface Stops {
  readonly book: StopBook
  readonly store: StopStore
  /**
   * Kept first, then in force; from then on nothing it reaches begins. The same stop again is the one there is. Throws
   * `stop.too-many`.
   */
  begin(stop: Stop): Promise<Stop>
  /** Ends it. Throws `stop.lifted` when somebody else did. */
  end(stop: Stop, by: string): Promise<void>
  /** Tells other replicas to look. */
  announce(stop: Stop): void
  /** `carryOut` is called for each stop that another replica set. */
  heard(carryOut: (stop: Stop) => void): void
  /** Reads what is in force from the store. */
  load(): Promise<void>
  close(): void
}

export function createStops({ store, bus, clock }: StopParts): Stops {
  const book = createStopBook()
  let carryOut: (stop: Stop) => void = () => undefined

  function take(stop: Stop): void {
    if (book.get(stop.id) !== undefined) return
    book.add(stop)
    carryOut(stop)
  }

  async function load(): Promise<void> {
    const before = [...book.entries()].map(({ id }) => id)
    const active = await store.active()
    const ids = idsOf(active)
    // What came into the book while it was read stays there.
    for (const id of before) if (!ids.has(id)) book.remove(id)
    const fresh = active.filter(({ id }) => book.get(id) === undefined)
    for (const stop of fresh) take(stop)
    if (fresh.length === 0) return
    // What was lifted meanwhile found nothing to take out.
    const still = idsOf(await store.active())
    for (const { id } of fresh) if (!still.has(id)) book.remove(id)
  }

  /** The message only says «look»: what the store has is believed. Gives whether it is in force. */
  async function look(id: string): Promise<boolean> {
    const row = await store.find(id)
    if (row === undefined || row.lifted !== null) {
      book.remove(id)
      return false
    }
    const { lifted: _, liftedBy: __, leaf: ___, ...stop } = row
    take(stop)
    return true
  }

  /** Twice: that it was lifted may be heard between reading it and taking it over, when there is nothing to take out. */
  async function lookAgain(id: string): Promise<void> {
    if (await look(id)) await look(id)
  }

  const ends = [
    bus.subscribe(stopSubject, ({ id, step }) => {
      if (typeof id !== 'string' || (step === 'stopped') === (book.get(id) !== undefined)) return
      lookAgain(id).catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(load),
  ]
  return {
    book,
    store,
    load,
    async begin(stop) {
      const known = sameStop(book, stop)
      if (known !== undefined) return known
      await store.insert(stop)
      book.add(stop)
      return stop
    },
    async end(stop, by) {
      const done = await store.lift(stop.id, clock.now(), by)
      book.remove(stop.id)
      bus.publish(stopSubject, { id: stop.id, organization: stop.organization, step: 'lifted' })
      if (!done) throw new Fault('stop.lifted', { detail: 'somebody lifted it before', where: stop.id })
    },
    announce({ id, organization }) {
      bus.publish(stopSubject, { id, organization, step: 'stopped' })
    },
    heard(listen) {
      carryOut = listen
    },
    close() {
      for (const end of ends) end()
    },
  }
}

function idsOf(stops: readonly Stop[]): Set<string> {
  return new Set(stops.map(({ id }) => id))
}

function sameStop(book: StopBook, stop: Stop): Stop | undefined {
  let own = 0
  for (const other of book.entries()) {
    if (other.organization !== stop.organization || other.by !== stop.by) continue
    own++
    if (other.what === stop.what && other.subject === stop.subject && other.name === stop.name) return other
  }
  if (own >= stopsMax) throw new Fault('stop.too-many', { detail: `you have ${stopsMax} stops in force` })
  return undefined
}

/** Only the session of whoever set it, or of an owner, lifts a stop. */
export function mayLift(caller: Caller, stop: Stop): boolean {
  return stop.by === caller.person || caller.roles.includes('owner')
}
