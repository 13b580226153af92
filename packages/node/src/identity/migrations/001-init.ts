import type { Migration } from '../../store/store.ts'

/** Organisations, their people, what proves who someone is, and the keys the node keeps for them. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('organization')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('person')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull().references('organization.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('roles', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('person_organization').on('person').columns(['organization', 'id']).execute()
    await db.schema
      .createTable('sign_in_link')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('expires_at', types.integer)
      .execute()
    await db.schema.createIndex('sign_in_link_person').on('sign_in_link').column('person').execute()
    await db.schema
      .createTable('session')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .addColumn('seen_at', types.integer, (column) => column.notNull())
      .addColumn('expires_at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('session_person').on('session').columns(['person', 'seen_at']).execute()
    await db.schema
      .createTable('api_token')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .addColumn('expires_at', types.integer)
      .execute()
    await db.schema.createIndex('api_token_person').on('api_token').columns(['person', 'id']).execute()
    await db.schema
      .createTable('kept_key')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('created_at', types.integer, (column) => column.notNull())
      .addUniqueConstraint('kept_key_owner', ['purpose', 'owner'])
      .execute()
    await db.schema
      .createTable('subject_key')
      .addColumn('person', 'text', (column) => column.primaryKey().references('person.id'))
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .execute()
  },
}
