import type { Migration } from '../../store/store.ts'

/** Sign-ins that were begun, clients registered with authorization servers, and what servers last asked for. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('sign_in_begun')
      .addColumn('state', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('sign_in_begun_person')
      .on('sign_in_begun')
      .columns(['organization', 'person', 'expires_at'])
      .execute()
    await db.schema
      .createTable('sign_in_client')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('redirect', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('sign_in_client_pk', ['organization', 'issuer', 'redirect'])
      .execute()
    await db.schema
      .createTable('sign_in_wanted')
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('server', 'text', (column) => column.notNull())
      .addColumn('metadata', 'text', (column) => column.notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('sign_in_wanted_pk', ['organization', 'person', 'server'])
      .execute()
  },
}
