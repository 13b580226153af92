import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'

interface Tables {
  ca_revision: { name: string; revision: number }
  ca_certificate: { serial: string; aic: string; revision: number }
}

/** What was given or taken back since one looked last, in the order in which the replicas of a store wrote it. */
export interface ChangeReader {
  /** Of the newest change; 0 before the first. */
  revision(): Promise<number>
  /** The next of what came after a revision, in their order. */
  changed(after: number, rowsMax: number): Promise<readonly { serial: string; revision: number }[]>
}

/** The one row. */
const name = 'all'

/**
 * The number of a change, within its transaction and last in it: whoever comes next waits for this one to be written or
 * dropped, so that whoever sees a number sees everything before it.
 */
export async function nextRevision<T>(tx: Kysely<T>): Promise<number> {
  const db = tx as unknown as Kysely<Tables>
  const { revision } = await db
    .insertInto('ca_revision')
    .values({ name, revision: 1 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((to) => ({ revision: to('ca_revision.revision', '+', 1) })),
    )
    .returning('revision')
    .executeTakeFirstOrThrow()
  return revision
}

export function openChangeStore(store: Store): ChangeReader {
  const db = store.tables<Tables>()
  return {
    async revision() {
      const row = await db
        .selectFrom('ca_revision')
        .select('revision')
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.revision ?? 0
    },
    changed: async (after, rowsMax) =>
      await db
        .selectFrom('ca_certificate')
        .select(['serial', 'revision'])
        .where('revision', '>', after)
        .orderBy('revision')
        .orderBy('serial')
        .limit(rowsMax)
        .execute(),
  }
}
