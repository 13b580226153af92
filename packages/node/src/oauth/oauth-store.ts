import type { Store } from '../store/store.ts'

/** What the authorization server keeps of one kind (code, refresh token, client, …). */
export interface EntryRow {
  readonly kind: string
  /** Digest of the id: whoever reads the table holds no code and no token. */
  readonly id: string
  readonly sealed: Uint8Array
  /** The connection it belongs to: all of one end together. */
  readonly connection: string | null
  /** Access tokens only: id of the mandate token. */
  readonly mandate_token: string | null
  /** In ms. */
  readonly expires_at: number
  readonly consumed_at: number | null
  /** 1: a person let this client in; it stays when unused ones go. */
  readonly used: number
}

/** A client that a person let in: what ends together. */
export interface ConnectionRow {
  /** The id of the grant, as the authorization server calls it. */
  readonly id: string
  readonly organization: string
  readonly person: string
  readonly mandate: string
  readonly client: string
  readonly client_name: string
  readonly redirect_host: string
  readonly created: number
  readonly expires_at: number
  readonly ended: number | null
}

interface Tables {
  oauth_entry: EntryRow
  oauth_consent: { id: string; person: string; decided: number; expires_at: number }
  oauth_connection: ConnectionRow
}

export interface OAuthReader {
  entry(kind: string, id: string): Promise<EntryRow | undefined>
  /** Mandate tokens of a connection, those that are over included. */
  mandateTokens(connection: string): Promise<readonly string[]>
  connection(id: string): Promise<ConnectionRow | undefined>
  /** Newest first; those in force. */
  connections(person: string, now: number, limit: number): Promise<readonly ConnectionRow[]>
}

export interface OAuthWriter {
  /** Puts an entry in place of an earlier one of the same id. */
  put(row: EntryRow): Promise<void>
  /** False when the id is there already: for what may be used once. */
  add(row: EntryRow): Promise<boolean>
  /** Adds a client; of those that nobody let in, the oldest go when there are more than `unusedMax`. */
  addClient(row: EntryRow, unusedMax: number): Promise<void>
  /** A person let this client in, or used it again: it stays until then. */
  keepClient(id: string, until: number): Promise<void>
  /** True for the one who consumed it. */
  consume(kind: string, id: string, at: number): Promise<boolean>
  remove(kind: string, id: string): Promise<void>
  removeOf(kind: string, connection: string): Promise<void>
  /** Binds a request to the first person who looks at it; false when it is another's. */
  claim(id: string, person: string, expiresAt: number): Promise<boolean>
  /** True for the one decision; false when it was decided before, or another person's. */
  decide(id: string, person: string): Promise<boolean>
  /** The decision could not be carried out: it may be made again. */
  undecide(id: string): Promise<void>
  addConnection(row: ConnectionRow): Promise<void>
  endConnection(id: string, at: number): Promise<boolean>
  /** Forgets what is over; gives the mandate tokens of the access tokens forgotten. */
  sweep(now: number): Promise<readonly string[]>
}

export function createOAuthReader(store: Store): OAuthReader {
  const db = store.tables<Tables>()
  return {
    entry: async (kind, id) =>
      await db
        .selectFrom('oauth_entry')
        .selectAll()
        .where('kind', '=', kind)
        .where('id', '=', id)
        .executeTakeFirst(),
    async mandateTokens(connection) {
      const rows = await db
        .selectFrom('oauth_entry')
        .select('mandate_token')
        .where('connection', '=', connection)
        .where('mandate_token', 'is not', null)
        .execute()
      return rows.flatMap((row) => row.mandate_token ?? [])
    },
    connection: async (id) =>
      await db.selectFrom('oauth_connection').selectAll().where('id', '=', id).executeTakeFirst(),
    connections: async (person, now, limit) =>
      await db
        .selectFrom('oauth_connection')
        .selectAll()
        .where('person', '=', person)
        .where('ended', 'is', null)
        .where('expires_at', '>', now)
        .orderBy('created', 'desc')
        .limit(limit)
        .execute(),
  }
}

