import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { WeakValues } from '../kernel/weak-values.ts'
import { periodOf } from './period.ts'
import type { Period } from './period.ts'
import { SubjectKeys } from './subject-keys.ts'
import type { Erasure, Freeze, SubjectReader, SubjectWriter } from './subject-store.ts'

const secretBytes = 32
const sealPurpose = 'identity.subject-secret'

/** Told to every replica: keys of a person were destroyed. */
export const erasedSubject = 'subject.erased'

/** The keys under which a person's contents are sealed and committed to, and their end. */
export interface Subjects {
  /** Of the period of now; made on first use. */
  current(person: string): Promise<SubjectKeys>
  /** Undefined: none were made in that period, or they were destroyed. */
  of(person: string, period: Period): Promise<SubjectKeys | undefined>
  /** Periods of which there are keys. */
  periods(person: string): Promise<readonly Period[]>
  /** Destroys keys: in the store, in this process, and by the bus in all others. */
  destroy(erasure: Erasure): Promise<void>
  /** What of it remains to be cleaned up was. */
  finish(id: string): Promise<void>
  unfinished(): Promise<readonly Erasure[]>
  erasuresOf(person: string): Promise<readonly Erasure[]>
  /** Destroys the keys of all periods before one. */
  prune(before: Period): Promise<void>
  /** Kept, but opened for nobody. */
  frozen(person: string): Promise<Freeze | undefined>
  /** Whether anybody's are. */
  anyFrozen(): Promise<boolean>
  freeze(person: string, freeze: Freeze): Promise<void>
  release(person: string): Promise<void>
}

export interface SubjectParts {
  readonly store: SubjectReader & SubjectWriter
  readonly keyring: Keyring
  readonly bus: Bus
  readonly clock: Clock
}

export function createSubjects({ store, keyring, bus, clock }: SubjectParts): Subjects & Disposable {
  // Whoever collects contents holds its keys, so all that are in use are here and can be destroyed.
  const opened = new WeakValues<SubjectKeys>()
  let destroyed = 0

  async function find(person: string, period: Period): Promise<SubjectKeys | undefined> {
    const name = `${person} ${period}`
    for (;;) {
      const known = opened.get(name)
      if (known !== undefined && !known.gone) return known
      const before = destroyed
      const sealed = await store.secret(person, period)
      // What was read may have been destroyed meanwhile.
      if (before !== destroyed) continue
      if (sealed === undefined) return undefined
      const first = opened.get(name)
      if (first !== undefined && !first.gone) return first
      const keys = new SubjectKeys(keyring.open(sealPurpose, name, sealed), period)
      opened.set(name, keys)
      return keys
    }
  }
  function forget(person: string, periods: readonly Period[]): void {
    destroyed++
    for (const period of periods) opened.get(`${person} ${period}`)?.destroy(clock)
  }
  const unsubscribe = bus.subscribe(erasedSubject, (message) => {
    const { person, periods } = message
    if (typeof person === 'string' && Array.isArray(periods)) forget(person, periods as readonly string[])
  })
  // Keys that were destroyed elsewhere while it could not be heard.
  const unheal = bus.onGap(async () => {
    for (const [name, keys] of opened.entries()) {
      const [person, period] = name.split(' ') as [string, Period]
      if (keys.gone || (await store.secret(person, period)) !== undefined) continue
      forget(person, [period])
      bus.tell(erasedSubject, { person, periods: [period] })
    }
  })
  return {
    async current(person) {
      const period = periodOf(clock.now())
      for (;;) {
        const keys = await find(person, period)
        if (keys !== undefined) return keys
        const fresh = keyring.seal(sealPurpose, `${person} ${period}`, clock.random(secretBytes))
        await store.addSecret(person, period, fresh)
      }
    },
    of: find,
    periods: async (person) => await store.periods(person),
    async destroy(erasure) {
      const { person, periods } = erasure
      await store.begin(erasure)
      forget(person, periods)
      bus.publish(erasedSubject, { person, periods })
    },
    finish: async (id) => await store.finish(id),
    unfinished: async () => await store.unfinished(),
    erasuresOf: async (person) => await store.erasuresOf(person),
    async prune(before) {
      for (const { person, period } of await store.prune(before)) forget(person, [period])
    },
    frozen: async (person) => await store.freeze(person),
    anyFrozen: async () => await store.anyFreeze(),
    freeze: async (person, freeze) => await store.addFreeze(person, freeze),
    release: async (person) => await store.removeFreeze(person),
    [Symbol.dispose]() {
      unsubscribe()
      unheal()
    },
  }
}
