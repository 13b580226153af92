import type { Migration } from '../../store/store.ts'

/**
 * What makes an approval more than a button: what whoever approves owes, the first of two people, when the card was
 * opened; lists of acts; standing approvals; and where acts went before.
 */
export const meaning: Migration = {
  name: '002-meaning',
  async up(db, types) {
    const texts = { mode: 'act', obligations: '', mandate: '' }
    for (const [column, value] of Object.entries(texts)) {
      await db.schema
        .alterTable('approval')
        .addColumn(column, 'text', (added) => added.notNull().defaultTo(value))
        .execute()
    }
    for (const column of ['plan', 'agreed_by', 'agreed_signature']) {
      await db.schema.alterTable('approval').addColumn(column, 'text').execute()
    }
    await db.schema.alterTable('approval').addColumn('opened', types.integer).execute()
    await db.schema.createIndex('approval_plan_steps').on('approval').columns(['plan', 'id']).execute()
    // For the guard against being asked too much, and answering too quickly.
    await db.schema.createIndex('approval_asked').on('approval').columns(['subject', 'asked']).execute()
    await db.schema
      .createIndex('approval_answered')
      .on('approval')
      .columns(['decided_by', 'decided_at'])
      .execute()
    await db.schema
      .createTable('approval_plan')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('asked', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer, (column) => column.notNull())
      .addColumn('decided_by', 'text')
      .addColumn('decided_at', types.integer)
      .addColumn('signature', 'text')
      .addColumn('words', types.bytes)
      .execute()
    await db.schema
      .createIndex('approval_plan_list')
      .on('approval_plan')
      .columns(['organization', 'state', 'id'])
      .execute()
    await db.schema
      .createTable('approval_standing')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('act', 'text', (column) => column.notNull())
      .addColumn('card', 'text', (column) => column.notNull())
      .addColumn('given_by', 'text', (column) => column.notNull())
      .addColumn('given_at', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer, (column) => column.notNull())
      .addColumn('signature', 'text', (column) => column.notNull())
      // Null until the log has it: only then it is in force.
      .addColumn('leaf', types.integer)
      .addColumn('ended', types.integer)
      .addColumn('pattern', types.bytes)
      .execute()
    await db.schema
      .createIndex('approval_standing_live')
      .on('approval_standing')
      .columns(['organization', 'ended', 'expires'])
      .execute()
    await db.schema
      .createTable('approval_sink')
      .addColumn('sink', 'text', (column) => column.primaryKey())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('times', types.integer, (column) => column.notNull())
      .addColumn('last', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('approval_sink_subject').on('approval_sink').column('subject').execute()
    await db.schema.createIndex('approval_sink_last').on('approval_sink').column('last').execute()
  },
}
