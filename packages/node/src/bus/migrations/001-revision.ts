import type { Migration } from '../../store/store.ts'

export const revision: Migration = {
  name: '001-revision',
  async up(db, types) {
    await db.schema
      .createTable('bus_revision')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('revision', types.integer, (column) => column.notNull())
      .execute()
  },
}
