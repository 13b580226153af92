import type { Digest } from '@ambit/core/digest'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'

export type PlanState = 'pending' | 'approved' | 'denied' | 'expired'

/** A list of acts that one agent wants to do; its steps are rows of `approval`. */
export interface PlanRow {
  readonly id: string
  readonly organization: string
  readonly subject: string
  readonly holder: string
  /** Of the words and the cards of the steps in their order. */
  readonly digest: Digest
  readonly state: PlanState
  readonly asked: number
  readonly expires: number
  readonly decided_by: string | null
  readonly decided_at: number | null
  readonly signature: string | null
  /** What the agent says it is for, sealed; null once it was taken away. */
  readonly words: Uint8Array | null
}

interface Tables {
  approval_plan: PlanRow
}

export interface PlanListing {
  readonly organization: string
  readonly subject?: string
  readonly state?: PlanState
  readonly before?: string
}

export interface PlanStore {
  find(id: string): Promise<PlanRow | undefined>
  list(listing: PlanListing): Promise<PlanRow[]>
  pendingCount(holder: string): Promise<number>
  overdue(now: number): Promise<PlanRow[]>
  insert(row: PlanRow): Promise<void>
  /** Compare and set: true for exactly one of those that decide it. */
  decide(
    id: string,
    change: Partial<Pick<PlanRow, 'state' | 'decided_by' | 'decided_at' | 'signature'>>,
    liveAt?: number,
  ): Promise<boolean>
  /** Takes the words away of plans that were over before then, and of those of a person. */
  purge(before: number): Promise<void>
  purgeOf(subject: string): Promise<void>
}

export function createPlanStore(store: Store): PlanStore {
  const db = store.tables<Tables>()
  const rows = () => db.selectFrom('approval_plan').selectAll().limit(limits.pageRowsMax)
  return {
    find: async (id) => await rows().where('id', '=', id).executeTakeFirst(),
    async list({ organization, subject, state, before }) {
      let query = rows().where('organization', '=', organization)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      if (state !== undefined) query = query.where('state', '=', state)
      if (before !== undefined) query = query.where('id', '<', before)
      return await query.orderBy('id', 'desc').execute()
    },
    async pendingCount(holder) {
      const row = await db
        .selectFrom('approval_plan')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('holder', '=', holder)
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow()
      return row.n
    },
    overdue: async (now) => await rows().where('state', '=', 'pending').where('expires', '<=', now).execute(),
    async insert(row) {
      await db.insertInto('approval_plan').values(row).execute()
    },
    async decide(id, change, liveAt) {
      let query = db
        .updateTable('approval_plan')
        .set(change)
        .where('id', '=', id)
        .where('state', '=', 'pending')
      if (liveAt !== undefined) query = query.where('expires', '>', liveAt)
      return (await query.executeTakeFirst()).numUpdatedRows === 1n
    },
    async purge(before) {
      await db
        .updateTable('approval_plan')
        .set({ words: null })
        .where('expires', '<', before)
        .where('words', 'is not', null)
        .execute()
    },
    async purgeOf(subject) {
      await db
        .updateTable('approval_plan')
        .set({ words: null })
        .where('subject', '=', subject)
        .where('state', '!=', 'pending')
        .execute()
    },
  }
}
