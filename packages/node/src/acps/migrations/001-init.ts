import type { Migration } from '../../store/store.ts'

/** What people said of a submitted version through the ACPs registry that is no ruling: it is not in force, and stays so. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('acps_decision')
      .addColumn('record', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      // The version that it is about; another one is not decided by it.
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('decision', 'text', (column) => column.notNull())
      .addColumn('comments', 'text')
      .addColumn('decided_by', 'text', (column) => column.notNull())
      .addColumn('decided', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('acps_decision_organization')
      .on('acps_decision')
      .column('organization')
      .execute()
  },
}
