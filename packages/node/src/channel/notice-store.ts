import type { Store } from '../store/store.ts'
import type { ChannelTables, NoticeRow } from './channel-row.ts'

/** What waits to be told; the first of one thing is told first. */
export interface NoticeStore {
  /** Channels for which anything waits, in the order of their ids, a page at a time. */
  lanes(after: string): Promise<Pick<NoticeRow, 'channel' | 'person'>[]>
  /** Oldest first, as many as are looked at in one step. */
  waiting(channel: string): Promise<NoticeRow[]>
  waitingCount(channel: string): Promise<number>
  /** False when it was there before: another replica heard of it too. */
  enqueue(row: NoticeRow): Promise<boolean>
  /** Another attempt is due then. */
  again(ids: readonly string[], attempts: number, next: number): Promise<void>
  /** Nothing of this channel is sent before then. */
  rest(channel: string, next: number): Promise<void>
  /** As `rest`, because its person is not to be disturbed. */
  keep(channel: string, until: number, expires: number): Promise<void>
  /** What was kept for quiet hours is due now. */
  release(channel: string, now: number): Promise<void>
  /** They are over, and what they said is taken away. */
  settle(ids: readonly string[], state: 'sent' | 'dropped'): Promise<void>
  /** Nothing that waits for a person is told any more, and what it said is taken away. */
  dropOf(person: string): Promise<void>
  /** Forgets what is over and that old. */
  purge(before: number): Promise<void>
}

const pageRows = 500
/** Notices of a channel that are looked at in one step. */
const stepRows = 200

export function createNoticeStore(store: Store): NoticeStore {
  const db = store.tables<ChannelTables>()
  const waitingRows = (channel: string) =>
    db.updateTable('channel_notice').where('channel', '=', channel).where('state', '=', 'waiting')
  return {
    lanes: async (after) =>
      await db
        .selectFrom('channel_notice')
        .select(['channel', 'person'])
        .distinct()
        .where('state', '=', 'waiting')
        .where('channel', '>', after)
        .orderBy('channel')
        .limit(pageRows)
        .execute(),
    waiting: async (channel) =>
      await db
        .selectFrom('channel_notice')
        .selectAll()
        .where('channel', '=', channel)
        .where('state', '=', 'waiting')
        .orderBy('at')
        .orderBy('rank')
        .orderBy('id')
        .limit(stepRows)
        .execute(),
    async waitingCount(channel) {
      const row = await db
        .selectFrom('channel_notice')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('channel', '=', channel)
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow()
      return row.n
    },
    async enqueue(row) {
      const added = await db
        .insertInto('channel_notice')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },
    async again(ids, attempts, next) {
      await db
        .updateTable('channel_notice')
        .set({ attempts, next })
        .where('id', 'in', [...ids])
        .execute()
    },
    async rest(channel, next) {
      await waitingRows(channel).set({ next }).where('next', '<', next).execute()
    },
    async keep(channel, until, expires) {
      await waitingRows(channel).set({ next: until, expires, quiet: 1 }).where('next', '<', until).execute()
    },
    async release(channel, now) {
      await waitingRows(channel).set({ next: now }).where('quiet', '=', 1).execute()
    },
    async settle(ids, state) {
      if (ids.length === 0) return
      await db
        .updateTable('channel_notice')
        .set({ state, body: null })
        .where('id', 'in', [...ids])
        .execute()
    },
    async dropOf(person) {
      await db
        .updateTable('channel_notice')
        .set({ state: 'dropped', body: null })
        .where('person', '=', person)
        .where('state', '=', 'waiting')
        .execute()
    },
    async purge(before) {
      await db.deleteFrom('channel_notice').where('at', '<', before).where('state', '!=', 'waiting').execute()
    },
  }
}
