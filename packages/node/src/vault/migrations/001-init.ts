import type { Migration } from '../../store/store.ts'

/** Sealed credentials by organisation, person (`*`: everyone), record and name. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('vault_entry')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('updated_at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('vault_entry_pk', ['organization', 'person', 'record', 'name'])
      .execute()
  },
}
