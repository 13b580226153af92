import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'

interface Tables {
  kept_key: {
    key: string
    purpose: string
    owner: string
    organization: string
    sealed: Uint8Array
    created_at: number
  }
}

export type KeyPurpose = 'node' | 'person' | 'holder'

export interface KeyRow {
  /** did:key of the public half. */
  readonly key: string
  readonly purpose: KeyPurpose
  /** The node's name, a person's id, or for a holder its own did:key. */
  readonly owner: string
  readonly organization: string
  readonly sealed: Uint8Array
}

export interface KeyReader {
  ofOwner(purpose: KeyPurpose, owner: string): Promise<KeyRow | undefined>
  ofHolder(key: string): Promise<KeyRow | undefined>
}

export interface KeyWriter {
  /** Leaves what is there: whoever comes second reads the first one's key. */
  add(rows: readonly KeyRow[], at: number): Promise<void>
}

export function createKeyReader(store: Store): KeyReader {
  const db = store.tables<Tables>()
  async function read(purpose: KeyPurpose, owner: string): Promise<KeyRow | undefined> {
    const row = await db
      .selectFrom('kept_key')
      .selectAll()
      .where('purpose', '=', purpose)
      .where('owner', '=', owner)
      .executeTakeFirst()
    if (row === undefined) return undefined
    return { key: row.key, purpose, owner, organization: row.organization, sealed: row.sealed }
  }
  return {
    ofOwner: read,
    ofHolder: async (key) => await read('holder', key),
  }
}

/** Of one statement: six parameters each stay below what the engines take. */
const rowsPerInsert = 100

export function createKeyWriter(store: Store): KeyWriter {
  return {
    async add(rows, at) {
      const insert = async (db: Kysely<Tables>, some: readonly KeyRow[]) => {
        await db
          .insertInto('kept_key')
          .values(some.map((row) => ({ ...row, created_at: at })))
          .onConflict((conflict) => conflict.columns(['purpose', 'owner']).doNothing())
          .execute()
      }
      // One statement needs no transaction of its own: it shares its commit with others.
      if (rows.length <= rowsPerInsert) await insert(store.tables<Tables>(), rows)
      else
        await store.transaction<Tables, void>(async (tx) => {
          for (let from = 0; from < rows.length; from += rowsPerInsert)
            await insert(tx, rows.slice(from, from + rowsPerInsert))
        })
    },
  }
}
