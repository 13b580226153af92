import { sql } from 'kysely'
import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('approval')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('act', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('card', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('asked', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer, (column) => column.notNull())
      .addColumn('decided_by', 'text')
      .addColumn('decided_at', types.integer)
      .addColumn('signature', 'text')
      .addColumn('approved_leaf', types.integer)
      .addColumn('replica', 'text')
      .addColumn('ended', types.integer)
      .addColumn('collected', types.integer, (column) => column.notNull())
      .addColumn('kept', types.integer, (column) => column.notNull())
      .execute()
    // Apart from the rows that are looked through, since a body may be megabytes.
    await db.schema
      .createTable('approval_body')
      .addColumn('approval', 'text', (column) => column.primaryKey())
      .addColumn('act', types.bytes, (column) => column.notNull())
      .addColumn('card', types.bytes, (column) => column.notNull())
      .addColumn('outcome', types.bytes)
      .execute()
    await db.schema
      .createIndex('approval_pending')
      .unique()
      .on('approval')
      .column('action')
      .where(sql`state`, '=', 'pending')
      .execute()
    await db.schema.createIndex('approval_action').on('approval').columns(['action', 'id']).execute()
    await db.schema
      .createIndex('approval_list')
      .on('approval')
      .columns(['organization', 'state', 'id'])
      .execute()
    await db.schema.createIndex('approval_holder').on('approval').columns(['holder', 'state']).execute()
  },
}
