import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'

interface Tables {
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
}

/** A session without what opens it. */
export interface SessionRow {
  readonly id: string
  readonly person: string
  readonly client: string
  readonly createdAt: number
  readonly seenAt: number
  readonly expiresAt: number
}

export interface SessionEntry extends Pick<SessionRow, 'id' | 'person' | 'client' | 'expiresAt'> {
  readonly hash: string
  readonly at: number
}

/** Which older sessions of the person stay when a new one is opened: so many, of those seen since then. */
export interface SessionsKept {
  readonly countMax: number
  readonly seenSince: number
}

export interface SessionReader {
  /** Whom a one-time link signs in, while it is valid. */
  linkPerson(linkHash: string, at: number): Promise<string | undefined>
  sessionById(id: string): Promise<SessionRow | undefined>
  /** Those that are not over, used last first. */
  sessionsOf(person: string, seenSince: number, now: number): Promise<readonly SessionRow[]>
}

export interface SessionWriter {
  openSession(session: SessionEntry, kept: SessionsKept): Promise<void>
  /** Uses a link up and opens the session, together or not at all; false when somebody else was quicker. */
  redeemLink(linkHash: string, session: SessionEntry, kept: SessionsKept): Promise<boolean>
  touchSession(hash: string, at: number): Promise<void>
  /** Gives the ids of those that ended. */
  removeSessions(
    person: string,
    which: { readonly only: string } | { readonly but: string },
  ): Promise<readonly string[]>
}

export function createSessionReader(store: Store): SessionReader {
  const db = store.tables<Tables>()
  return {
    async linkPerson(linkHash, at) {
      const link = await db
        .selectFrom('sign_in_link')
        .select(['person', 'expires_at'])
        .where('hash', '=', linkHash)
        .executeTakeFirst()
      return link === undefined || (link.expires_at !== null && link.expires_at <= at)
        ? undefined
        : link.person
    },
    async sessionById(id) {
      const row = await db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst()
      return row && sessionOf(row)
    },
    async sessionsOf(person, seenSince, now) {
      const rows = await db
        .selectFrom('session')
        .selectAll()
        .where('person', '=', person)
        .where('expires_at', '>', now)
        .where('seen_at', '>', seenSince)
        .orderBy('seen_at', 'desc')
        .execute()
      return rows.map(sessionOf)
    },
  }
}

export function createSessionWriter(store: Store): SessionWriter {
  const db = store.tables<Tables>()
  return {
    openSession: async (session, kept) =>
      await store.transaction<Tables, void>(async (tx) => await insertSession(tx, session, kept)),
    redeemLink: async (linkHash, session, kept) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        // Deleting the row is what makes a link single use: of two at the same time only one finds it.
        const link = tx.deleteFrom('sign_in_link').where('hash', '=', linkHash).returning('hash')
        if ((await link.executeTakeFirst()) === undefined) return false
        await insertSession(tx, session, kept)
        return true
      }),
    async touchSession(hash, at) {
      await db.updateTable('session').set({ seen_at: at }).where('hash', '=', hash).execute()
    },
    async removeSessions(person, which) {
      const rows = await db
        .deleteFrom('session')
        .where('person', '=', person)
        .where('id', 'only' in which ? '=' : '!=', 'only' in which ? which.only : which.but)
        .returning('id')
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

async function insertSession(tx: Kysely<Tables>, session: SessionEntry, kept: SessionsKept): Promise<void> {
  const { at, expiresAt, ...same } = session
  const newest = tx
    .selectFrom('session')
    .select('hash')
    .where('person', '=', session.person)
    .where('expires_at', '>', at)
    .where('seen_at', '>', kept.seenSince)
    .orderBy('seen_at', 'desc')
    .limit(kept.countMax - 1)
  await tx
    .deleteFrom('session')
    .where('person', '=', session.person)
    .where('hash', 'not in', newest)
    .execute()
  await tx
    .insertInto('session')
    .values({ ...same, created_at: at, seen_at: at, expires_at: expiresAt })
    .execute()
}

function sessionOf(row: Tables['session']): SessionRow {
  const { id, person, client, created_at, seen_at, expires_at } = row
  return { id, person, client, createdAt: created_at, seenAt: seen_at, expiresAt: expires_at }
}
