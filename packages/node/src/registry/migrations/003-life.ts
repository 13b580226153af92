import type { Migration } from '../../store/store.ts'

/** Names given up, transfers, takedowns, words of reviewers, and what organisations ask of a review. */
export const life: Migration = {
  name: '003-life',
  async up(db, types) {
    await db.schema
      .createTable('record_hold')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull())
      // Empty: the name is only kept free, and points to nobody.
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('until', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('record_hold_pk', ['organization', 'slug'])
      .execute()
    await db.schema
      .createTable('record_transfer')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('receiver', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('offered_by', 'text', (column) => column.notNull())
      .addColumn('offered', types.integer, (column) => column.notNull())
      .addColumn('decided', types.integer)
      .execute()
    await db.schema
      .createTable('record_takedown')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('names', 'text', (column) => column.notNull())
      .addColumn('keys', 'text', (column) => column.notNull())
      .addColumn('addresses', 'text', (column) => column.notNull())
      // What was in use before, so that lifting can say what each version is.
      .addColumn('before', 'text', (column) => column.notNull())
      .addColumn('taken_by', 'text', (column) => column.notNull())
      .addColumn('taken', types.integer, (column) => column.notNull())
      .addColumn('lifted', types.integer)
      .execute()
    await db.schema
      .createTable('record_comment')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('registry_policy')
      .addColumn('organization', 'text', (column) => column.primaryKey())
      .addColumn('two_people', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('record_comment_record')
      .on('record_comment')
      .columns(['record', 'id'])
      .execute()
  },
}
