import type { Migration } from '../../store/store.ts'

/**
 * Logs that this node is a witness for, with what it cosigned last. A log that is taken off the list keeps its row: a
 * witness that forgets what it cosigned would let the log begin again. `series` is the signed list that a log was taken
 * from; of a list itself, size is its version.
 */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('witness_log')
      .addColumn('origin', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('series', 'text')
      .addColumn('vkeys', 'text', (column) => column.notNull())
      .addColumn('url', 'text')
      .addColumn('added_by', 'text', (column) => column.notNull())
      .addColumn('added_at', types.integer, (column) => column.notNull())
      .addColumn('removed_at', types.integer)
      .addColumn('size', types.integer, (column) => column.notNull())
      .addColumn('root', 'text', (column) => column.notNull())
      .addColumn('cosigned_s', types.integer, (column) => column.notNull())
      .addColumn('checkpoint', 'text')
      .execute()
  },
}
