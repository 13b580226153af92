import type { Migration } from '../../store/store.ts'

/** ACME: credentials that bind an account to a record, accounts, orders, and nonces that were used. */
export const acme: Migration = {
  name: '002-acme',
  async up(db, types) {
    await db.schema
      .createTable('acme_binding')
      .addColumn('key_id', 'text', (column) => column.primaryKey())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('aic', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('made_by', 'text', (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .addColumn('used_at', types.integer)
      .execute()
    await db.schema.createIndex('acme_binding_aic').on('acme_binding').columns(['aic']).execute()
    await db.schema
      .createTable('acme_account')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('thumbprint', 'text', (column) => column.notNull().unique())
      .addColumn('jwk', 'text', (column) => column.notNull())
      .addColumn('aic', 'text', (column) => column.notNull())
      .addColumn('contact', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('made_by', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('acme_account_aic').on('acme_account').columns(['aic']).execute()
    await db.schema
      .createTable('acme_order')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('aic', 'text', (column) => column.notNull())
      .addColumn('usage', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .addColumn('serial', 'text')
      .execute()
    await db.schema.createIndex('acme_order_account').on('acme_order').columns(['account']).execute()
    await db.schema
      .createTable('acme_nonce')
      .addColumn('nonce', 'text', (column) => column.primaryKey())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .execute()
  },
}
