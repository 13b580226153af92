import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('mandate')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('parent', 'text')
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('signed', 'text', (column) => column.notNull())
      .addColumn('not_before', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer, (column) => column.notNull())
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('revoked', types.integer)
      .addColumn('revoked_by', 'text')
      .addColumn('note', 'text')
      .addColumn('revoked_leaf', types.integer)
      .execute()
    await db.schema.createIndex('mandate_parent').on('mandate').columns(['parent']).execute()
    await db.schema.createIndex('mandate_list').on('mandate').columns(['organization', 'id']).execute()
    await db.schema
      .createTable('mandate_token')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('mandate', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('client', 'text')
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('expires', types.integer)
      .addColumn('revoked', types.integer)
      .execute()
    await db.schema.createIndex('mandate_token_mandate').on('mandate_token').columns(['mandate']).execute()
    await db.schema
      .createTable('mandate_spent')
      .addColumn('mandate', 'text', (column) => column.primaryKey())
      .addColumn('calls', types.integer, (column) => column.notNull())
      .addColumn('rate', 'text')
      .execute()
    await db.schema
      .createTable('mandate_snapshot')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('log_size', types.integer, (column) => column.notNull())
      .execute()
  },
}
