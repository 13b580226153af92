import type { Store } from '../store/store.ts'
import { revision } from './migrations/001-revision.ts'

interface Tables {
  bus_revision: { name: string; revision: number }
}

/** Counts what was published by all replicas of a store. */
export interface RevisionStore {
  read(): Promise<number>
  /** Adds one; the number after it. */
  raise(): Promise<number>
}

/** The one row. */
const rowName = 'all'

export async function openRevisionStore(store: Store): Promise<RevisionStore> {
  await store.migrate({ domain: 'bus', steps: [revision] })
  const db = store.tables<Tables>()
  await db
    .insertInto('bus_revision')
    .values({ name: rowName, revision: 0 })
    .onConflict((on) => on.doNothing())
    .execute()
  const row = () => db.selectFrom('bus_revision').select('revision').where('name', '=', rowName)
  return {
    read: async () => (await row().executeTakeFirstOrThrow()).revision,
    async raise() {
      const { revision: raised } = await db
        .updateTable('bus_revision')
        .set((to) => ({ revision: to('revision', '+', 1) }))
        .where('name', '=', rowName)
        .returning('revision')
        .executeTakeFirstOrThrow()
      return raised
    },
  }
}
