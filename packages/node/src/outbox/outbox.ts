import { erasedSubject, periodBefore, periodEnd } from '../identity/identity.ts'
import type { Bus } from '../bus/bus.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'
import type { FeedParts } from './feed.ts'
import { createJournal } from './journal.ts'
import type { JournalParts } from './journal.ts'
import { openJournalStore } from './journal-store.ts'
import type { UndoParts } from './undo.ts'

export type { UndoingAct, UndoingEnd } from './undo.ts'

/** What the routes of this room work with. */
export interface OutboxParts extends UndoParts, FeedParts {
  readonly store: UndoParts['store']
}

/** The right to know and to undo: the journal of what was done in each person's name, kept current. */
export interface Outbox extends AsyncDisposable {
  readonly parts: OutboxParts
}

export interface OutboxOptions
  extends
    Omit<JournalParts, 'store'>,
    Omit<UndoParts, 'store' | 'journal'>,
    Omit<FeedParts, 'store' | 'target'> {
  readonly store: Store
  readonly bus: Bus
  readonly log: Log
}

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { bus, log } = options
  const store = await openJournalStore(options.store)
  const journal = createJournal({ ...options, store })
  const unsubscribe = bus.subscribe(erasedSubject, ({ person, periods }) => {
    if (typeof person !== 'string' || !Array.isArray(periods)) return
    Promise.all(
      (periods as readonly string[]).map(
        async (period) =>
          await store.forgetInverses(person, periodEnd(periodBefore(period)), periodEnd(period)),
      ),
    ).catch((error: unknown) => log.error('journal.not-forgotten', { error: String(error) }))
  })
  return {
    parts: { ...options, store, journal },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      await journal.close()
    },
  }
}
