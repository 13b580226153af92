import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { migrate } from './migrate.ts'
import type { Migrations } from './migrate.ts'
import { openPostgres } from './postgres/postgres.ts'
import { openSqlite } from './sqlite/sqlite.ts'
import { Fault } from '@ambit/core/fault'

export type { Migration, Migrations } from './migrate.ts'

/**
 * Where a domain keeps its rows. Times and counts are integers, JSON is text, sealed values are bytes.
 * The engines differ in nothing a domain sees; every store test runs on both.
 */
export interface Store extends AsyncDisposable {
  readonly engine: 'sqlite' | 'postgres'
  /** The tables of one domain, in its own types. */
  tables<T>(): Kysely<T>
  /** All or nothing. On SQLite transactions run one after the other. */
  transaction<T, R>(run: (tx: Kysely<T>) => Promise<R>): Promise<R>
  /** Throws when the engine does not answer. */
  ping(): Promise<void>
  /** Brings a domain's tables to the newest form; runs each step once, in order. */
  migrate(migrations: Migrations): Promise<void>
}

/** Opens `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
export async function openStore(address: string): Promise<Store> {
  if (address.startsWith('sqlite:')) {
    return createStore('sqlite', openSqlite(address.slice('sqlite:'.length)))
  }
  if (address.startsWith('postgres://') || address.startsWith('postgresql://')) {
    return createStore('postgres', await openPostgres(address))
  }
  throw new Fault('store.unavailable', {
    detail: 'the address of the store is none this node knows',
    where: 'AMBIT_STORE',
    remedy: 'Use `sqlite:<file>` or `postgres://user@host:port/database`.',
  })
}

function createStore(engine: Store['engine'], db: Kysely<unknown>): Store {
  return {
    engine,
    tables: <T>() => db as unknown as Kysely<T>,
    transaction: async <T, R>(run: (tx: Kysely<T>) => Promise<R>) =>
      await db.transaction().execute(async (tx) => await run(tx as unknown as Kysely<T>)),
    async ping() {
      await sql`select 1`.execute(db)
    },
    migrate: async (migrations) => await migrate(db, engine, migrations),
    [Symbol.asyncDispose]: async () => await db.destroy(),
  }
}
