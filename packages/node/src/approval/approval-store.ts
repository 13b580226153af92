import type { Digest } from '@ambit/core/digest'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import type { ApprovalState } from './approval.ts'
import { init } from './migrations/001-init.ts'

/** Columns are named as the rows are: what changes after `asked` is null until it happens. */
export interface ApprovalRow {
  readonly id: string
  readonly organization: string
  readonly subject: string
  readonly holder: string
  readonly act: string
  /** Keyed hash of the action; see `action.ts`. */
  readonly action: string
  readonly card: Digest
  readonly state: ApprovalState
  readonly asked: number
  readonly expires: number
  readonly decided_by: string | null
  readonly decided_at: number | null
  /** Envelope of the person's signature. */
  readonly signature: string | null
  /** Where the log says that it was approved; without it the act is not performed. */
  readonly approved_leaf: number | null
  /** Which node performs it. */
  readonly replica: string | null
  readonly ended: number | null
  /** 1 once the holder has the outcome. */
  readonly collected: number
  /** 0 once the body was taken away, some time after the end. */
  readonly kept: number
}

/** Sealed, each to its row. */
export interface ApprovalBody {
  readonly act: Uint8Array
  readonly card: Uint8Array
}

interface Tables {
  approval: ApprovalRow
  approval_body: ApprovalBody & { approval: string; outcome: Uint8Array | null }
}

/** Rows of one action that are looked at: of its pending, approved and performing ones there are no more. */
const ofActionMax = 10

export interface ApprovalListing {
  readonly organization: string
  readonly subject?: string
  readonly state?: ApprovalState
  readonly before?: string
  readonly limit: number
}

export interface ApprovalReader {
  find(id: string): Promise<ApprovalRow | undefined>
  body(id: string, part: 'act' | 'card' | 'outcome'): Promise<Uint8Array | undefined>
  /** Newest first. */
  ofAction(action: string): Promise<ApprovalRow[]>
  pendingCount(holder: string): Promise<number>
  /** How many wait in an organisation. */
  pendingIn(organization: string): Promise<number>
  list(listing: ApprovalListing): Promise<ApprovalRow[]>
  /** Pending or approved, but too late. */
  overdue(now: number): Promise<ApprovalRow[]>
  /** Every approved one that waits to be performed. */
  approved(now: number): Promise<ApprovalRow[]>
  performing(replica: string): Promise<ApprovalRow[]>
}

export type ApprovalChange = Partial<
  Pick<
    ApprovalRow,
    'state' | 'decided_by' | 'decided_at' | 'signature' | 'approved_leaf' | 'replica' | 'ended' | 'collected'
  >
>

export interface ApprovalWriter {
  /** False when the same action is pending already. */
  insert(row: ApprovalRow, body: ApprovalBody): Promise<boolean>
  /** Compare and set: true for exactly one of those that try to take it from one of these states. */
  move(
    id: string,
    from: readonly ApprovalState[],
    change: ApprovalChange,
    options?: MoveOptions,
  ): Promise<boolean>
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
  /** Sealed outcome, kept when the move is made. */
  readonly outcome?: Uint8Array
}

export async function openApprovalStore(store: Store): Promise<ApprovalReader & ApprovalWriter> {
  await store.migrate({ domain: 'approval', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): ApprovalReader {
  const db = store.tables<Tables>()
  const rows = () => db.selectFrom('approval').selectAll().limit(limits.pageRowsMax)
  return {
    find: async (id) => await rows().where('id', '=', id).executeTakeFirst(),
    ofAction: async (action) =>
      await rows().where('action', '=', action).orderBy('id', 'desc').limit(ofActionMax).execute(),
    async body(id, part) {
      const row = await db
        .selectFrom('approval_body')
        .select(part)
        .where('approval', '=', id)
        .executeTakeFirst()
      return row?.[part] ?? undefined
    },
    async pendingCount(holder) {
      const row = await db
        .selectFrom('approval')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('holder', '=', holder)
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow()
      return row.n
    },
    async pendingIn(organization) {
      const row = await db
        .selectFrom('approval')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('organization', '=', organization)
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow()
      return row.n
    },
    async list({ organization, subject, state, before, limit }) {
      let query = rows().where('organization', '=', organization)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      if (state !== undefined) query = query.where('state', '=', state)
      if (before !== undefined) query = query.where('id', '<', before)
      return await query.orderBy('id', 'desc').limit(limit).execute()
    },
    overdue: async (now) =>
      await rows().where('state', 'in', ['pending', 'approved']).where('expires', '<=', now).execute(),
    approved: async (now) =>
      await db
        .selectFrom('approval')
        .selectAll()
        .where('state', '=', 'approved')
        .where('expires', '>', now)
        .execute(),
    performing: async (replica) =>
      await db
        .selectFrom('approval')
        .selectAll()
        .where('state', '=', 'performing')
        .where('replica', '=', replica)
        .execute(),
  }
}

function createWriter(store: Store): ApprovalWriter {
  const db = store.tables<Tables>()
  return {
    insert: async (row, body) =>
      await store.transaction<Tables, boolean>(async (tx) => {
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
    move: async (id, from, change, { liveAt, logged, outcome } = {}) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        let query = tx
          .updateTable('approval')
          .set(change)
          .where('id', '=', id)
          .where('state', 'in', [...from])
        if (liveAt !== undefined) query = query.where('expires', '>', liveAt)
        if (logged === true) query = query.where('approved_leaf', 'is not', null)
        if ((await query.executeTakeFirst()).numUpdatedRows !== 1n) return false
        if (outcome !== undefined) {
          await tx.updateTable('approval_body').set({ outcome }).where('approval', '=', id).execute()
        }
        return true
      }),
    async collect(id) {
      const done = await db
        .updateTable('approval')
        .set({ collected: 1 })
        .where('id', '=', id)
        .where('collected', '=', 0)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async purgeOf(subject) {
      await store.transaction<Tables, void>(async (tx) => {
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
      await store.transaction<Tables, void>(async (tx) => {
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
