import type { Store } from '../../store/store.ts'
import { init } from './migrations/001-init.ts'
import { push } from './migrations/002-push.ts'

/** Whose a task is. */
export interface TaskRow {
  readonly organization: string
  /** AIC of the agent that made it. */
  readonly record: string
  /** The agent's id for it, or a digest of a very long one. */
  readonly task: string
  /** did:key of the holder whose message it came of. */
  readonly holder: string
  /** When it was first seen, in ms. */
  readonly at: number
  /** The act that made it; null for tasks of which only an older version of this node knows. */
  readonly act: string | null
  /** The conversation it belongs to (`contextId`, or a digest of a very long one). */
  readonly context: string | null
}

/** Whose a conversation is that no task is known of yet. */
export interface ContextRow {
  readonly organization: string
  readonly record: string
  /** The `contextId`, or a digest of a very long one. */
  readonly context: string
  readonly holder: string
  readonly at: number
}

export interface A2aTaskReader {
  /** The rows there are for these tasks of an agent. */
  find(record: string, tasks: readonly string[]): Promise<readonly Pick<TaskRow, 'task' | 'holder' | 'act'>[]>
  /** Whose a conversation is. */
  holderOfContext(record: string, context: string): Promise<string | undefined>
}

export interface A2aTaskWriter {
  /** A task, and a conversation, that has a holder already keeps it. */
  add(tasks: readonly TaskRow[], contexts: readonly ContextRow[]): Promise<void>
  /** Forgets what was first seen before. */
  sweep(beforeMs: number): Promise<void>
}

interface Tables {
  a2a_task: TaskRow
  a2a_context: ContextRow
}

/** The tables of this adapter, those of push notifications included: one domain, one order of steps. */
export async function migrateA2a(store: Store): Promise<void> {
  await store.migrate({ domain: 'a2a', steps: [init, push] })
}

export async function openA2aTaskStore(store: Store): Promise<A2aTaskReader & A2aTaskWriter> {
  await migrateA2a(store)
  const db = store.tables<Tables>()
  return {
    async find(record, tasks) {
      if (tasks.length === 0) return []
      return await db
        .selectFrom('a2a_task')
        .select(['task', 'holder', 'act'])
        .where('record', '=', record)
        .where('task', 'in', tasks)
        .execute()
    },
    async add(tasks, contexts) {
      if (tasks.length > 0) {
        await db
          .insertInto('a2a_task')
          .values([...tasks])
          .onConflict((conflict) => conflict.columns(['record', 'task']).doNothing())
          .execute()
      }
      if (contexts.length > 0) {
        await db
          .insertInto('a2a_context')
          .values([...contexts])
          .onConflict((conflict) => conflict.columns(['record', 'context']).doNothing())
          .execute()
      }
    },
    async holderOfContext(record, context) {
      const first = await db
        .selectFrom('a2a_task')
        .select('holder')
        .where('record', '=', record)
        .where('context', '=', context)
        .orderBy('at')
        .limit(1)
        .executeTakeFirst()
      if (first !== undefined) return first.holder
      const said = await db
        .selectFrom('a2a_context')
        .select('holder')
        .where('record', '=', record)
        .where('context', '=', context)
        .executeTakeFirst()
      return said?.holder
    },
    async sweep(beforeMs) {
      await db.deleteFrom('a2a_task').where('at', '<', beforeMs).execute()
      await db.deleteFrom('a2a_context').where('at', '<', beforeMs).execute()
    },
  }
}
