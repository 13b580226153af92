import type { Store } from '../store/store.ts'

interface Tables {
  sign_in_begun: {
    /** Digest of the `state`: who reads the table can end no sign-in. */
    state: string
    organization: string
    person: string
    sealed: Uint8Array
    expires_at: number
  }
  sign_in_client: { organization: string; issuer: string; redirect: string; sealed: Uint8Array }
  sign_in_wanted: { organization: string; person: string; server: string; metadata: string; scope: string }
}

export type BegunRow = Tables['sign_in_begun']
export type ClientKey = Omit<Tables['sign_in_client'], 'sealed'>
export type WantedRow = Tables['sign_in_wanted']
type WantedKey = Pick<WantedRow, 'organization' | 'person' | 'server'>

export interface SignInReader {
  begun(state: string): Promise<BegunRow | undefined>
  client(key: ClientKey): Promise<Uint8Array | undefined>
  wanted(key: WantedKey): Promise<WantedRow | undefined>
}

export interface SignInWriter {
  /** Also forgets those past their time, and the oldest of the person above `rowsMax`. */
  begin(row: BegunRow, now: number, rowsMax: number): Promise<void>
  /** True for the one who took it. */
  take(state: string): Promise<boolean>
  putClient(key: ClientKey, sealed: Uint8Array): Promise<void>
  removeClient(key: ClientKey): Promise<void>
  putWanted(row: WantedRow): Promise<void>
}

export function createSignInReader(store: Store): SignInReader {
  const db = store.tables<Tables>()
  return {
    begun: async (state) =>
      await db.selectFrom('sign_in_begun').selectAll().where('state', '=', state).executeTakeFirst(),
    client: async ({ organization, issuer, redirect }) =>
      (
        await db
          .selectFrom('sign_in_client')
          .select('sealed')
          .where('organization', '=', organization)
          .where('issuer', '=', issuer)
          .where('redirect', '=', redirect)
          .executeTakeFirst()
      )?.sealed,
    wanted: async ({ organization, person, server }) =>
      await db
        .selectFrom('sign_in_wanted')
        .selectAll()
        .where('organization', '=', organization)
        .where('person', '=', person)
        .where('server', '=', server)
        .executeTakeFirst(),
  }
}

export function createSignInWriter(store: Store): SignInWriter {
  const db = store.tables<Tables>()
  return {
    async begin(row, now, rowsMax) {
      await db.deleteFrom('sign_in_begun').where('expires_at', '<=', now).execute()
      const begun = await db
        .selectFrom('sign_in_begun')
        .select('state')
        .where('organization', '=', row.organization)
        .where('person', '=', row.person)
        .orderBy('expires_at', 'desc')
        .execute()
      const over = begun.slice(rowsMax - 1).map(({ state }) => state)
      if (over.length > 0) await db.deleteFrom('sign_in_begun').where('state', 'in', over).execute()
      await db.insertInto('sign_in_begun').values(row).execute()
    },
    async take(state) {
      const taken = await db.deleteFrom('sign_in_begun').where('state', '=', state).executeTakeFirst()
      return taken.numDeletedRows === 1n
    },
    async putClient(key, sealed) {
      await db
        .insertInto('sign_in_client')
        .values({ ...key, sealed })
        .onConflict((conflict) =>
          conflict.columns(['organization', 'issuer', 'redirect']).doUpdateSet({ sealed }),
        )
        .execute()
    },
    async removeClient({ organization, issuer, redirect }) {
      await db
        .deleteFrom('sign_in_client')
        .where('organization', '=', organization)
        .where('issuer', '=', issuer)
        .where('redirect', '=', redirect)
        .execute()
    },
    async putWanted(row) {
      const { metadata, scope } = row
      await db
        .insertInto('sign_in_wanted')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['organization', 'person', 'server']).doUpdateSet({ metadata, scope }),
        )
        .execute()
    },
  }
}
