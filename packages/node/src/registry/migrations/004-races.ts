import { sql } from 'kysely'
import type { Migration } from '../../store/store.ts'

/** How far a transfer came, so that it can be taken up again; and names that somebody is about to take. */
export const races: Migration = {
  name: '004-races',
  async up(db, types) {
    const transfer = () => db.schema.alterTable('record_transfer')
    // Who accepted it, and how; null before.
    await transfer().addColumn('accepted_by', 'text').execute()
    await transfer().addColumn('request', 'text').execute()
    await transfer().addColumn('was_active', types.integer).execute()
    // When somebody last set about it; 0: nobody does now.
    await transfer().addColumn('tried', types.integer).execute()
    await transfer().addColumn('problem', 'text').execute()
    // One that is open for each record.
    await sql`create unique index record_transfer_open on record_transfer (record) where state in ('offered', 'accepting')`.execute(
      db,
    )
    await db.schema
      .createTable('record_name_claim')
      // What a name looks like (`confusable.ts`).
      .addColumn('look', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('naming', 'text', (column) => column.notNull())
      .addColumn('at', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('record_name_claim_pk', ['look', 'record'])
      .execute()
    await db.schema.createIndex('record_name_claim_record').on('record_name_claim').column('record').execute()
    await db.schema.createIndex('record_name_claim_at').on('record_name_claim').column('at').execute()
  },
}
