import type { Migration } from '../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    // One way to reach a person: a browser that subscribed, or a webhook.
    await db.schema
      .createTable('channel')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull().unique())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('label', 'text', (column) => column.notNull())
      .addColumn('language', 'text', (column) => column.notNull())
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('sent', types.integer)
      .addColumn('failing', types.integer)
      .addColumn('failure', 'text')
      .addColumn('busy_by', 'text')
      .execute()
    await db.schema.createIndex('channel_person').on('channel').columns(['person', 'id']).execute()
    await db.schema
      .createTable('channel_wish')
      .addColumn('person', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('quiet', 'text')
      .addColumn('tell', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('channel_notice')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('about', 'text', (column) => column.notNull())
      .addColumn('rank', types.integer, (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('body', types.bytes)
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('next', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer, (column) => column.notNull())
      .addColumn('attempts', types.integer, (column) => column.notNull())
      .addColumn('quiet', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('channel_notice_waiting')
      .on('channel_notice')
      .columns(['state', 'channel', 'at'])
      .execute()
    await db.schema.createIndex('channel_notice_at').on('channel_notice').columns(['at']).execute()
  },
}