export function createOAuthWriter(store: Store): OAuthWriter {
  return { ...entryWriter(store), ...consentWriter(store), sweep: async (now) => await sweep(store, now) }
}

type EntryWriter = Pick<
  OAuthWriter,
  'put' | 'add' | 'addClient' | 'keepClient' | 'consume' | 'remove' | 'removeOf'
>

function entryWriter(store: Store): EntryWriter {
  const db = store.tables<Tables>()
  async function put(row: EntryRow): Promise<void> {
    const { kind, id, ...rest } = row
    await db
      .insertInto('oauth_entry')
      .values({ kind, id, ...rest })
      .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(rest))
      .execute()
  }
  return {
    put,
    async add(row) {
      const done = await db
        .insertInto('oauth_entry')
        .values(row)
        .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
        .executeTakeFirst()
      return done.numInsertedOrUpdatedRows === 1n
    },
    async addClient(row, unusedMax) {
      const unused = db.selectFrom('oauth_entry').where('kind', '=', row.kind).where('used', '=', 0)
      const over = await unused
        .select('id')
        .orderBy('expires_at', 'desc')
        .offset(unusedMax - 1)
        .limit(unusedMax)
        .execute()
      const ids = over.map(({ id }) => id)
      if (ids.length > 0)
        await db.deleteFrom('oauth_entry').where('kind', '=', row.kind).where('id', 'in', ids).execute()
      await put(row)
    },
    async keepClient(id, until) {
      await db
        .updateTable('oauth_entry')
        .set((by) => ({
          used: 1,
          expires_at: by.case().when('expires_at', '<', until).then(until).else(by.ref('expires_at')).end(),
        }))
        .where('kind', '=', 'Client')
        .where('id', '=', id)
        .execute()
    },
    async consume(kind, id, at) {
      const done = await db
        .updateTable('oauth_entry')
        .set({ consumed_at: at })
        .where('kind', '=', kind)
        .where('id', '=', id)
        .where('consumed_at', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async remove(kind, id) {
      await db.deleteFrom('oauth_entry').where('kind', '=', kind).where('id', '=', id).execute()
    },
    async removeOf(kind, connection) {
      await db
        .deleteFrom('oauth_entry')
        .where('connection', '=', connection)
        .where('kind', '=', kind)
        .execute()
    },
  }
}

type ConsentWriter = Pick<OAuthWriter, 'claim' | 'decide' | 'undecide' | 'addConnection' | 'endConnection'>

function consentWriter(store: Store): ConsentWriter {
  const db = store.tables<Tables>()
  return {
    async claim(id, person, expires_at) {
      await db
        .insertInto('oauth_consent')
        .values({ id, person, decided: 0, expires_at })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      const row = await db
        .selectFrom('oauth_consent')
        .select('person')
        .where('id', '=', id)
        .executeTakeFirst()
      return row?.person === person
    },
    async decide(id, person) {
      const done = await db
        .updateTable('oauth_consent')
        .set({ decided: 1 })
        .where('id', '=', id)
        .where('person', '=', person)
        .where('decided', '=', 0)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async undecide(id) {
      await db.updateTable('oauth_consent').set({ decided: 0 }).where('id', '=', id).execute()
    },
    async addConnection(row) {
      await db.insertInto('oauth_connection').values(row).execute()
    },
    async endConnection(id, at) {
      const done = await db
        .updateTable('oauth_connection')
        .set({ ended: at })
        .where('id', '=', id)
        .where('ended', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
  }
}

async function sweep(store: Store, now: number): Promise<readonly string[]> {
  const db = store.tables<Tables>()
  const over = await db
    .selectFrom('oauth_entry')
    .select('mandate_token')
    .where('expires_at', '<=', now)
    .where('mandate_token', 'is not', null)
    .execute()
  await db.deleteFrom('oauth_entry').where('expires_at', '<=', now).execute()
  await db.deleteFrom('oauth_consent').where('expires_at', '<=', now).execute()
  await db
    .deleteFrom('oauth_connection')
    .where((by) => by.or([by('expires_at', '<=', now), by('ended', 'is not', null)]))
    .execute()
  return over.flatMap((row) => row.mandate_token ?? [])
}
