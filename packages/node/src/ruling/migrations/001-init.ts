import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('ruling')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('issued', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer)
      .addColumn('digests', 'text', (column) => column.notNull())
      .addColumn('signed', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('ruling_record').on('ruling').columns(['record', 'issued']).execute()
    await db.schema
      .createIndex('ruling_organization')
      .on('ruling')
      .columns(['organization', 'issued'])
      .execute()
  },
}
