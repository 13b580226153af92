import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'

interface TokenTable {
  id: string
  organization: string
  mandate: string
  hash: string
  client: string | null
  created: number
  created_by: string
  expires: number | null
  revoked: number | null
  key: string | null
}

interface Tables {
  mandate_token: TokenTable
  /** Read only, to know whether a token's mandate still holds. */
  mandate: { id: string; expires: number; revoked: number | null }
}

export interface TokenRow {
  readonly id: string
  readonly organization: string
  readonly mandate: string
  readonly hash: string
  readonly client: string | null
  readonly created: number
  readonly createdBy: string
  readonly expires: number | null
  readonly revoked: number | null
  /** Thumbprint (RFC 7638) of the key it belongs to. */
  readonly key: string | null
}

export interface TokenReader {
  /** The newest of one mandate. */
  tokens(mandate: string): Promise<TokenRow[]>
  token(id: string): Promise<TokenRow | undefined>
  /** How many usable ones each mandate has. */
  tokenCounts(mandates: readonly string[], now: number): Promise<Map<string, number>>
  activeTokens(now: number): Promise<TokenRow[]>
  /** The newest tokens that are revoked or over, or whose mandate is; `revoked` says which. */
  endedTokens(now: number, limit: number): Promise<{ hash: string; revoked: boolean }[]>
}

export interface TokenWriter {
  insertToken(row: TokenRow): Promise<void>
  revokeToken(id: string, at: number): Promise<boolean>
  deleteTokens(ids: readonly string[]): Promise<void>
  /** Those of these clients that were over before. */
  deleteEnded(clients: readonly string[], before: number): Promise<void>
}

/** The tables are those of `mandate-store.ts`, which brings them to their newest form. */
export function createTokenReader(store: Store): TokenReader {
  const db = store.tables<Tables>()
  const usable = (now: number) =>
    db
      .selectFrom('mandate_token as t')
      .where('t.revoked', 'is', null)
      .where((by) => by.or([by('t.expires', 'is', null), by('t.expires', '>', now)]))
  return {
    async tokens(mandate) {
      const rows = await db
        .selectFrom('mandate_token')
        .selectAll()
        .where('mandate', '=', mandate)
        .orderBy('id', 'desc')
        .limit(limits.pageRowsMax)
        .execute()
      return rows.map(readToken)
    },
    async token(id) {
      const row = await db.selectFrom('mandate_token').selectAll().where('id', '=', id).executeTakeFirst()
      return row && readToken(row)
    },
    async tokenCounts(mandates, now) {
      if (mandates.length === 0) return new Map()
      const rows = await usable(now)
        .select((by) => ['t.mandate', by.fn.countAll<number>().as('n')])
        .where('t.mandate', 'in', [...mandates])
        .groupBy('t.mandate')
        .execute()
      return new Map(rows.map((row) => [row.mandate, row.n]))
    },
    async activeTokens(now) {
      const rows = await usable(now)
        .innerJoin('mandate as m', 'm.id', 't.mandate')
        .where('m.revoked', 'is', null)
        .where('m.expires', '>', now)
        .selectAll('t')
        .orderBy('t.id')
        .execute()
      return rows.map(readToken)
    },
    async endedTokens(now, limit) {
      const rows = await db
        .selectFrom('mandate_token as t')
        .innerJoin('mandate as m', 'm.id', 't.mandate')
        .select(['t.hash', 't.revoked', 'm.revoked as above'])
        .where((by) =>
          by.or([
            by('t.revoked', 'is not', null),
            by('t.expires', '<=', now),
            by('m.revoked', 'is not', null),
            by('m.expires', '<=', now),
          ]),
        )
        .orderBy('t.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ hash: row.hash, revoked: row.revoked !== null || row.above !== null }))
    },
  }
}

export function createTokenWriter(store: Store): TokenWriter {
  const db = store.tables<Tables>()
  return {
    async insertToken({ createdBy, ...row }) {
      await db
        .insertInto('mandate_token')
        .values({ ...row, created_by: createdBy })
        .execute()
    },
    async revokeToken(id, at) {
      const done = await db
        .updateTable('mandate_token')
        .set({ revoked: at })
        .where('id', '=', id)
        .where('revoked', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async deleteEnded(clients, before) {
      await db
        .deleteFrom('mandate_token')
        .where('client', 'in', [...clients])
        .where('expires', '<', before)
        .execute()
    },
    async deleteTokens(ids) {
      for (let from = 0; from < ids.length; from += limits.pageRowsMax)
        await db
          .deleteFrom('mandate_token')
          .where('id', 'in', ids.slice(from, from + limits.pageRowsMax))
          .execute()
    },
  }
}

function readToken({ created_by, ...row }: TokenTable): TokenRow {
  return { ...row, createdBy: created_by }
}
