import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('journal_act')
      .addColumn('act', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('agent', 'text', (column) => column.notNull())
      .addColumn('trace', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('ended', types.integer)
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull())
      .addColumn('capability', 'text', (column) => column.notNull())
      .addColumn('effect', 'text', (column) => column.notNull())
      .addColumn('reversibility', types.integer, (column) => column.notNull())
      .addColumn('links', 'text', (column) => column.notNull())
      .addColumn('decision', 'text', (column) => column.notNull())
      .addColumn('approval', 'text')
      .addColumn('decided_by', 'text')
      .addColumn('due', types.integer)
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('inverse', 'text')
      .addColumn('undo_until', types.integer)
      .addColumn('undoes', 'text')
      .addColumn('undo_state', 'text')
      .addColumn('undo_at', types.integer)
      .addColumn('undone_by', 'text')
      .execute()
    await db.schema
      .createIndex('journal_act_person')
      .on('journal_act')
      .columns(['organization', 'person', 'act'])
      .execute()
    await db.schema
      .createIndex('journal_act_trace')
      .on('journal_act')
      .columns(['organization', 'trace', 'act'])
      .execute()
    // How far each log was read, in the same transaction as what was read.
    await db.schema
      .createTable('journal_cursor')
      .addColumn('log', 'text', (column) => column.primaryKey())
      .addColumn('position', types.integer, (column) => column.notNull())
      .execute()
    // Reading changes nothing, so it is counted only.
    await db.schema
      .createTable('journal_reads')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('day', types.integer, (column) => column.notNull())
      .addColumn('acts', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('journal_reads_pk', ['organization', 'person', 'day'])
      .execute()
    await db.schema
      .createTable('journal_seen')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('act', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('journal_seen_pk', ['organization', 'person'])
      .execute()
  },
}
