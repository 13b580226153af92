import type { Migration } from '../../store/store.ts'

/** Passkeys of people, and the challenges that were answered, so that none is answered twice. */
export const passkeys: Migration = {
  name: '003-passkeys',
  async up(db, types) {
    await db.schema
      .createTable('passkey')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('rp_id', 'text', (column) => column.notNull())
      .addColumn('credential', 'text', (column) => column.notNull().unique())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('cose', types.bytes, (column) => column.notNull())
      .addColumn('counter', types.integer, (column) => column.notNull())
      .addColumn('transports', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .addColumn('used_at', types.integer)
      .execute()
    await db.schema.createIndex('passkey_person').on('passkey').columns(['person', 'id']).execute()
    await db.schema
      .createTable('passkey_answered')
      .addColumn('challenge', 'text', (column) => column.primaryKey())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .execute()
  },
}
