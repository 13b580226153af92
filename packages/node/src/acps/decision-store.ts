import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

/** A submitted version that was turned down, or taken back by whoever submitted it. The newest of a record. */
export interface DecisionRow {
  /** AIC. */
  readonly record: string
  readonly organization: string
  readonly digest: string
  readonly decision: 'rejected' | 'withdrawn'
  readonly comments: string | null
  /** Principal id of the person. */
  readonly decided_by: string
  /** In ms. */
  readonly decided: number
}

interface Tables {
  acps_decision: DecisionRow
}

export interface DecisionReader {
  decision(record: string): Promise<DecisionRow | undefined>
  decisions(organization: string): Promise<readonly DecisionRow[]>
}

export interface DecisionWriter {
  /** In place of an earlier one of the record. */
  decide(row: DecisionRow): Promise<void>
  forget(record: string): Promise<void>
}

export async function openDecisionStore(store: Store): Promise<DecisionReader & DecisionWriter> {
  await store.migrate({ domain: 'acps', steps: [init] })
  const db = store.tables<Tables>()
  return {
    decision: async (record) =>
      await db.selectFrom('acps_decision').selectAll().where('record', '=', record).executeTakeFirst(),
    decisions: async (organization) =>
      await db.selectFrom('acps_decision').selectAll().where('organization', '=', organization).execute(),
    async decide(row) {
      const { record: _, ...rest } = row
      await db
        .insertInto('acps_decision')
        .values(row)
        .onConflict((conflict) => conflict.column('record').doUpdateSet(rest))
        .execute()
    },
    async forget(record) {
      await db.deleteFrom('acps_decision').where('record', '=', record).execute()
    },
  }
}
