import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileGuard, openSharedGuard, postgresEngine } from '@ambit/node/ledger/ledger'
import type { LedgerOptions } from '@ambit/node/ledger/ledger'
import { openStore } from '@ambit/node/store/store'
import { Client } from 'pg'
import { postgresUrl } from './services.ts'
import { freshSchema } from './stores.ts'

/** What an opening of a log is given by the engine under test. */
type EngineOptions = Pick<LedgerOptions, 'directory' | 'guard' | 'engine'>

/** One log in an engine; opened as often as a test likes, by one process at a time. */
export interface LogPlace extends AsyncDisposable {
  readonly options: EngineOptions
  /** Keeps the truth of the log and what is published, but not the guard; the answer brings that state back. */
  backup(): Promise<() => Promise<void>>
  /** Deletes what is derived from the truth. */
  forget(): Promise<void>
  /** Deletes the truth itself, but not the guard. */
  lose(): Promise<void>
}

/** An engine under test (`describe.each(logEngines)`). */
export interface LogEngine {
  readonly name: 'file' | 'postgres'
  place(root: string): Promise<LogPlace>
}

const postgres = await postgresUrl()

export const logEngines: readonly LogEngine[] = [
  { name: 'file', place: filePlace },
  ...(postgres === undefined
    ? []
    : [{ name: 'postgres', place: async (root: string) => await sharedPlace(postgres, root) } as const]),
]

async function filePlace(root: string): Promise<LogPlace> {
  const directory = join(root, 'log')
  let backups = 0
  return {
    options: { directory, guard: await openFileGuard(join(root, 'guard')) },
    async backup() {
      const copy = join(root, `backup-${backups++}`)
      await cp(directory, copy, { recursive: true })
      return async () => {
        await rm(directory, { recursive: true })
        await cp(copy, directory, { recursive: true })
      }
    },
    forget: async () => await rm(join(directory, 'tiles'), { recursive: true }),
    lose: async () => await rm(directory, { recursive: true }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function sharedPlace(address: string, root: string): Promise<LogPlace> {
  const database = await openSharedDatabase(address)
  const replica = await database.replica(join(root, 'replica'))
  return {
    options: replica,
    backup: () => database.backup(['ledger_head', 'ledger_batch', 'ledger_checkpoint']),
    forget: async () => await rm(replica.directory, { recursive: true }),
    async lose() {
      await rm(replica.directory, { recursive: true })
      for (const table of ['ledger_head', 'ledger_batch', 'ledger_checkpoint'])
        await database.query(`delete from ${table}`)
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  }
}

export interface ReplicaConnection {
  /** A port of this machine that leads to the database. */
  readonly port?: number
  /** A setting of its sessions, `name=value`. */
  readonly setting?: string
}

/** A PostgreSQL in which several replicas keep a log, and the hand that damages it. */
export interface SharedDatabase extends AsyncDisposable {
  readonly url: string
  readonly schema: string
  /** Options of a replica with its own folder and its own connections. */
  replica(root: string, connection?: ReplicaConnection): Promise<EngineOptions>
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Copies tables; the answer brings their rows back. */
  backup(tables: readonly string[]): Promise<() => Promise<void>>
}

/** Opens a schema of its own, which is dropped at the end. */
export async function openSharedDatabase(address: string): Promise<SharedDatabase> {
  const fresh = new URL(await freshSchema(address))
  // So that a test finds its own connections among all.
  fresh.searchParams.set('application_name', `ambit_${randomBytes(6).toString('hex')}`)
  const url = fresh.href
  const schema = fresh.searchParams.get('options')!.split('=').at(-1)!
  const client = new Client({ connectionString: url })
  await client.connect()
  const replicas: Replica[] = []
  let backups = 0
  return {
    url,
    schema,
    async replica(root, { port, setting } = {}) {
      const through = new URL(url)
      if (port !== undefined) [through.hostname, through.port] = ['127.0.0.1', String(port)]
      if (setting !== undefined) through.searchParams.set('options', `-c search_path=${schema} -c ${setting}`)
      const replica = await openReplica(through.href, root)
      replicas.push(replica)
      return replica.options
    },
    query: async (text, values = []) =>
      (await client.query(text, [...values])).rows as Record<string, unknown>[],
    async backup(tables) {
      const suffix = `backup_${backups++}`
      for (const table of tables) await client.query(`create table ${table}_${suffix} as table ${table}`)
      return async () => {
        for (const table of tables)
          await client.query(`delete from ${table}; insert into ${table} table ${table}_${suffix}`)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica[Symbol.asyncDispose]()
      await client.query(`drop schema ${schema} cascade`)
      await client.end()
    },
  }
}

export interface Replica extends AsyncDisposable {
  readonly options: EngineOptions
}

/** What a replica opens its log with: a folder of its own below `root`, and the database at that address. */
export async function openReplica(address: string, root: string): Promise<Replica> {
  const store = await openStore(address)
  const memory = await openFileGuard(join(root, 'guard'))
  try {
    return {
      options: {
        directory: join(root, 'log'),
        guard: await openSharedGuard(store, memory),
        engine: postgresEngine(store, memory),
      },
      [Symbol.asyncDispose]: async () => await store[Symbol.asyncDispose](),
    }
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}
