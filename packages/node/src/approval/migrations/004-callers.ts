import type { Migration } from '../../store/store.ts'

/** How many calls want what lies in the outbox; and where the log says that a standing approval was ended. */
export const callers: Migration = {
  name: '004-callers',
  async up(db, types) {
    await db.schema
      .alterTable('approval')
      .addColumn('callers', types.integer, (column) => column.notNull().defaultTo(1))
      .execute()
    await db.schema.alterTable('approval_standing').addColumn('ended_leaf', types.integer).execute()
  },
}
