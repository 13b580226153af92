import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('record_entry')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull())
      // The slug while the record lives, null once it is retired: two nulls are not equal, so the name is free again.
      .addColumn('live_slug', 'text')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('remarks', 'text', (column) => column.notNull())
      .addColumn('draft', 'text')
      .addColumn('served', 'text')
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('updated', types.integer, (column) => column.notNull())
      .addUniqueConstraint('record_entry_live_slug', ['organization', 'live_slug'])
      .execute()
    await db.schema
      .createTable('record_version')
      .addColumn('digest', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('number', types.integer, (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('served', 'text', (column) => column.notNull())
      .addColumn('created', types.integer, (column) => column.notNull())
      .addUniqueConstraint('record_version_number', ['record', 'number'])
      .addUniqueConstraint('record_version_version', ['record', 'version'])
      .execute()
    await db.schema
      .createTable('record_change')
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('capability', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('change', 'text', (column) => column.notNull())
      .addColumn('found', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('record_change_pk', ['record', 'capability'])
      .execute()
    await db.schema
      .createTable('registry_sequence')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', types.integer, (column) => column.notNull())
      .execute()
  },
}
