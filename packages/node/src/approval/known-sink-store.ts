import { sql } from 'kysely'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'

interface KnownSinkRow {
  /** Keyed hash of person, capability, argument and value. */
  readonly sink: string
  readonly subject: string
  readonly times: number
  readonly last: number
}

export interface KnownSinkStore {
  seen(sinks: readonly string[]): Promise<ReadonlyMap<string, Pick<KnownSinkRow, 'times' | 'last'>>>
  note(subject: string, sinks: ReadonlySet<string>, now: number): Promise<void>
  /** Forgets places nobody went to since then. */
  forgetBefore(before: number): Promise<void>
  forgetOf(subject: string): Promise<void>
}

export function createKnownSinkStore(store: Store): KnownSinkStore {
  const db = store.tables<{ approval_sink: KnownSinkRow }>()
  return {
    async seen(sinks) {
      if (sinks.length === 0) return new Map()
      const rows = await db
        .selectFrom('approval_sink')
        .selectAll()
        .where('sink', 'in', [...sinks])
        .limit(limits.pageRowsMax)
        .execute()
      return new Map(rows.map((row) => [row.sink, row]))
    },
    async note(subject, sinks, now) {
      for (const sink of sinks) {
        await db
          .insertInto('approval_sink')
          .values({ sink, subject, times: 1, last: now })
          .onConflict((on) =>
            on.column('sink').doUpdateSet({ times: sql`approval_sink.times + 1`, last: now }),
          )
          .execute()
      }
    },
    async forgetBefore(before) {
      await db.deleteFrom('approval_sink').where('last', '<', before).execute()
    },
    async forgetOf(subject) {
      await db.deleteFrom('approval_sink').where('subject', '=', subject).execute()
    },
  }
}
