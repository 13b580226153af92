import { sql } from 'kysely'
import type { Migration } from '../../store/store.ts'

/** What mandates spend, by measure and by process: `replica` is empty for what processes that ended have spent. */
export const measures: Migration = {
  name: '002-measures',
  async up(db, types) {
    await db.schema
      .createTable('mandate_measure')
      .addColumn('mandate', 'text', (column) => column.notNull())
      .addColumn('measure', 'text', (column) => column.notNull())
      .addColumn('replica', 'text', (column) => column.notNull())
      .addColumn('used', types.integer, (column) => column.notNull())
      .addColumn('granted', types.integer, (column) => column.notNull())
      .addColumn('wanted', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('mandate_measure_key', ['mandate', 'measure', 'replica'])
      .execute()
    await db.schema
      .createIndex('mandate_measure_replica')
      .on('mandate_measure')
      .columns(['replica'])
      .execute()
    await db.schema
      .createTable('mandate_rate')
      .addColumn('mandate', 'text', (column) => column.notNull())
      .addColumn('replica', 'text', (column) => column.notNull())
      .addColumn('rest', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mandate_rate_key', ['mandate', 'replica'])
      .execute()
    await db.schema
      .createTable('mandate_mark')
      .addColumn('replica', 'text', (column) => column.primaryKey())
      .addColumn('log_size', types.integer, (column) => column.notNull())
      .addColumn('unsent', 'text', (column) => column.notNull())
      .addColumn('beat', types.integer, (column) => column.notNull())
      .execute()
    await sql`insert into mandate_measure (mandate, measure, replica, used, granted, wanted)
      select mandate, 'calls', '', calls, 0, 0 from mandate_spent`.execute(db)
    await sql`insert into mandate_rate (mandate, replica, rest)
      select mandate, '', rate from mandate_spent where rate is not null`.execute(db)
    await sql`insert into mandate_mark (replica, log_size, unsent, beat)
      select '', log_size, '[]', 0 from mandate_snapshot`.execute(db)
    await db.schema.dropTable('mandate_spent').execute()
    await db.schema.dropTable('mandate_snapshot').execute()
  },
}
