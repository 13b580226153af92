import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('owned_domain')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('domain', 'text', (column) => column.notNull())
      .addColumn('token', 'text', (column) => column.notNull())
      .addColumn('added_by', 'text', (column) => column.notNull())
      .addColumn('added', types.integer, (column) => column.notNull())
      // How it was found last: `file` or `dns`; null while it never was.
      .addColumn('way', 'text')
      .addColumn('proved', types.integer)
      .addColumn('failing', types.integer)
      .addColumn('checked', types.integer)
      .addColumn('due', types.integer, (column) => column.notNull())
      .addColumn('problem', 'text')
      .addPrimaryKeyConstraint('owned_domain_pk', ['organization', 'domain'])
      .execute()
    await db.schema.createIndex('owned_domain_due').on('owned_domain').column('due').execute()
  },
}
