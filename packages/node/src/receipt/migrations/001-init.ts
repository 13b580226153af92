import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('receipt_open_acts')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('log_size', types.integer, (column) => column.notNull())
      .addColumn('acts', 'text', (column) => column.notNull())
      .execute()
  },
}
