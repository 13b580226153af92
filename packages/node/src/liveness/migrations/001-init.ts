import type { Migration } from '../../store/store.ts'

/** One row a record with what is known of all its interfaces, and one an organisation that wished something. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('liveness_record')
      .addColumn('record', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('since', types.integer, (column) => column.notNull())
      .addColumn('interfaces', types.bytes, (column) => column.notNull())
      .addColumn('written', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('liveness_wish')
      .addColumn('organization', 'text', (column) => column.primaryKey())
      .addColumn('suspend_after_days', types.integer)
      .addColumn('changed_by', 'text', (column) => column.notNull())
      .addColumn('changed_at', types.integer, (column) => column.notNull())
      .execute()
  },
}
