import type { Migration } from '../../../store/store.ts'

/** Whose a conversation is, which act made a task, and what push notifications need. */
export const push: Migration = {
  name: '002-push',
  async up(db, types) {
    await db.schema.alterTable('a2a_task').addColumn('act', 'text').execute()
    await db.schema.alterTable('a2a_task').addColumn('context', 'text').execute()
    await db.schema.createIndex('a2a_task_context').on('a2a_task').columns(['record', 'context']).execute()
    await db.schema
      .createTable('a2a_context')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('context', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('a2a_context_pk', ['record', 'context'])
      .execute()
    await db.schema.createIndex('a2a_context_at').on('a2a_context').column('at').execute()
    await db.schema
      .createTable('a2a_callback')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('links', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('task', 'text')
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('token', 'text')
      .addColumn('act', 'text')
      .addColumn('trace', 'text')
      .addColumn('made', types.integer, (column) => column.notNull())
      .addColumn('ended', types.integer)
      .addColumn('heard', types.integer, (column) => column.notNull())
      .addColumn('last', 'text')
      .execute()
    await db.schema
      .createIndex('a2a_callback_of')
      .on('a2a_callback')
      .columns(['holder', 'record', 'task'])
      .execute()
    await db.schema
      .createTable('a2a_push')
      .addColumn('callback', 'text', (column) => column.notNull())
      .addColumn('place', types.integer, (column) => column.notNull())
      .addColumn('act', 'text', (column) => column.notNull())
      .addColumn('trace', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('late', types.integer, (column) => column.notNull())
      .addColumn('body', types.bytes, (column) => column.notNull())
      .addColumn('bytes', types.integer, (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('next', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('a2a_push_pk', ['callback', 'place'])
      .execute()
    await db.schema.createIndex('a2a_push_holder').on('a2a_push').column('holder').execute()
    await db.schema.createIndex('a2a_push_record').on('a2a_push').column('record').execute()
  },
}
