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
  add(row: KeyRow, at: number): Promise<void>
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

export function createKeyWriter(store: Store): KeyWriter {
  const db = store.tables<Tables>()
  return {
    async add(row, at) {
      await db
        .insertInto('kept_key')
        .values({ ...row, created_at: at })
        .onConflict((conflict) => conflict.columns(['purpose', 'owner']).doNothing())
        .execute()
    },
  }
}
