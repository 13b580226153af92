import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { migrate } from './migrate.ts'
import type { Migrations } from './migrate.ts'
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
  /** Takes what was deleted off the disk too, as far as the engine lets one: SQLite's journal keeps copies of rows. */
  scrub(): Promise<void>
  /**
   * Writes a consistent copy of an embedded store to a file that is not there yet. Throws `store.not-embedded` where
   * the rows lie on a server, which has means of its own.
   */
  copyTo(path: string): Promise<void>
  /** Brings a domain's tables to the newest form; runs each step once, in order. */
  migrate(migrations: Migrations): Promise<void>
}

/** Opens `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
export async function openStore(address: string): Promise<Store> {
  if (address.startsWith('sqlite:')) {
    const { db, copyTo } = openSqlite(address.slice('sqlite:'.length))
    return createStore('sqlite', db, copyTo)
  }
  if (address.startsWith('postgres://') || address.startsWith('postgresql://')) {
    // The client is read only where there is a server to speak to.
    const { openPostgres } = await import('./postgres/postgres.ts')
    return createStore('postgres', await openPostgres(address), notEmbedded)
  }
  throw new Fault('store.unavailable', {
    detail: 'the address of the store is none this node knows',
    where: 'AMBIT_STORE',
    remedy: 'Use `sqlite:<file>` or `postgres://user@host:port/database`.',
  })
}

async function notEmbedded(): Promise<never> {
  throw new Fault('store.not-embedded', { detail: 'the rows lie on a PostgreSQL server' })
}

function createStore(engine: Store['engine'], db: Kysely<unknown>, copyTo: Store['copyTo']): Store {
  return {
    engine,
    tables: <T>() => db as unknown as Kysely<T>,
    transaction: async <T, R>(run: (tx: Kysely<T>) => Promise<R>) =>
      await db.transaction().execute(async (tx) => await run(tx as unknown as Kysely<T>)),
    async ping() {
      await sql`select 1`.execute(db)
    },
    async scrub() {
      if (engine === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db)
    },
    copyTo,
    migrate: async (migrations) => await migrate(db, engine, migrations),
    [Symbol.asyncDispose]: async () => await db.destroy(),
  }
}
