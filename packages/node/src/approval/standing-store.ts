import type { Digest } from '@ambit/core/digest'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'

/** A standing approval: for exactly such acts, until it expires or is ended. */
export interface StandingRow {
  readonly id: string
  readonly organization: string
  readonly subject: string
  /** The act that was approved when it was given. */
  readonly act: string
  readonly card: Digest
  readonly given_by: string
  readonly given_at: number
  readonly expires: number
  /** Envelope of the person's signature, over the pattern's digest too. */
  readonly signature: string
  /** Where the log has it; null: it is not in force. */
  readonly leaf: number | null
  readonly ended: number | null
  /** Where the log says that it was ended; null: it is not in force all the same. */
  readonly ended_leaf: number | null
  /** Sealed; null once it was taken away. */
  readonly pattern: Uint8Array | null
}

interface Tables {
  approval_standing: StandingRow
}

export interface StandingStore {
  find(id: string): Promise<StandingRow | undefined>
  /** Those in force, in the order of their ids, a page at a time. */
  live(now: number, after: string): Promise<StandingRow[]>
  liveCount(subject: string, now: number): Promise<number>
  list(organization: string, now: number, subject: string | undefined, after: string): Promise<StandingRow[]>
  /** Nothing happens when it is there already. */
  insert(row: StandingRow): Promise<void>
  /** Puts it into force, unless it was ended before. */
  logged(id: string, leaf: number): Promise<void>
  /** True for exactly one of those that end it. */
  end(id: string, now: number): Promise<boolean>
  endLogged(id: string, leaf: number): Promise<void>
  /** Ends those of a person and takes what they say away. */
  endOf(subject: string, now: number): Promise<readonly StandingRow[]>
  /** Takes away what those said that are over since before then. */
  purge(before: number): Promise<void>
}

export function createStandingStore(store: Store): StandingStore {
  const db = store.tables<Tables>()
  const rows = () => db.selectFrom('approval_standing').selectAll().limit(limits.pageRowsMax)
  const inForce = (now: number) =>
    rows().where('ended', 'is', null).where('leaf', 'is not', null).where('expires', '>', now)
  return {
    find: async (id) => await rows().where('id', '=', id).executeTakeFirst(),
    live: async (now, after) => await inForce(now).where('id', '>', after).orderBy('id').execute(),
    async liveCount(subject, now) {
      const row = await db
        .selectFrom('approval_standing')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('subject', '=', subject)
        .where('ended', 'is', null)
        .where('expires', '>', now)
        .executeTakeFirstOrThrow()
      return row.n
    },
    async list(organization, now, subject, after) {
      let query = inForce(now).where('organization', '=', organization).where('id', '>', after)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      return await query.orderBy('id').execute()
    },
    async insert(row) {
      await db
        .insertInto('approval_standing')
        .values(row)
        .onConflict((on) => on.doNothing())
        .execute()
    },
    async logged(id, leaf) {
      await db
        .updateTable('approval_standing')
        .set({ leaf })
        .where('id', '=', id)
        .where('leaf', 'is', null)
        .where('ended', 'is', null)
        .execute()
    },
    async end(id, now) {
      const done = await db
        .updateTable('approval_standing')
        .set({ ended: now })
        .where('id', '=', id)
        .where('ended', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async endLogged(id, leaf) {
      await db.updateTable('approval_standing').set({ ended_leaf: leaf }).where('id', '=', id).execute()
    },
    async endOf(subject, now) {
      const ended = await db
        .updateTable('approval_standing')
        .set({ ended: now })
        .where('subject', '=', subject)
        .where('ended', 'is', null)
        .returningAll()
        .execute()
      await db
        .updateTable('approval_standing')
        .set({ pattern: null })
        .where('subject', '=', subject)
        .execute()
      return ended
    },
    async purge(before) {
      await db
        .updateTable('approval_standing')
        .set({ pattern: null })
        .where('pattern', 'is not', null)
        .where((by) => by.or([by('ended', '<', before), by('expires', '<', before)]))
        .execute()
    },
  }
}
