import type { Bus } from '../bus/bus.ts'
import type { LivenessRow } from './liveness-store.ts'
import { isTrouble } from './standing.ts'
import type { LivenessState } from '../registry/registry.ts'

/** Bus subject: a record died, lives again, or serves something else now {record, slug, organization, state, since}. */
const livenessSubject = 'liveness.changed'

export interface Trouble {
  readonly organization: string
  readonly state: LivenessState
  /** In ms. */
  readonly since: number
}

/**
 * The records of which there is nothing good to say, of all replicas, in memory: few, and so is what is told of them.
 * A record that is not here lives, or was never asked.
 */
export interface Troubles extends Disposable {
  of(record: string): Trouble | undefined
  all(): Iterable<[string, Trouble]>
  load(rows: readonly Pick<LivenessRow, 'record' | 'organization' | 'state' | 'since'>[]): void
  /** Says how a record stands now; tells the bus when that is news. Gives whether it is. */
  note(news: LivenessNews): boolean
  forget(record: string): void
}

export interface LivenessNews {
  readonly record: string
  readonly slug: string
  readonly organization: string
  readonly state: LivenessState
  readonly at: number
}

export function createTroubles(bus: Bus): Troubles {
  const troubles = new Map<string, Trouble>()
  const unsubscribe = bus.subscribe(livenessSubject, (message, _subject, from) => {
    if (from === 'here') return
    const { record, organization, state, since } = message
    if (typeof record !== 'string' || typeof organization !== 'string' || typeof since !== 'number') return
    if (isTrouble(state as LivenessState))
      troubles.set(record, { organization, state: state as LivenessState, since })
    else troubles.delete(record)
  })
  return {
    of: (record) => troubles.get(record),
    all: () => troubles.entries(),
    load(rows) {
      for (const { record, ...trouble } of rows) if (isTrouble(trouble.state)) troubles.set(record, trouble)
    },
    note({ record, slug, organization, state, at }) {
      const before = troubles.get(record)
      if (before?.state === state || (before === undefined && !isTrouble(state))) return false
      if (isTrouble(state)) troubles.set(record, { organization, state, since: at })
      else troubles.delete(record)
      bus.publish(livenessSubject, { record, slug, organization, state, since: at })
      return true
    },
    forget: (record) => void troubles.delete(record),
    [Symbol.dispose]: unsubscribe,
  }
}
