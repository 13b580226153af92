import type { Store } from '../store/store.ts'
import type { ChannelRow, ChannelTables, Topic, Wish } from './channel-row.ts'
import { init } from './migrations/001-init.ts'
import { createNoticeStore } from './notice-store.ts'
import type { NoticeStore } from './notice-store.ts'
import type { QuietHours } from './quiet.ts'

export interface ChannelReader {
  find(id: string): Promise<ChannelRow | undefined>
  /** Oldest first. */
  ofPerson(person: string): Promise<ChannelRow[]>
  count(person: string, kind: ChannelRow['kind']): Promise<number>
  /** People who have any, in the order of their ids, a page at a time. */
  people(after: string): Promise<Pick<ChannelRow, 'person' | 'organization'>[]>
  wish(person: string): Promise<Wish | undefined>
  wishes(after: string): Promise<Wish[]>
}

export interface ChannelWriter {
  /** What had the same address before goes: a browser tells whoever used it last. */
  add(row: ChannelRow): Promise<void>
  /** With everything that waits for it; false when there is none of this person. */
  remove(id: string, person: string): Promise<boolean>
  setWish(wish: Wish): Promise<void>
  /** Compare and set: true for exactly one replica, which sends to it then. */
  claim(id: string, from: string | null, to: string | null): Promise<boolean>
  noteSent(id: string, at: number): Promise<void>
  noteFailure(id: string, at: number, failure: string): Promise<void>
}

export type ChannelStore = ChannelReader & ChannelWriter & NoticeStore

const pageRows = 500

export async function openChannelStore(store: Store): Promise<ChannelStore> {
  await store.migrate({ domain: 'channel', steps: [init] })
  return { ...createReader(store), ...createWriter(store), ...createNoticeStore(store) }
}

function createReader(store: Store): ChannelReader {
  const db = store.tables<ChannelTables>()
  return {
    find: async (id) => await db.selectFrom('channel').selectAll().where('id', '=', id).executeTakeFirst(),
    ofPerson: async (person) =>
      await db
        .selectFrom('channel')
        .selectAll()
        .where('person', '=', person)
        .orderBy('id')
        .limit(pageRows)
        .execute(),
    async count(person, kind) {
      const row = await db
        .selectFrom('channel')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('person', '=', person)
        .where('kind', '=', kind)
        .executeTakeFirstOrThrow()
      return row.n
    },
    people: async (after) =>
      await db
        .selectFrom('channel')
        .select(['person', 'organization'])
        .distinct()
        .where('person', '>', after)
        .orderBy('person')
        .limit(pageRows)
        .execute(),
    async wish(person) {
      const row = await db
        .selectFrom('channel_wish')
        .selectAll()
        .where('person', '=', person)
        .executeTakeFirst()
      return row && wishOf(row)
    },
    async wishes(after) {
      const rows = await db
        .selectFrom('channel_wish')
        .selectAll()
        .where('person', '>', after)
        .orderBy('person')
        .limit(pageRows)
        .execute()
      return rows.map(wishOf)
    },
  }
}

/** Written here, from values that were checked. */
function wishOf({ person, organization, quiet, tell }: ChannelTables['channel_wish']): Wish {
  return {
    person,
    organization,
    quiet: quiet === null ? undefined : (JSON.parse(quiet) as QuietHours),
    tell: JSON.parse(tell) as Topic[],
  }
}

function createWriter(store: Store): ChannelWriter {
  const db = store.tables<ChannelTables>()
  const changed = async (id: string, change: Partial<ChannelRow>): Promise<void> => {
    await db.updateTable('channel').set(change).where('id', '=', id).execute()
  }
  return {
    async add(row) {
      await store.transaction<ChannelTables, void>(async (tx) => {
        const old = await tx
          .deleteFrom('channel')
          .where('address', '=', row.address)
          .returning('id')
          .execute()
        for (const { id } of old) await tx.deleteFrom('channel_notice').where('channel', '=', id).execute()
        await tx.insertInto('channel').values(row).execute()
      })
    },
    remove: async (id, person) =>
      await store.transaction<ChannelTables, boolean>(async (tx) => {
        const query = tx.deleteFrom('channel').where('id', '=', id).where('person', '=', person)
        const removed = await query.returning('id').executeTakeFirst()
        if (removed === undefined) return false
        await tx.deleteFrom('channel_notice').where('channel', '=', id).execute()
        return true
      }),
    async setWish({ person, organization, quiet, tell }) {
      const values = { quiet: quiet === undefined ? null : JSON.stringify(quiet), tell: JSON.stringify(tell) }
      await db
        .insertInto('channel_wish')
        .values({ person, organization, ...values })
        .onConflict((conflict) => conflict.column('person').doUpdateSet(values))
        .execute()
    },
    async claim(id, from, to) {
      const claimed = await db
        .updateTable('channel')
        .set({ busy_by: to })
        .where('id', '=', id)
        .where('busy_by', from === null ? 'is' : '=', from)
        .returning('id')
        .executeTakeFirst()
      return claimed !== undefined
    },
    noteSent: async (id, at) => await changed(id, { sent: at, failing: null, failure: null }),
    async noteFailure(id, at, failure) {
      await changed(id, { failure })
      await db
        .updateTable('channel')
        .set({ failing: at })
        .where('id', '=', id)
        .where('failing', 'is', null)
        .execute()
    },
  }
}

export type { ChannelRow, NoticeRow, Wish } from './channel-row.ts'
