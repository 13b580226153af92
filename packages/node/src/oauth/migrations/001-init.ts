import type { Migration } from '../../store/store.ts'

/** What the authorization server keeps, who may decide about a request, and the clients that people connected. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('oauth_entry')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('connection', 'text')
      .addColumn('mandate_token', 'text')
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .addColumn('consumed_at', types.integer)
      .addColumn('used', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('oauth_entry_pk', ['kind', 'id'])
      .execute()
    await db.schema
      .createIndex('oauth_entry_connection')
      .on('oauth_entry')
      .columns(['connection', 'kind'])
      .execute()
    await db.schema.createIndex('oauth_entry_end').on('oauth_entry').columns(['kind', 'expires_at']).execute()
    await db.schema
      .createTable('oauth_consent')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('decided', types.integer, (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('oauth_connection')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('mandate', 'text', (column) => column.notNull())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('client_name', 'text', (column) => column.notNull())
      .addColumn('redirect_host', 'text', (column) => column.notNull())
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .addColumn('ended', types.integer)
      .execute()
    await db.schema
      .createIndex('oauth_connection_person')
      .on('oauth_connection')
      .columns(['person', 'created'])
      .execute()
  },
}
