import type { SelectQueryBuilder } from 'kysely'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import type { ApprovalState } from './approval.ts'
import { waitingStates } from './approval-row.ts'
import type { ApprovalRow, ApprovalTables } from './approval-row.ts'

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
  /** The step of an approved plan that is exactly this action, and that nobody took yet. */
  stepOf(action: string, now: number): Promise<ApprovalRow | undefined>
  stepsOf(plan: string): Promise<ApprovalRow[]>
  /** What waits for a decision, or to be taken, in the order of their ids, a page at a time. */
  waiting(organization: string, after: string, subject?: string): Promise<ApprovalRow[]>
  /** How often a person was asked since then, and how often they approved without opening the card, or within so many ms of it. */
  askedSince(subject: string, since: number): Promise<number>
  quickSince(person: string, since: number, quickMs: number): Promise<number>
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
  performing(): Promise<ApprovalRow[]>
  /** Held ones whose window is over, and those released before that time which the log does not have yet. */
  due(now: number, unloggedSince: number): Promise<ApprovalRow[]>
  /** When the next held one is due that is not too late. */
  nextDue(now: number): Promise<number | undefined>
  /** Held ones in the order of their ids, a page at a time. */
  held(after: string): Promise<ApprovalRow[]>
  heldCount(holder: string): Promise<number>
}

export function createApprovalReader(store: Store): ApprovalReader {
  return { ...oneByOne(store), ...counted(store), ...unfinished(store), ...inTheOutbox(store) }
}

function oneByOne(
  store: Store,
): Pick<ApprovalReader, 'find' | 'ofAction' | 'stepOf' | 'stepsOf' | 'waiting' | 'body' | 'list'> {
  const db = store.tables<ApprovalTables>()
  const rows = () => db.selectFrom('approval').selectAll().limit(limits.pageRowsMax)
  return {
    find: async (id) => await rows().where('id', '=', id).executeTakeFirst(),
    ofAction: async (action) =>
      await rows().where('action', '=', action).orderBy('id', 'desc').limit(ofActionMax).execute(),
    stepOf: async (action, now) =>
      await rows()
        .where('action', '=', action)
        .where('state', '=', 'planned')
        .where('approved_leaf', 'is not', null)
        .where('expires', '>', now)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst(),
    stepsOf: async (plan) => await rows().where('plan', '=', plan).orderBy('id').execute(),
    async waiting(organization, after, subject) {
      let query = rows()
        .where('organization', '=', organization)
        .where('state', 'in', [...waitingStates])
        .where('id', '>', after)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      return await query.orderBy('id').execute()
    },
    async body(id, part) {
      const row = await db
        .selectFrom('approval_body')
        .select(part)
        .where('approval', '=', id)
        .executeTakeFirst()
      return row?.[part] ?? undefined
    },
    async list({ organization, subject, state, before, limit }) {
      let query = rows().where('organization', '=', organization)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      if (state !== undefined) query = query.where('state', '=', state)
      if (before !== undefined) query = query.where('id', '<', before)
      return await query.orderBy('id', 'desc').limit(limit).execute()
    },
  }
}

function counted(
  store: Store,
): Pick<ApprovalReader, 'askedSince' | 'quickSince' | 'pendingCount' | 'pendingIn' | 'heldCount'> {
  const approvals = () => store.tables<ApprovalTables>().selectFrom('approval')
  return {
    askedSince: async (subject, since) =>
      await count(
        approvals()
          .where('subject', '=', subject)
          .where('asked', '>', since)
          .where('mode', '=', 'act')
          .where('due', 'is', null),
      ),
    quickSince: async (person, since, quickMs) =>
      await count(
        approvals()
          .where('decided_by', '=', person)
          .where('decided_at', '>', since)
          .where('mode', '=', 'act')
          .where('state', '!=', 'denied')
          .where('due', 'is', null)
          .where((by) =>
            by.or([by('opened', 'is', null), by(by('decided_at', '-', by.ref('opened')), '<', quickMs)]),
          ),
      ),
    pendingCount: async (holder) =>
      await count(approvals().where('holder', '=', holder).where('state', '=', 'pending')),
    pendingIn: async (organization) =>
      await count(approvals().where('organization', '=', organization).where('state', '=', 'pending')),
    heldCount: async (holder) =>
      await count(approvals().where('holder', '=', holder).where('state', '=', 'held')),
  }
}

function unfinished(store: Store): Pick<ApprovalReader, 'overdue' | 'approved' | 'performing'> {
  const db = store.tables<ApprovalTables>()
  const rows = () => db.selectFrom('approval').selectAll().limit(limits.pageRowsMax)
  return {
    overdue: async (now) =>
      await rows()
        .where('state', 'in', [...waitingStates])
        .where('expires', '<=', now)
        .execute(),
    approved: async (now) =>
      await db
        .selectFrom('approval')
        .selectAll()
        .where('state', '=', 'approved')
        .where('expires', '>', now)
        .execute(),
    performing: async () =>
      await db.selectFrom('approval').selectAll().where('state', '=', 'performing').execute(),
  }
}

function inTheOutbox(store: Store): Pick<ApprovalReader, 'due' | 'nextDue' | 'held'> {
  const db = store.tables<ApprovalTables>()
  const rows = () => db.selectFrom('approval').selectAll().limit(limits.pageRowsMax)
  return {
    due: async (now, unloggedSince) =>
      await rows()
        .where('due', '<=', now)
        .where('expires', '>', now)
        .where((by) =>
          by.or([
            by('state', '=', 'held'),
            by.and([
              by('state', '=', 'approved'),
              by('approved_leaf', 'is', null),
              by('decided_at', '<=', unloggedSince),
            ]),
          ]),
        )
        .orderBy('due')
        .execute(),
    async nextDue(now) {
      const row = await db
        .selectFrom('approval')
        .select('due')
        .where('state', '=', 'held')
        .where('expires', '>', now)
        .orderBy('due')
        .limit(1)
        .executeTakeFirst()
      return row?.due ?? undefined
    },
    held: async (after) =>
      await rows().where('state', '=', 'held').where('id', '>', after).orderBy('id').execute(),
  }
}

async function count(query: SelectQueryBuilder<ApprovalTables, 'approval', object>): Promise<number> {
  const row = await query.select((by) => by.fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
  return row.n
}
