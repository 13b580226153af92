import type { Migration } from '../../store/store.ts'

/**
 * What was given or taken back counts up one number, so that replicas that hear nothing of each other find what is new
 * by asking for it alone.
 */
export const revision: Migration = {
  name: '003-revision',
  async up(db, types) {
    await db.schema
      .createTable('ca_revision')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('revision', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .alterTable('ca_certificate')
      .addColumn('revision', types.integer, (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema
      .createIndex('ca_certificate_revision')
      .on('ca_certificate')
      .columns(['revision'])
      .execute()
  },
}
