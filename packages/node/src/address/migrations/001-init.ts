import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('agent_address')
      .addColumn('prefix', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('counter', types.integer, (column) => column.notNull())
      .addColumn('given', types.integer, (column) => column.notNull())
      // Rows are never deleted: what one agent had, no other one gets.
      .addPrimaryKeyConstraint('agent_address_pk', ['prefix', 'address'])
      .execute()
    await db.schema
      .createIndex('agent_address_record')
      .on('agent_address')
      .columns(['prefix', 'record'])
      .unique()
      .execute()
  },
}
