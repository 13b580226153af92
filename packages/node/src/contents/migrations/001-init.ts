import type { Migration } from '../../store/store.ts'

/** Sealed contents of acts, where several replicas share one store; one row for each block. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('contents_block')
      .addColumn('writer', 'text', (column) => column.notNull())
      .addColumn('place', types.integer, (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('first_at', types.integer, (column) => column.notNull())
      .addColumn('last_at', types.integer, (column) => column.notNull())
      .addColumn('bytes', types.bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('contents_block_pk', ['writer', 'place'])
      .execute()
    await db.schema
      .createIndex('contents_block_subject')
      .on('contents_block')
      .columns(['subject', 'first_at'])
      .execute()
    await db.schema.createIndex('contents_block_last').on('contents_block').column('last_at').execute()
  },
}
