import { Fault } from '@ambit/core/fault'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** Names of column types in the engine at hand. */
export interface ColumnTypes {
  readonly bytes: 'blob' | 'bytea'
  /** Integers up to 2^53. */
  readonly integer: 'integer' | 'bigint'
}

export interface Migration {
  /** `001-init`: steps run in this order and are never changed once released. */
  readonly name: string
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>
}

export interface Migrations {
  readonly domain: string
  readonly steps: readonly Migration[]
}

interface MigrationTable {
  ambit_migration: { domain: string; name: string }
}

const columnTypes = {
  sqlite: { bytes: 'blob', integer: 'integer' },
  postgres: { bytes: 'bytea', integer: 'bigint' },
} as const

/** One lock for all nodes that start on one PostgreSQL at the same time. */
const advisoryLock = 7_100_185

export async function migrate(
  db: Kysely<unknown>,
  engine: keyof typeof columnTypes,
  migrations: Migrations,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(tx)
    await tx.schema
      .createTable('ambit_migration')
      .ifNotExists()
      .addColumn('domain', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('ambit_migration_pk', ['domain', 'name'])
      .execute()
    const table = tx as unknown as Kysely<MigrationTable>
    const rows = await table
      .selectFrom('ambit_migration')
      .select('name')
      .where('domain', '=', migrations.domain)
      .execute()
    const done = new Set(rows.map((row) => row.name))
    refuseNewerStore(migrations, done)
    for (const step of migrations.steps) {
      if (done.has(step.name)) continue
      await step.up(tx, columnTypes[engine])
      await table
        .insertInto('ambit_migration')
        .values({ domain: migrations.domain, name: step.name })
        .execute()
    }
  })
}

function refuseNewerStore(migrations: Migrations, done: ReadonlySet<string>): void {
  const known = new Set(migrations.steps.map((step) => step.name))
  for (const name of done) {
    if (known.has(name)) continue
    throw new Fault('store.migration', {
      detail: `the store has a step of ${migrations.domain} that this version does not know: ${name}`,
    })
  }
}
