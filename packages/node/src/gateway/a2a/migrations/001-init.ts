import type { Migration } from '../../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('a2a_task')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('task', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('a2a_task_pk', ['record', 'task'])
      .execute()
    await db.schema.createIndex('a2a_task_at').on('a2a_task').column('at').execute()
  },
}
