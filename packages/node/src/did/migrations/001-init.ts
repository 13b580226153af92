import type { Migration } from '../../store/store.ts'

/** Keys of agents for ever, what was signed with them about them, recoveries that wait, and aliases that were proved. */
export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('agent_key')
      // One key, one agent: also when it is over, so that nobody takes it again.
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('agent', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('since', types.integer, (column) => column.notNull())
      .addColumn('until', types.integer)
      .addColumn('began', types.integer)
      .addColumn('leaf', types.integer)
      .execute()
    await db.schema.createIndex('agent_key_agent').on('agent_key').column('agent').execute()
    await db.schema
      .createTable('agent_key_statement')
      .addColumn('digest', 'text', (column) => column.primaryKey())
      .addColumn('agent', 'text', (column) => column.notNull())
      .addColumn('statement', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('agent_key_recovery')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('agent', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addColumn('note', 'text')
      .execute()
    await db.schema
      .createTable('agent_key_rule')
      .addColumn('organization', 'text', (column) => column.primaryKey())
      .addColumn('people', types.integer, (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('agent_alias')
      .addColumn('alias', 'text', (column) => column.primaryKey())
      .addColumn('agent', 'text', (column) => column.notNull())
      .addColumn('organization', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('proved', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('agent_alias_agent').on('agent_alias').column('agent').execute()
  },
}
