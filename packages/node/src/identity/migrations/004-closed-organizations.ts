import type { Migration } from '../../store/store.ts'

/** Since when an organisation is closed; null: it is open. */
export const closedOrganizations: Migration = {
  name: '004-closed-organizations',
  async up(db, types) {
    await db.schema.alterTable('organization').addColumn('closed_at', types.integer).execute()
  },
}
