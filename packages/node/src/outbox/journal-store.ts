import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import type { JournalRow } from './journal-row.ts'
import { init } from './migrations/001-init.ts'

interface Tables {
  journal_act: JournalRow
  journal_cursor: { log: string; position: number }
  journal_reads: { organization: string; person: string; day: number; acts: number }
  journal_seen: { organization: string; person: string; act: string }
}

export interface FeedQuery {
  readonly organization: string
  readonly person: string
  readonly agent?: string
  readonly effect?: string
  /** Began in this span, in ms. */
  readonly from?: number
  readonly to?: number
  /** Newer than this act. */
  readonly after?: string
  /** Older than this act. */
  readonly before?: string
  readonly limit: number
}

export interface ReadCount {
  readonly organization: string
  readonly person: string
  /** Days since 1970 (UTC). */
  readonly day: number
  readonly acts: number
}

export interface DayCount {
  readonly day: number
  readonly state: JournalRow['state']
  readonly undone: number
  readonly acts: number
}

/** What one part of the log says, folded. */
export interface JournalBatch {
  readonly rows: readonly JournalRow[]
  readonly reads: readonly ReadCount[]
  /** Acts that were undone, as the log has it. */
  readonly undone: readonly UndoneFact[]
}

export interface UndoneFact {
  readonly act: string
  readonly by: string
  readonly state: 'undone' | 'unknown'
  readonly at: number
}

export interface JournalReader {
  position(log: string): Promise<number>
  find(act: string): Promise<JournalRow | undefined>
  findAll(acts: readonly string[]): Promise<JournalRow[]>
  /** Newest first. */
  list(query: FeedQuery): Promise<JournalRow[]>
  /** Of one trace, newest first. */
  ofTrace(organization: string, trace: string, limit: number): Promise<JournalRow[]>
  /** Acts of a person by day and state, from that day on. */
  days(organization: string, person: string, from: number): Promise<DayCount[]>
  reads(organization: string, person: string, from: number): Promise<ReadCount[]>
  seen(organization: string, person: string): Promise<string | undefined>
}

export interface JournalWriter {
  /**
   * Keeps what the log says from `from` to `to`, all or nothing. `fold` gets the rows that are there of these acts.
   * False when another replica was here before: nothing is kept then.
   */
  advance(
    span: { readonly log: string; readonly from: number; readonly to: number },
    acts: readonly string[],
    fold: (known: readonly JournalRow[]) => JournalBatch,
  ): Promise<boolean>
  /** True for exactly one that begins to undo an act. */
  beginUndo(act: string, by: string, at: number): Promise<boolean>
  /** Only where this act of undoing began it. */
  endUndo(act: string, by: string, state: 'undone' | 'unknown' | null): Promise<void>
  /** Contents of a person in this span were erased: nothing can be made up from them. */
  forgetInverses(person: string, from: number, to: number): Promise<void>
  /** Never goes back. */
  setSeen(organization: string, person: string, act: string): Promise<void>
}

const dayMs = 86_400_000

