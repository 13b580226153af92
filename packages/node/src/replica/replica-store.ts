import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

/** One process of a node, as long as somebody still has to know of it. */
export interface ReplicaRow {
  readonly id: string
  /** Where it runs: two that were at one place never ran at one time. */
  readonly place: string
  /** In ms. */
  readonly started: number
  /** Grows while it lives. */
  readonly beat: number
  /** 1 once it ended in order. */
  readonly stopped: number
  /** Which replica finishes what it left behind. */
  readonly taken_by: string | null
}

interface Tables {
  replica: ReplicaRow
}

export interface ReplicaStore {
  rows(): Promise<ReplicaRow[]>
  insert(row: ReplicaRow): Promise<void>
  /** False when the row is gone: others took this replica for dead. */
  beat(id: string): Promise<boolean>
  stop(id: string): Promise<void>
  /** Compare and set: true for exactly one of those that want to finish what a dead replica left. */
  take(id: string, before: string | null, by: string): Promise<boolean>
  remove(id: string): Promise<void>
}

export async function openReplicaStore(store: Store): Promise<ReplicaStore> {
  await store.migrate({ domain: 'replica', steps: [init] })
  const db = store.tables<Tables>()
  return {
    rows: async () => await db.selectFrom('replica').selectAll().orderBy('id').execute(),
    async insert(row) {
      await db.insertInto('replica').values(row).execute()
    },
    async beat(id) {
      const done = await db
        .updateTable('replica')
        .set((to) => ({ beat: to('beat', '+', 1) }))
        .where('id', '=', id)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async stop(id) {
      await db.updateTable('replica').set({ stopped: 1 }).where('id', '=', id).execute()
    },
    async take(id, before, by) {
      const done = await db
        .updateTable('replica')
        .set({ taken_by: by })
        .where('id', '=', id)
        .where('taken_by', before === null ? 'is' : '=', before)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async remove(id) {
      await db.deleteFrom('replica').where('id', '=', id).execute()
    },
  }
}
