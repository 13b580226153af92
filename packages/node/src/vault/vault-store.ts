import type { Store } from '../store/store.ts'

interface Tables {
  vault_entry: {
    organization: string
    person: string
    record: string
    name: string
    sealed: Uint8Array
    updated_at: number
  }
}

/** Which credential: whose, and for what. */
export interface VaultKey {
  readonly organization: string
  /** Principal id, or `*` for everyone of the organisation. */
  readonly person: string
  readonly record: string
  readonly name: string
}

export interface VaultReader {
  sealed(key: VaultKey): Promise<Uint8Array | undefined>
  names(organization: string, person: string, record: string, rowsMax: number): Promise<readonly string[]>
  count(organization: string, record: string): Promise<number>
}

export interface VaultWriter {
  put(key: VaultKey, sealed: Uint8Array, at: number): Promise<void>
  remove(key: VaultKey): Promise<void>
  /** Of all people; gives their number. */
  forget(organization: string, record: string): Promise<number>
}

export function createVaultReader(store: Store): VaultReader {
  const db = store.tables<Tables>()
  return {
    sealed: async ({ organization, person, record, name }) =>
      (
        await db
          .selectFrom('vault_entry')
          .select('sealed')
          .where('organization', '=', organization)
          .where('person', '=', person)
          .where('record', '=', record)
          .where('name', '=', name)
          .executeTakeFirst()
      )?.sealed,
    async names(organization, person, record, rowsMax) {
      const rows = await db
        .selectFrom('vault_entry')
        .select('name')
        .where('organization', '=', organization)
        .where('person', '=', person)
        .where('record', '=', record)
        .orderBy('name')
        .limit(rowsMax)
        .execute()
      return rows.map((row) => row.name)
    },
    async count(organization, record) {
      const row = await db
        .selectFrom('vault_entry')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('organization', '=', organization)
        .where('record', '=', record)
        .executeTakeFirstOrThrow()
      return row.n
    },
  }
}

export function createVaultWriter(store: Store): VaultWriter {
  const db = store.tables<Tables>()
  return {
    async put(key, sealed, at) {
      const { organization, person, record, name } = key
      await db
        .insertInto('vault_entry')
        .values({ organization, person, record, name, sealed, updated_at: at })
        .onConflict((conflict) =>
          conflict
            .columns(['organization', 'person', 'record', 'name'])
            .doUpdateSet({ sealed, updated_at: at }),
        )
        .execute()
    },
    async remove({ organization, person, record, name }) {
      await db
        .deleteFrom('vault_entry')
        .where('organization', '=', organization)
        .where('person', '=', person)
        .where('record', '=', record)
        .where('name', '=', name)
        .execute()
    },
    async forget(organization, record) {
      const gone = await db
        .deleteFrom('vault_entry')
        .where('organization', '=', organization)
        .where('record', '=', record)
        .executeTakeFirst()
      return Number(gone.numDeletedRows)
    },
  }
}