export async function openJournalStore(store: Store): Promise<JournalReader & JournalWriter> {
  await store.migrate({ domain: 'outbox', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): JournalReader {
  const db = store.tables<Tables>()
  const rows = () => db.selectFrom('journal_act').selectAll().orderBy('act', 'desc')
  return {
    async position(log) {
      const row = await db
        .selectFrom('journal_cursor')
        .select('position')
        .where('log', '=', log)
        .executeTakeFirst()
      return row?.position ?? 0
    },
    find: async (act) => await rows().where('act', '=', act).executeTakeFirst(),
    findAll: async (acts) =>
      acts.length === 0
        ? []
        : await rows()
            .where('act', 'in', [...acts])
            .execute(),
    async list({ organization, person, agent, effect, from, to, after, before, limit }) {
      let query = rows().where('organization', '=', organization).where('person', '=', person).limit(limit)
      if (agent !== undefined) query = query.where('agent', '=', agent)
      if (effect !== undefined) query = query.where('effect', '=', effect as JournalRow['effect'])
      if (from !== undefined) query = query.where('at', '>=', from)
      if (to !== undefined) query = query.where('at', '<', to)
      if (after !== undefined) query = query.where('act', '>', after)
      if (before !== undefined) query = query.where('act', '<', before)
      return await query.execute()
    },
    ofTrace: async (organization, trace, limit) =>
      await rows().where('organization', '=', organization).where('trace', '=', trace).limit(limit).execute(),
    async days(organization, person, from) {
      const day = sql<number>`at / ${sql.lit(dayMs)}`
      const undone = sql<number>`case when undo_state = 'undone' then 1 else 0 end`
      return await db
        .selectFrom('journal_act')
        .select((by) => [day.as('day'), 'state', undone.as('undone'), by.fn.countAll<number>().as('acts')])
        .where('organization', '=', organization)
        .where('person', '=', person)
        .where('at', '>=', from * dayMs)
        .groupBy([day, 'state', undone])
        .limit(limits.pageRowsMax * 100)
        .execute()
    },
    reads: async (organization, person, from) =>
      await db
        .selectFrom('journal_reads')
        .selectAll()
        .where('organization', '=', organization)
        .where('person', '=', person)
        .where('day', '>=', from)
        .orderBy('day', 'desc')
        .limit(limits.pageRowsMax * 2)
        .execute(),
    async seen(organization, person) {
      const row = await db
        .selectFrom('journal_seen')
        .select('act')
        .where('organization', '=', organization)
        .where('person', '=', person)
        .executeTakeFirst()
      return row?.act
    },
  }
}

function createWriter(store: Store): JournalWriter {
  const db = store.tables<Tables>()
  return {
    advance: async (span, acts, fold) =>
      await store.transaction<Tables, boolean>(async (tx) => await advance(tx, span, acts, fold)),
    async beginUndo(act, by, at) {
      const begun = await db
        .updateTable('journal_act')
        .set({ undo_state: 'undoing', undone_by: by, undo_at: at })
        .where('act', '=', act)
        .where('state', '=', 'done')
        .where('undo_state', 'is', null)
        .executeTakeFirst()
      return begun.numUpdatedRows === 1n
    },
    async endUndo(act, by, state) {
      await db
        .updateTable('journal_act')
        .set(state === null ? { undo_state: null, undone_by: null } : { undo_state: state })
        .where('act', '=', act)
        .where('undone_by', '=', by)
        .where('undo_state', '=', 'undoing')
        .execute()
    },
    async forgetInverses(person, from, to) {
      await db
        .updateTable('journal_act')
        .set({ inverse: null, undo_until: null })
        .where('person', '=', person)
        .where('at', '>=', from)
        .where('at', '<', to)
        .execute()
    },
    async setSeen(organization, person, act) {
      await db
        .insertInto('journal_seen')
        .values({ organization, person, act })
        .onConflict((on) =>
          on.columns(['organization', 'person']).doUpdateSet({ act }).where('journal_seen.act', '<', act),
        )
        .execute()
    },
  }
}

async function advance(
  tx: Kysely<Tables>,
  { log, from, to }: Parameters<JournalWriter['advance']>[0],
  acts: readonly string[],
  fold: (known: readonly JournalRow[]) => JournalBatch,
): Promise<boolean> {
  await tx
    .insertInto('journal_cursor')
    .values({ log, position: 0 })
    .onConflict((on) => on.doNothing())
    .execute()
  const moved = await tx
    .updateTable('journal_cursor')
    .set({ position: to })
    .where('log', '=', log)
    .where('position', '=', from)
    .executeTakeFirst()
  if (moved.numUpdatedRows !== 1n) return false
  const { rows, reads, undone } = fold(await rowsOf(tx, acts))
  await putRows(tx, rows)
  for (const read of reads) {
    await tx
      .insertInto('journal_reads')
      .values(read)
      .onConflict((on) =>
        on
          .columns(['organization', 'person', 'day'])
          .doUpdateSet({ acts: sql<number>`journal_reads.acts + ${read.acts}` }),
      )
      .execute()
  }
  for (const { act, by, state, at } of undone) {
    // Whoever undoes says so itself; this is for a journal that is built anew.
    await tx
      .updateTable('journal_act')
      .set({ undo_state: state, undone_by: by, undo_at: at })
      .where('act', '=', act)
      .where('undo_at', 'is', null)
      .execute()
  }
  return true
}

/**
 * Rows of one statement, the larger first. Only these sizes: a statement is kept for each text there was, and one of a
 * hundred rows takes a hundred kilobytes.
 */
const rowsOfStatement = [32, 4, 1]
const actsOfStatement = 64

async function rowsOf(tx: Kysely<Tables>, acts: readonly string[]): Promise<JournalRow[]> {
  const found: JournalRow[] = []
  for (let at = 0; at < acts.length; at += actsOfStatement) {
    const some = acts.slice(at, at + actsOfStatement)
    // One that stands there twice is found once.
    while (some.length < actsOfStatement) some.push(some[0]!)
    found.push(...(await tx.selectFrom('journal_act').selectAll().where('act', 'in', some).execute()))
  }
  return found
}

async function putRows(tx: Kysely<Tables>, rows: readonly JournalRow[]): Promise<void> {
  for (let at = 0; at < rows.length;) {
    const size = rowsOfStatement.find((each) => each <= rows.length - at)!
    await putStatement(tx, rows.slice(at, at + size))
    at += size
  }
}

async function putStatement(tx: Kysely<Tables>, rows: readonly JournalRow[]): Promise<void> {
  await tx
    .insertInto('journal_act')
    .values(rows)
    .onConflict((on) =>
      on.column('act').doUpdateSet((by) => ({
        at: by.ref('excluded.at'),
        ended: by.ref('excluded.ended'),
        decision: by.ref('excluded.decision'),
        approval: by.ref('excluded.approval'),
        decided_by: by.ref('excluded.decided_by'),
        due: by.ref('excluded.due'),
        state: by.ref('excluded.state'),
        reason: by.ref('excluded.reason'),
        inverse: by.ref('excluded.inverse'),
        undo_until: by.ref('excluded.undo_until'),
      })),
    )
    .execute()
}
