import type { Migration } from '../../store/store.ts'

export const rulesAndStops: Migration = {
  name: '003-rules-and-stops',
  async up(db, types) {
    await db.schema
      .createTable('rule')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      // The rule itself, as its digest in the log was made of.
      .addColumn('rule', 'text', (column) => column.notNull())
      .addColumn('created', types.integer, (column) => column.notNull())
      .addColumn('expires', types.integer)
      .addColumn('removed', types.integer)
      .addColumn('removed_by', 'text')
      .execute()
    await db.schema.createIndex('rule_list').on('rule').columns(['organization', 'id']).execute()
    await db.schema
      .createTable('stop')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('what', 'text', (column) => column.notNull())
      .addColumn('subject', 'text')
      .addColumn('name', 'text')
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('note', 'text')
      // Where the log says how far it reached.
      .addColumn('leaf', types.integer)
      .addColumn('lifted', types.integer)
      .addColumn('lifted_by', 'text')
      .execute()
    await db.schema.createIndex('stop_list').on('stop').columns(['organization', 'id']).execute()
  },
}
