import { sql } from 'kysely'
import type { Migration } from '../../../store/store.ts'

export const init: Migration = {
  name: '001-init',
  async up(db, types) {
    await db.schema
      .createTable('ledger_head')
      .addColumn('origin', 'text', (column) => column.primaryKey())
      .addColumn('size', types.integer, (column) => column.notNull())
      .addColumn('root', types.bytes, (column) => column.notNull())
      .addColumn('record', types.bytes, (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('ledger_batch')
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('first', types.integer, (column) => column.notNull())
      .addColumn('count', types.integer, (column) => column.notNull())
      .addColumn('entries', types.bytes, (column) => column.notNull())
      .addColumn('previous', types.bytes, (column) => column.notNull())
      .addColumn('root', types.bytes, (column) => column.notNull())
      .addColumn('writer', types.bytes, (column) => column.notNull())
      .addColumn('number', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('ledger_batch_pk', ['origin', 'first'])
      .execute()
    // Not compressed: then a bundle is a slice of its row, and only that slice is read.
    if (types.bytes === 'bytea')
      await sql`alter table ledger_batch alter column entries set storage external`.execute(db)
    for (const name of ['ledger_guard', 'ledger_checkpoint']) {
      await db.schema
        .createTable(name)
        .addColumn('origin', 'text', (column) => column.primaryKey())
        .addColumn('size', types.integer, (column) => column.notNull())
        .addColumn('root', 'text', (column) => column.notNull())
        .addColumn('checkpoint', 'text', (column) => column.notNull())
        .execute()
    }
  },
}
