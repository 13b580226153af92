import type { Kysely } from 'kysely'
import type { RoleName } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { rolesOf, rolesText } from './roles.ts'

interface Tables {
  organization: { id: string; name: string; created_at: number }
  person: { id: string; organization: string; name: string; roles: string; created_at: number }
  sign_in_link: { hash: string; person: string; expires_at: number | null }
  session: {
    hash: string
    id: string
    person: string
    client: string
    created_at: number
    seen_at: number
    expires_at: number
  }
  api_token: {
    hash: string
    id: string
    person: string
    name: string
    created_at: number
    expires_at: number | null
  }
}

export interface PersonRow {
  readonly id: string
  readonly organization: string
  readonly name: string
  readonly roles: readonly RoleName[]
}

/** A session or API token together with whom it belongs to. */
export interface CredentialRow {
  readonly id: string
  readonly person: PersonRow
  /** Only sessions are seen; for a token the time it was made. */
  readonly seenAt: number
  readonly expiresAt: number | null
}

export interface TokenRow extends Readonly<Record<'id' | 'name', string>> {
  readonly createdAt: number
  readonly expiresAt: number | null
}

export interface SessionEntry {
  readonly hash: string
  readonly id: string
  readonly client: string
  readonly at: number
  readonly expiresAt: number
}

export interface IdentityReader {
  organizationName(id: string): Promise<string | undefined>
  person(id: string): Promise<PersonRow | undefined>
  people(organization: string, rowsMax: number): Promise<readonly PersonRow[]>
  peopleCount(organization: string): Promise<number>
  /** Whose first-run link, which has no end, is still unused. */
  firstLinkPerson(): Promise<string | undefined>
  session(hash: string): Promise<CredentialRow | undefined>
  token(hash: string): Promise<CredentialRow | undefined>
  tokens(person: string, rowsMax: number): Promise<readonly TokenRow[]>
}

export interface IdentityWriter {
  /** False when the organisation was there already. The owner comes with it. */
  addOrganization(id: string, name: string, owner: PersonRow, linkHash: string, at: number): Promise<boolean>
  addPerson(person: PersonRow, at: number): Promise<void>
  /**
   * No roles: sessions, tokens and links of the person go in the same step.
   * False, and nothing changed, when the organisation would be left without an owner.
   */
  setPerson(person: PersonRow): Promise<boolean>
  /** Replaces the person's earlier links. */
  setLink(hash: string, person: string, expiresAt: number): Promise<void>
  /** Uses a link up and opens a session, together or not at all; undefined when the link is not valid. */
  redeemLink(linkHash: string, session: SessionEntry, kept: SessionsKept): Promise<PersonRow | undefined>
  touchSession(hash: string, at: number): Promise<void>
  removeSession(id: string): Promise<boolean>
  addToken(token: TokenRow & { readonly hash: string; readonly person: string }): Promise<void>
  removeToken(id: string, person: string): Promise<boolean>
}

/** Which older sessions of the person stay when a new one is opened: so many, of those seen since then. */
export interface SessionsKept {
  readonly countMax: number
  readonly seenSince: number
}

export function createIdentityReader(store: Store): IdentityReader {
  const db = store.tables<Tables>()
  return {
    organizationName: async (id) =>
      (await db.selectFrom('organization').select('name').where('id', '=', id).executeTakeFirst())?.name,
    person: async (id) => await readPerson(db, id),
    async people(organization, rowsMax) {
      const rows = await db
        .selectFrom('person')
        .selectAll()
        .where('organization', '=', organization)
        .orderBy('id')
        .limit(rowsMax)
        .execute()
      return rows.map(personOf)
    },
    async peopleCount(organization) {
      const row = await db
        .selectFrom('person')
        .select((query) => query.fn.countAll<number>().as('count'))
        .where('organization', '=', organization)
        .executeTakeFirstOrThrow()
      return row.count
    },
    firstLinkPerson: async () =>
      (
        await db
          .selectFrom('sign_in_link')
          .select('person')
          .where('expires_at', 'is', null)
          .executeTakeFirst()
      )?.person,
    async session(hash) {
      const row = await db.selectFrom('session').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row === undefined ? undefined : await withPerson(db, row, row.seen_at)
    },
    async token(hash) {
      const row = await db.selectFrom('api_token').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row === undefined ? undefined : await withPerson(db, row, row.created_at)
    },
    async tokens(person, rowsMax) {
      const rows = await db
        .selectFrom('api_token')
        .select(['id', 'name', 'created_at', 'expires_at'])
        .where('person', '=', person)
        .orderBy('id', 'desc')
        .limit(rowsMax)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
      }))
    },
  }
}

