import { sql } from 'kysely'
import type { Store } from '../../../store/store.ts'
import { migrateA2a } from '../a2a-task-store.ts'

/** Where an agent may push to, and on whose behalf: what a client's configuration became. */
export interface CallbackRow {
  readonly id: string
  readonly organization: string
  /** did:key of the holder whose task it is. */
  readonly holder: string
  /** The mandates it was made under, root first, as JSON. */
  readonly links: string
  /** AIC of the agent. */
  readonly record: string
  /** Null until the agent has said which task its message made. */
  readonly task: string | null
  /** The configuration's id, as the agent and the client know it. */
  readonly config: string
  /** Keyed digest of the client's configuration. */
  readonly content: string
  /** The client's address and secrets, sealed to this row. */
  readonly sealed: Uint8Array
  /** SHA-256 of the token that the agent has; null until it was sent one. */
  readonly token: string | null
  /** The act that made the task, and its trace. */
  readonly act: string | null
  readonly trace: string | null
  readonly made: number
  /** When the agent said that the task is over. */
  readonly ended: number | null
  /** How many pushes came: the place of the next one in the order. */
  readonly heard: number
  /** SHA-256 of the last push, where it told a state. */
  readonly last: string | null
}

/** A push that was accepted and not delivered yet. */
export interface PushRow {
  readonly callback: string
  readonly place: number
  /** The act of its arrival. */
  readonly act: string
  readonly trace: string
  readonly holder: string
  readonly record: string
  /** 1: it came after the end of its task. */
  readonly late: number
  /** Sealed to its callback. */
  readonly body: Uint8Array
  readonly bytes: number
  readonly at: number
  readonly attempts: number
  /** Not tried before. */
  readonly next: number
}

/** What waits for one holder, or from one agent. */
export interface Waiting {
  readonly pushes: number
  readonly bytes: number
}

export interface PushReader {
  callback(id: string): Promise<CallbackRow | undefined>
  /** The armed ones of a task, oldest first. */
  ofTask(holder: string, record: string, task: string): Promise<CallbackRow[]>
  /** One that was made for the very same configuration and never sent to the agent. */
  unsent(
    holder: string,
    record: string,
    task: string | null,
    content: string,
  ): Promise<CallbackRow | undefined>
  count(holder: string): Promise<number>
  /** Ids of all callbacks that one agent may push to. */
  ofRecord(record: string): Promise<readonly string[]>
  waiting(of: { readonly holder: string } | { readonly record: string }): Promise<Waiting>
  /** The oldest push of a callback. */
  head(callback: string): Promise<PushRow | undefined>
  /** Callbacks for which something waits. */
  lanes(): Promise<Pick<PushRow, 'callback' | 'holder'>[]>
}

export type CallbackChange = Partial<Pick<CallbackRow, 'task' | 'config' | 'token' | 'act' | 'trace'>>

export interface PushWriter {
  addCallback(row: CallbackRow): Promise<void>
  changeCallback(id: string, change: CallbackChange): Promise<void>
  /** Says which task it is for; false when another one was said before. */
  bind(id: string, task: string): Promise<boolean>
  /** With everything that waits for it. */
  removeCallback(id: string): Promise<void>
  /** Puts a push behind those that came before it. False when the callback is gone. */
  add(
    push: Omit<PushRow, 'place' | 'attempts' | 'next'>,
    last: string | null,
    ended: number | null,
  ): Promise<boolean>
  again(callback: string, place: number, attempts: number, next: number): Promise<void>
  removePush(callback: string, place: number): Promise<void>
  /** Forgets callbacks never sent to an agent, of tasks that ended, and very old ones, unless something waits there. */
  sweep(before: { readonly unsent: number; readonly ended: number; readonly made: number }): Promise<void>
}

interface Tables {
  a2a_callback: CallbackRow
  a2a_push: PushRow
}

