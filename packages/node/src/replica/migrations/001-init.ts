import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('replica')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('started', types.integer, (column) => column.notNull())
      .addColumn('beat', types.integer, (column) => column.notNull())
      .addColumn('stopped', types.integer, (column) => column.notNull())
      .addColumn('taken_by', 'text')
      .execute()
  },
}
