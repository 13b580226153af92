import { Fault } from '@ambit/core/fault'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool, types } from 'pg'

const connectionsMax = 10
const connectTimeoutMs = 5000

/** Opens a pool; fails at once, and clearly, when the server does not answer. */
export async function openPostgres(address: string): Promise<Kysely<unknown>> {
  const pool = new Pool({
    connectionString: address,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    types: {
      getTypeParser: (type, format) =>
        type === types.builtins.INT8 ? safeInteger : types.getTypeParser(type, format),
    },
  })
  // An idle connection that the server closes is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined)
  // The same for one that is in use: its query or the next one fails, and that is how whoever uses it learns of it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    await db.destroy()
    throw new Fault('store.unavailable', {
      detail: 'PostgreSQL did not answer at the address given',
      where: 'AMBIT_STORE',
      cause: error,
    })
  }
  return db
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the store holds an integer above 2^53: ${text}`)
  return value
}
