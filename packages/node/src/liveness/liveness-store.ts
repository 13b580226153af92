import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'
import type { LivenessState } from '../registry/registry.ts'

export interface LivenessRow {
  /** AIC. */
  readonly record: string
  readonly organization: string
  readonly state: LivenessState
  /** Since when, in ms. */
  readonly since: number
  /** What is known of its interfaces (state.ts). */
  readonly interfaces: Uint8Array
}

/** What an organisation wishes. */
export interface Wish {
  /** Records that are dead for so many days are suspended; null: none is. */
  readonly suspendAfterDays: number | null
  /** Principal id of the person who said so, in whose name it is done. */
  readonly by: string
}

interface Tables {
  liveness_record: LivenessRow & { readonly written: number }
  liveness_wish: {
    organization: string
    suspend_after_days: number | null
    changed_by: string
    changed_at: number
  }
}

export interface LivenessReader {
  /** All rows, page by page. */
  rows(): AsyncIterable<LivenessRow>
  row(record: string): Promise<LivenessRow | undefined>
  wishes(): Promise<ReadonlyMap<string, Wish>>
}

export interface LivenessWriter {
  /** In place of what stood there. */
  put(rows: readonly LivenessRow[], at: number): Promise<void>
  remove(record: string): Promise<void>
  setWish(organization: string, wish: Wish, at: number): Promise<void>
}

const pageRows = 1000
/** Of one statement: six parameters each stay below what the engines take. */
const rowsPerInsert = 200

export async function openLivenessStore(store: Store): Promise<LivenessReader & LivenessWriter> {
  await store.migrate({ domain: 'liveness', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

const columns = ['record', 'organization', 'state', 'since', 'interfaces'] as const

function createReader(store: Store): LivenessReader {
  const db = store.tables<Tables>()
  return {
    async *rows() {
      let after = ''
      for (;;) {
        const rows = await db
          .selectFrom('liveness_record')
          .select(columns)
          .where('record', '>', after)
          .orderBy('record')
          .limit(pageRows)
          .execute()
        yield* rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < pageRows) return
        after = last.record
      }
    },
    row: async (record) =>
      await db.selectFrom('liveness_record').select(columns).where('record', '=', record).executeTakeFirst(),
    async wishes() {
      const rows = await db.selectFrom('liveness_wish').selectAll().execute()
      return new Map(
        rows.map((row) => [
          row.organization,
          { suspendAfterDays: row.suspend_after_days, by: row.changed_by },
        ]),
      )
    },
  }
}

function createWriter(store: Store): LivenessWriter {
  const db = store.tables<Tables>()
  return {
    async put(rows, at) {
      await store.transaction<Tables, void>(async (tx) => {
        for (let from = 0; from < rows.length; from += rowsPerInsert) {
          await tx
            .insertInto('liveness_record')
            .values(rows.slice(from, from + rowsPerInsert).map((row) => ({ ...row, written: at })))
            .onConflict((conflict) =>
              conflict.column('record').doUpdateSet((to) => ({
                organization: to.ref('excluded.organization'),
                state: to.ref('excluded.state'),
                since: to.ref('excluded.since'),
                interfaces: to.ref('excluded.interfaces'),
                written: to.ref('excluded.written'),
              })),
            )
            .execute()
        }
      })
    },
    async remove(record) {
      await db.deleteFrom('liveness_record').where('record', '=', record).execute()
    },
    async setWish(organization, { suspendAfterDays, by }, at) {
      const values = { suspend_after_days: suspendAfterDays, changed_by: by, changed_at: at }
      await db
        .insertInto('liveness_wish')
        .values({ organization, ...values })
        .onConflict((conflict) => conflict.column('organization').doUpdateSet(values))
        .execute()
    },
  }
}
