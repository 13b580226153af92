import type { Kysely } from 'kysely'
import type { RoleName } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { rolesOf, rolesText } from './roles.ts'

interface Tables {
  organization: { id: string; name: string; created_at: number; closed_at: number | null }
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
  /** Whether the person's organisation is. */
  readonly closed: boolean
  /** Only sessions are seen; for a token the time it was made. */
  readonly seenAt: number
  readonly expiresAt: number | null
}

export interface TokenRow extends Readonly<Record<'id' | 'name', string>> {
  readonly createdAt: number
  readonly expiresAt: number | null
}

export interface NewOrganization {
  readonly id: string
  readonly name: string
  readonly owner: PersonRow
  readonly link: { readonly hash: string; readonly expiresAt: number | null }
  readonly at: number
}

export interface IdentityReader {
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
  /** False when the organisation was there already. The owner comes with it, and a link, which may have no end. */
  addOrganization(added: NewOrganization): Promise<boolean>
  addPerson(person: PersonRow, at: number): Promise<void>
  /**
   * No roles: sessions, tokens and links of the person go in the same step.
   * False, and nothing changed, when the organisation would be left without an owner.
   */
  setPerson(person: PersonRow): Promise<boolean>
  /** Replaces the person's earlier links. */
  setLink(hash: string, person: string, expiresAt: number): Promise<void>
  addToken(token: TokenRow & { readonly hash: string; readonly person: string }): Promise<void>
  removeToken(id: string, person: string): Promise<boolean>
}

export function createIdentityReader(store: Store): IdentityReader {
  const db = store.tables<Tables>()
  return {
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
    addOrganization: async ({ id, name, owner, link, at }) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        const added = await tx
          .insertInto('organization')
          .values({ id, name, created_at: at, closed_at: null })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (added === undefined) return false
        await insertPerson(tx, owner, at)
        await tx
          .insertInto('sign_in_link')
          .values({ hash: link.hash, person: owner.id, expires_at: link.expiresAt })
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
  if (person === undefined) return undefined
  const organization = await db
    .selectFrom('organization')
    .select('closed_at')
    .where('id', '=', person.organization)
    .executeTakeFirst()
  const closed = organization?.closed_at !== null
  return { id: row.id, person, closed, seenAt, expiresAt: row.expires_at }
}

async function readPerson(db: Kysely<Tables>, id: string): Promise<PersonRow | undefined> {
  const row = await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : personOf(row)
}

function personOf(row: Tables['person']): PersonRow {
  return { id: row.id, organization: row.organization, name: row.name, roles: rolesOf(row.roles) }
}
