import type { Migration } from '../../store/store.ts'

/**
 * The authority and what it gave. `ca_key` holds the private keys, sealed; `ca_key_owner` binds a public key to the one
 * agent it was ever certified for; `ca_bad_key` those that nobody is certified for again.
 */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('ca_key')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('ca_authority')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('der', types.bytes, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('ca_certificate')
      .addColumn('serial', 'text', (column) => column.primaryKey())
      .addColumn('aic', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('usage', 'text', (column) => column.notNull())
      .addColumn('thumbprint', 'text', (column) => column.notNull())
      .addColumn('did', 'text')
      .addColumn('not_before', types.integer, (column) => column.notNull())
      .addColumn('not_after', types.integer, (column) => column.notNull())
      .addColumn('revoked_at', types.integer)
      .addColumn('reason', types.integer)
      .addColumn('made_by', 'text', (column) => column.notNull())
      .addColumn('der', types.bytes, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('ca_certificate_aic').on('ca_certificate').columns(['aic']).execute()
    await db.schema
      .createIndex('ca_certificate_organization')
      .on('ca_certificate')
      .columns(['organization', 'not_before'])
      .execute()
    await db.schema
      .createIndex('ca_certificate_thumbprint')
      .on('ca_certificate')
      .columns(['thumbprint'])
      .execute()
    await db.schema
      .createTable('ca_key_owner')
      .addColumn('thumbprint', 'text', (column) => column.primaryKey())
      .addColumn('aic', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('ca_bad_key')
      .addColumn('thumbprint', 'text', (column) => column.primaryKey())
      .addColumn('at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('ca_list')
      .addColumn('number', types.integer, (column) => column.primaryKey())
      .addColumn('this_update', types.integer, (column) => column.notNull())
      .addColumn('next_update', types.integer, (column) => column.notNull())
      .addColumn('entries', types.integer, (column) => column.notNull())
      .addColumn('der', types.bytes, (column) => column.notNull())
      .execute()
  },
}
