import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

interface Tables {
  receipt_open_acts: { name: string; log_size: number; acts: string }
}

/** Acts that were under way when a snapshot was made. */
export interface OpenActs {
  readonly size: number
  readonly acts: readonly string[]
}

export interface OpenActStore {
  /** `replica`: of one process, where several write the log. */
  load(replica?: string): Promise<OpenActs | undefined>
  save(open: OpenActs, replica?: string): Promise<void>
  remove(replica: string): Promise<void>
}

/** The row of a node that is alone. */
const rowName = 'activity'

export async function openReceiptStore(store: Store): Promise<OpenActStore> {
  await store.migrate({ domain: 'receipt', steps: [init] })
  const db = store.tables<Tables>()
  return {
    async load(replica = rowName) {
      const row = await db
        .selectFrom('receipt_open_acts')
        .select(['log_size', 'acts'])
        .where('name', '=', replica)
        .executeTakeFirst()
      return row === undefined ? undefined : { size: row.log_size, acts: JSON.parse(row.acts) as string[] }
    },
    async save({ size, acts }, replica = rowName) {
      const row = { log_size: size, acts: JSON.stringify(acts) }
      await db
        .insertInto('receipt_open_acts')
        .values({ name: replica, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute()
    },
    async remove(replica) {
      await db.deleteFrom('receipt_open_acts').where('name', '=', replica).execute()
    },
  }
}
