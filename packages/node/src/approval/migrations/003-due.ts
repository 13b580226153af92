import { sql } from 'kysely'
import type { Migration } from '../../store/store.ts'

/** When an act that is held in the outbox is performed; null for what waits for a person. */
export const due: Migration = {
  name: '003-due',
  async up(db, types) {
    await db.schema.alterTable('approval').addColumn('due', types.integer).execute()
    await db.schema
      .createIndex('approval_held')
      .unique()
      .on('approval')
      .column('action')
      .where(sql`state`, '=', 'held')
      .execute()
    await db.schema
      .createIndex('approval_due')
      .on('approval')
      .columns(['state', 'due'])
      .where(sql`due`, 'is not', null)
      .execute()
  },
}
