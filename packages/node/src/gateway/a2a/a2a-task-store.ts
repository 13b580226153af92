import type { Store } from '../../store/store.ts'
import { init } from './migrations/001-init.ts'

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
}

export interface A2aTaskReader {
  /** The rows there are for these tasks of an agent. */
  find(record: string, tasks: readonly string[]): Promise<readonly Pick<TaskRow, 'task' | 'holder'>[]>
}

export interface A2aTaskWriter {
  /** A task that has a holder already keeps it. */
  add(rows: readonly TaskRow[]): Promise<void>
  /** Forgets what was first seen before. */
  sweep(beforeMs: number): Promise<void>
}

interface Tables {
  a2a_task: TaskRow
}

export async function openA2aTaskStore(store: Store): Promise<A2aTaskReader & A2aTaskWriter> {
  await store.migrate({ domain: 'a2a', steps: [init] })
  const db = store.tables<Tables>()
  return {
    async find(record, tasks) {
      if (tasks.length === 0) return []
      return await db
        .selectFrom('a2a_task')
        .select(['task', 'holder'])
        .where('record', '=', record)
        .where('task', 'in', tasks)
        .execute()
    },
    async add(rows) {
      if (rows.length === 0) return
      await db
        .insertInto('a2a_task')
        .values([...rows])
        .onConflict((conflict) => conflict.columns(['record', 'task']).doNothing())
        .execute()
    },
    async sweep(beforeMs) {
      await db.deleteFrom('a2a_task').where('at', '<', beforeMs).execute()
    },
  }
}