export function createIdentityWriter(store: Store): IdentityWriter {
  const db = store.tables<Tables>()
  return {
    addOrganization: async (id, name, owner, linkHash, at) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        const added = await tx
          .insertInto('organization')
          .values({ id, name, created_at: at })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (added === undefined) return false
        await insertPerson(tx, owner, at)
        await tx
          .insertInto('sign_in_link')
          .values({ hash: linkHash, person: owner.id, expires_at: null })
          .execute()
        return true
      }),
    addPerson: async (person, at) => await insertPerson(db, person, at),
    setPerson: async (person) =>
      await store.transaction<Tables, boolean>(async (tx) => await setPerson(tx, person)),
    setLink: async (hash, person, expiresAt) =>
      await store.transaction<Tables, void>(async (tx) => {
        await tx.deleteFrom('sign_in_link').where('person', '=', person).execute()
        await tx.insertInto('sign_in_link').values({ hash, person, expires_at: expiresAt }).execute()
      }),
    redeemLink: async (linkHash, session, kept) =>
      await store.transaction<Tables, PersonRow | undefined>(
        async (tx) => await redeemLink(tx, linkHash, session, kept),
      ),
    async touchSession(hash, at) {
      await db.updateTable('session').set({ seen_at: at }).where('hash', '=', hash).execute()
    },
    removeSession: async (id) =>
      (await db.deleteFrom('session').where('id', '=', id).returning('id').executeTakeFirst()) !== undefined,
    async addToken({ hash, id, person, name, createdAt, expiresAt }) {
      const row = { hash, id, person, name, created_at: createdAt, expires_at: expiresAt }
      await db.insertInto('api_token').values(row).execute()
    },
    removeToken: async (id, person) =>
      (await db
        .deleteFrom('api_token')
        .where('id', '=', id)
        .where('person', '=', person)
        .returning('id')
        .executeTakeFirst()) !== undefined,
  }
}

async function setPerson(tx: Kysely<Tables>, person: PersonRow): Promise<boolean> {
  // Writing the organisation's row makes changes of its people wait for each other, so that two owners
  // who take each other's role away at the same moment do not both succeed.
  await tx
    .updateTable('organization')
    .set((row) => ({ name: row.ref('name') }))
    .where('id', '=', person.organization)
    .execute()
  if (!person.roles.includes('owner')) {
    const other = await tx
      .selectFrom('person')
      .select('id')
      .where('organization', '=', person.organization)
      .where('id', '!=', person.id)
      .where('roles', 'like', '%"owner"%')
      .executeTakeFirst()
    if (other === undefined) return false
  }
  await tx
    .updateTable('person')
    .set({ name: person.name, roles: rolesText(person.roles) })
    .where('id', '=', person.id)
    .execute()
  if (person.roles.length > 0) return true
  for (const table of ['sign_in_link', 'session', 'api_token'] as const)
    await tx.deleteFrom(table).where('person', '=', person.id).execute()
  return true
}

/** Deleting the row is what makes a link single use: of two at the same time only one finds it. */
async function redeemLink(
  tx: Kysely<Tables>,
  linkHash: string,
  session: SessionEntry,
  kept: SessionsKept,
): Promise<PersonRow | undefined> {
  const link = await tx
    .deleteFrom('sign_in_link')
    .where('hash', '=', linkHash)
    .returningAll()
    .executeTakeFirst()
  if (link === undefined || (link.expires_at !== null && link.expires_at <= session.at)) return undefined
  const person = await readPerson(tx, link.person)
  if (person === undefined) return undefined
  const newest = tx
    .selectFrom('session')
    .select('hash')
    .where('person', '=', person.id)
    .where('expires_at', '>', session.at)
    .where('seen_at', '>', kept.seenSince)
    .orderBy('seen_at', 'desc')
    .limit(kept.countMax - 1)
  await tx.deleteFrom('session').where('person', '=', person.id).where('hash', 'not in', newest).execute()
  await tx
    .insertInto('session')
    .values({
      hash: session.hash,
      id: session.id,
      person: person.id,
      client: session.client,
      created_at: session.at,
      seen_at: session.at,
      expires_at: session.expiresAt,
    })
    .execute()
  return person
}

async function insertPerson(db: Kysely<Tables>, person: PersonRow, at: number): Promise<void> {
  await db
    .insertInto('person')
    .values({
      id: person.id,
      organization: person.organization,
      name: person.name,
      roles: rolesText(person.roles),
      created_at: at,
    })
    .execute()
}

async function withPerson(
  db: Kysely<Tables>,
  row: Pick<Tables['session'], 'id' | 'person'> & { readonly expires_at: number | null },
  seenAt: number,
): Promise<CredentialRow | undefined> {
  const person = await readPerson(db, row.person)
  return person === undefined ? undefined : { id: row.id, person, seenAt, expiresAt: row.expires_at }
}

async function readPerson(db: Kysely<Tables>, id: string): Promise<PersonRow | undefined> {
  const row = await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : personOf(row)
}

function personOf(row: Tables['person']): PersonRow {
  return { id: row.id, organization: row.organization, name: row.name, roles: rolesOf(row.roles) }
}
