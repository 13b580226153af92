import { openStore } from '@ambit/node/store/store'
import type { Store } from '@ambit/node/store/store'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { postgresUrl } from './services.ts'

/** A store engine under test; each `open` gives an empty store of its own. */
export interface StoreEngine {
  readonly name: 'sqlite' | 'postgres'
  open(): Promise<Store>
}

const postgres = await postgresUrl()

/** The engines that are here: every store test runs on each (`describe.each(storeEngines)`). */
export const storeEngines: readonly StoreEngine[] = [
  { name: 'sqlite', open: async () => await openStore('sqlite::memory:') },
  ...(postgres === undefined
    ? []
    : [{ name: 'postgres', open: async () => await openStore(await freshSchema(postgres)) } as const]),
]

/** Makes a schema of its own in the test database and gives an address that uses it alone. */
export async function freshSchema(address: string): Promise<string> {
  const schema = `ambit_test_${randomBytes(8).toString('hex')}`
  const client = new Client({ connectionString: address })
  await client.connect()
  await client.query(`create schema ${schema}`)
  await client.end()
  const url = new URL(address)
  url.searchParams.set('options', `-c search_path=${schema}`)
  return url.href
}
