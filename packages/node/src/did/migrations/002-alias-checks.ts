import type { Migration } from '../../store/store.ts'

/** Aliases are looked at again and again: when next, and since when that fails. */
export const aliasChecks: Migration = {
  name: '002-alias-checks',
  async up(db, types) {
    const aliases = () => db.schema.alterTable('agent_alias')
    // Those from before are looked at first of all.
    await aliases()
      .addColumn('due', types.integer, (column) => column.notNull().defaultTo(0))
      .execute()
    await aliases().addColumn('failing', types.integer).execute()
    await db.schema.createIndex('agent_alias_due').on('agent_alias').column('due').execute()
  },
}