export async function openPushStore(store: Store): Promise<PushReader & PushWriter> {
  await migrateA2a(store)
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): PushReader {
  const db = store.tables<Tables>()
  const callbacks = () => db.selectFrom('a2a_callback').selectAll()
  return {
    callback: async (id) => await callbacks().where('id', '=', id).executeTakeFirst(),
    ofTask: async (holder, record, task) =>
      await callbacks()
        .where('holder', '=', holder)
        .where('record', '=', record)
        .where('task', '=', task)
        .where('token', 'is not', null)
        .orderBy('made')
        .orderBy('id')
        .execute(),
    unsent: async (holder, record, task, content) =>
      await callbacks()
        .where('holder', '=', holder)
        .where('record', '=', record)
        .where('task', task === null ? 'is' : '=', task)
        .where('content', '=', content)
        .where('token', 'is', null)
        .executeTakeFirst(),
    async ofRecord(record) {
      const rows = await db.selectFrom('a2a_callback').select('id').where('record', '=', record).execute()
      return rows.map(({ id }) => id)
    },
    async count(holder) {
      const row = await db
        .selectFrom('a2a_callback')
        .select((by) => by.fn.countAll<number>().as('n'))
        .where('holder', '=', holder)
        .executeTakeFirstOrThrow()
      return row.n
    },
    async waiting(of) {
      // A sum of PostgreSQL is a numeric, which comes as text.
      const query = db
        .selectFrom('a2a_push')
        .select((by) => [
          by.fn.countAll<number>().as('pushes'),
          by.fn.sum<number | string | null>('bytes').as('bytes'),
        ])
      const row = await (
        'holder' in of ? query.where('holder', '=', of.holder) : query.where('record', '=', of.record)
      ).executeTakeFirstOrThrow()
      return { pushes: row.pushes, bytes: Number(row.bytes ?? 0) }
    },
    head: async (callback) =>
      await db
        .selectFrom('a2a_push')
        .selectAll()
        .where('callback', '=', callback)
        .orderBy('place')
        .limit(1)
        .executeTakeFirst(),
    lanes: async () => await db.selectFrom('a2a_push').select(['callback', 'holder']).distinct().execute(),
  }
}

function createWriter(store: Store): PushWriter {
  const db = store.tables<Tables>()
  return {
    async addCallback(row) {
      await db.insertInto('a2a_callback').values(row).execute()
    },
    async changeCallback(id, change) {
      await db.updateTable('a2a_callback').set(change).where('id', '=', id).execute()
    },
    async bind(id, task) {
      const done = await db
        .updateTable('a2a_callback')
        .set({ task })
        .where('id', '=', id)
        .where((by) => by.or([by('task', 'is', null), by('task', '=', task)]))
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async removeCallback(id) {
      await store.transaction<Tables, void>(async (tx) => {
        await tx.deleteFrom('a2a_push').where('callback', '=', id).execute()
        await tx.deleteFrom('a2a_callback').where('id', '=', id).execute()
      })
    },
    add: async (push, last, ended) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        const row = await tx
          .updateTable('a2a_callback')
          .set((by) => ({ heard: by('heard', '+', 1), last, ended: sql`coalesce(ended, ${ended})` }))
          .where('id', '=', push.callback)
          .returning('heard')
          .executeTakeFirst()
        if (row === undefined) return false
        await tx
          .insertInto('a2a_push')
          .values({ ...push, place: row.heard, attempts: 0, next: push.at })
          .execute()
        return true
      }),
    async again(callback, place, attempts, next) {
      await db
        .updateTable('a2a_push')
        .set({ attempts, next })
        .where('callback', '=', callback)
        .where('place', '=', place)
        .execute()
    },
    async removePush(callback, place) {
      await db.deleteFrom('a2a_push').where('callback', '=', callback).where('place', '=', place).execute()
    },
    async sweep(before) {
      await db
        .deleteFrom('a2a_callback')
        .where((by) =>
          by.or([
            by('made', '<', before.made),
            by('ended', '<', before.ended),
            by.and([by('token', 'is', null), by('made', '<', before.unsent)]),
          ]),
        )
        .where('id', 'not in', db.selectFrom('a2a_push').select('callback'))
        .execute()
    },
  }
}
