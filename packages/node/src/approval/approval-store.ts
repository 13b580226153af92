import type { Digest } from '@ambit/core/digest'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import type { ApprovalState } from './approval.ts'
import { createApprovalReader } from './approval-reader-store.ts'
import type { ApprovalReader } from './approval-reader-store.ts'
import type { ApprovalBody, ApprovalRow, ApprovalTables } from './approval-row.ts'
import { init } from './migrations/001-init.ts'
import { meaning } from './migrations/002-meaning.ts'
import { due } from './migrations/003-due.ts'
import { callers } from './migrations/004-callers.ts'

export type { ApprovalReader } from './approval-reader-store.ts'
export type { ApprovalBody, ApprovalRow } from './approval-row.ts'

export type ApprovalChange = Partial<
  Pick<
    ApprovalRow,
    | 'state'
    | 'card'
    | 'obligations'
    | 'decided_by'
    | 'decided_at'
    | 'signature'
    | 'agreed_by'
    | 'agreed_signature'
    | 'approved_leaf'
    | 'replica'
    | 'ended'
    | 'collected'
    | 'opened'
  >
>

export interface ApprovalWriter {
  /** False when the same action is pending or held already. */
  insert(row: ApprovalRow, body: ApprovalBody): Promise<boolean>
  /** Compare and set: true for exactly one of those that try to take it from one of these states. */
  move(
    id: string,
    from: readonly ApprovalState[],
    change: ApprovalChange,
    options?: MoveOptions,
  ): Promise<boolean>
  /** Steps of a plan, all or none. */
  insertSteps(steps: readonly { readonly row: ApprovalRow; readonly body: ApprovalBody }[]): Promise<void>
  /** Notes when a card was first seen. */
  open(id: string, now: number): Promise<void>
  /** One more caller wants what lies in the outbox; false: it is not there any more. */
  join(id: string): Promise<boolean>
  /** One of several callers wants it no more; false: it was the only one, or it is not there any more. */
  leave(id: string): Promise<boolean>
  /** True for exactly one reader. */
  collect(id: string): Promise<boolean>
  /** Takes the bodies of what ended before away, a page at a time. */
  purge(before: number): Promise<void>
  /** Takes the bodies of everything of a person that ended away: their contents were erased. */
  purgeOf(subject: string): Promise<void>
}

export interface MoveOptions {
  /** Not too late at this time. */
  readonly liveAt?: number
  readonly logged?: true
  /** Still the card with this digest, which nobody has agreed to since. */
  readonly card?: Digest
  readonly agreedBy?: string | null
  /** No more callers want it than one. */
  readonly alone?: true
  /** Sealed act and card, in place of those before. */
  readonly body?: ApprovalBody
  /** Sealed outcome, kept when the move is made. */
  readonly outcome?: Uint8Array
}

export async function openApprovalStore(store: Store): Promise<ApprovalReader & ApprovalWriter> {
  await store.migrate({ domain: 'approval', steps: [init, meaning, due, callers] })
  return { ...createApprovalReader(store), ...createWriter(store), ...createPurger(store) }
}

function createWriter(store: Store): Omit<ApprovalWriter, 'purge' | 'purgeOf'> {
  const db = store.tables<ApprovalTables>()
  const heldBy = (id: string, more: 1 | -1) =>
    db
      .updateTable('approval')
      .set((by) => ({ callers: by('callers', '+', more) }))
      .where('id', '=', id)
      .where('state', '=', 'held')
  const counted = async (query: ReturnType<typeof heldBy>) =>
    (await query.executeTakeFirst()).numUpdatedRows === 1n
  return {
    insert: async (row, body) =>
      await store.transaction<ApprovalTables, boolean>(async (tx) => {
        const done = await tx
          .insertInto('approval')
          .values(row)
          .onConflict((on) => on.doNothing())
          .executeTakeFirst()
        if (done.numInsertedOrUpdatedRows !== 1n) return false
        await tx
          .insertInto('approval_body')
          .values({ approval: row.id, ...body, outcome: null })
          .execute()
        return true
      }),
    move: async (id, from, change, { liveAt, logged, card, agreedBy, alone, body, outcome } = {}) =>
      await store.transaction<ApprovalTables, boolean>(async (tx) => {
        let query = tx
          .updateTable('approval')
          .set(change)
          .where('id', '=', id)
          .where('state', 'in', [...from])
        if (liveAt !== undefined) query = query.where('expires', '>', liveAt)
        if (logged === true) query = query.where('approved_leaf', 'is not', null)
        if (card !== undefined) query = query.where('card', '=', card)
        if (alone === true) query = query.where('callers', '<=', 1)
        if (agreedBy !== undefined) query = query.where('agreed_by', agreedBy === null ? 'is' : '=', agreedBy)
        if ((await query.executeTakeFirst()).numUpdatedRows !== 1n) return false
        if (body !== undefined) {
          await tx.updateTable('approval_body').set(body).where('approval', '=', id).execute()
        }
        if (outcome !== undefined) {
          await tx.updateTable('approval_body').set({ outcome }).where('approval', '=', id).execute()
        }
        return true
      }),
    insertSteps: async (steps) =>
      await store.transaction<ApprovalTables, void>(async (tx) => {
        for (const { row, body } of steps) {
          await tx.insertInto('approval').values(row).execute()
          await tx
            .insertInto('approval_body')
            .values({ approval: row.id, ...body, outcome: null })
            .execute()
        }
      }),
    async open(id, now) {
      await db
        .updateTable('approval')
        .set({ opened: now })
        .where('id', '=', id)
        .where('opened', 'is', null)
        .execute()
    },
    join: async (id) => await counted(heldBy(id, 1)),
    leave: async (id) => await counted(heldBy(id, -1).where('callers', '>', 1)),
    async collect(id) {
      const done = await db
        .updateTable('approval')
        .set({ collected: 1 })
        .where('id', '=', id)
        .where('collected', '=', 0)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
  }
}

function createPurger(store: Store): Pick<ApprovalWriter, 'purge' | 'purgeOf'> {
  return {
    async purgeOf(subject) {
      await store.transaction<ApprovalTables, void>(async (tx) => {
        const ended = tx
          .selectFrom('approval')
          .select('id')
          .where('subject', '=', subject)
          .where('ended', 'is not', null)
        await tx.deleteFrom('approval_body').where('approval', 'in', ended).execute()
        await tx
          .updateTable('approval')
          .set({ kept: 0 })
          .where('subject', '=', subject)
          .where('ended', 'is not', null)
          .execute()
      })
      await store.scrub()
    },
    purge: async (before) =>
      await store.transaction<ApprovalTables, void>(async (tx) => {
        const ended = tx
          .selectFrom('approval')
          .select('id')
          .where('ended', '<', before)
          .where('kept', '=', 1)
          .orderBy('id')
          .limit(limits.pageRowsMax)
        const ids = (await ended.execute()).map((row) => row.id)
        if (ids.length === 0) return
        await tx.deleteFrom('approval_body').where('approval', 'in', ids).execute()
        await tx.updateTable('approval').set({ kept: 0 }).where('id', 'in', ids).execute()
      }),
  }
}
