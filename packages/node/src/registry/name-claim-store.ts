import type { Store } from '../store/store.ts'
import type { Named } from './names.ts'

interface Tables {
  record_name_claim: { look: string; record: string; naming: string; at: number }
}

export interface NameClaim {
  readonly named: Named
  readonly looks: readonly string[]
}

export interface NameClaimReader {
  /** Those who said since then that they take a name of one of these looks. */
  claimedNames(looks: readonly string[], since: number): Promise<readonly Named[]>
}

export interface NameClaimWriter {
  /** Says what records are about to be called; it is in the store for everybody before this returns. */
  claimNames(claims: readonly NameClaim[], at: number): Promise<void>
  releaseNames(records: readonly string[]): Promise<void>
}

/** Four values each, and one each: far below what the engines take. */
const rowsPerInsert = 100
const wordsPerQuery = 200
/** Nobody asks for one that is older; they are deleted a few times a minute and not with each claim. */
const forgottenMs = 120_000
const sweepMs = 10_000

/** The migration runs with those of `registry-store.ts`. */
export function createNameClaims(store: Store): NameClaimReader & NameClaimWriter {
  const db = store.tables<Tables>()
  let swept = 0
  return {
    async claimedNames(looks, since) {
      const found = new Map<string, Named>()
      for (let from = 0; from < looks.length; from += wordsPerQuery) {
        const rows = await db
          .selectFrom('record_name_claim')
          .select(['record', 'naming'])
          .where('look', 'in', looks.slice(from, from + wordsPerQuery))
          .where('at', '>=', since)
          .execute()
        for (const { record, naming } of rows)
          if (!found.has(record)) found.set(record, JSON.parse(naming) as Named)
      }
      return [...found.values()]
    },
    async claimNames(claims, at) {
      const rows = claims.flatMap(({ named, looks }) => {
        const naming = JSON.stringify(named)
        return looks.map((look) => ({ look, record: named.id, naming, at }))
      })
      const sweeps = at - swept >= sweepMs
      if (sweeps) swept = at
      await store.transaction<Tables, void>(async (tx) => {
        if (sweeps)
          await tx
            .deleteFrom('record_name_claim')
            .where('at', '<', at - forgottenMs)
            .execute()
        for (let from = 0; from < rows.length; from += rowsPerInsert)
          await tx
            .insertInto('record_name_claim')
            .values(rows.slice(from, from + rowsPerInsert))
            // The same record under another name, or once more.
            .onConflict((conflict) =>
              conflict.columns(['look', 'record']).doUpdateSet((row) => ({
                naming: row.ref('excluded.naming'),
                at: row.ref('excluded.at'),
              })),
            )
            .execute()
      })
    },
    async releaseNames(records) {
      for (let from = 0; from < records.length; from += wordsPerQuery)
        await db
          .deleteFrom('record_name_claim')
          .where('record', 'in', records.slice(from, from + wordsPerQuery))
          .execute()
    },
  }
}
