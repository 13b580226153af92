import type { Store } from '../store/store.ts'
import type { Period } from './period.ts'

interface ErasureRow {
  id: string
  person: string
  periods: string
  tags: string
  subject: string
  ground: string
  done_by: string
  begun_at: number
  log_size: number
  finished: number
}

interface Tables {
  subject_secret: { person: string; period: string; sealed: Uint8Array }
  subject_erasure: ErasureRow
  subject_freeze: { person: string; ground: string; done_by: string; frozen_at: number }
}

/** Keys of a person that were destroyed, and what is still to be cleaned up after that. */
export interface Erasure {
  readonly id: string
  readonly person: string
  readonly periods: readonly Period[]
  /** Names of the contents at rest, in hexadecimal digits; empty once they are gone. */
  readonly tags: readonly string[]
  /** Salted digest that names the person in the log to whoever has the salt, and to nobody else. */
  readonly subject: string
  readonly ground: string
  /** Who had it done. */
  readonly by: string
  readonly at: number
  /** Entries of the activity log when it began: its own entry comes after these. */
  readonly logSize: number
}

export interface Freeze {
  readonly ground: string
  readonly by: string
  readonly at: number
}

export interface SubjectReader {
  secret(person: string, period: Period): Promise<Uint8Array | undefined>
  periods(person: string): Promise<Period[]>
  unfinished(): Promise<Erasure[]>
  /** Every erasure of a person, the newest first. */
  erasuresOf(person: string): Promise<Erasure[]>
  freeze(person: string): Promise<Freeze | undefined>
  anyFreeze(): Promise<boolean>
}

export interface SubjectWriter {
  /** Leaves what is there: whoever comes second reads the first one's. */
  addSecret(person: string, period: Period, sealed: Uint8Array): Promise<void>
  /** Destroys the secrets and says in the same transaction that it was done; the bytes leave the disk too. */
  begin(erasure: Erasure): Promise<void>
  finish(id: string): Promise<void>
  /** Destroys all secrets of periods before one, and says whose they were. */
  prune(before: Period): Promise<readonly { readonly person: string; readonly period: Period }[]>
  addFreeze(person: string, freeze: Freeze): Promise<void>
  removeFreeze(person: string): Promise<void>
}

export function createSubjectReader(store: Store): SubjectReader {
  const db = store.tables<Tables>()
  return {
    async secret(person, period) {
      const row = await db
        .selectFrom('subject_secret')
        .select('sealed')
        .where('person', '=', person)
        .where('period', '=', period)
        .executeTakeFirst()
      return row?.sealed
    },
    async periods(person) {
      const rows = await db
        .selectFrom('subject_secret')
        .select('period')
        .where('person', '=', person)
        .orderBy('period')
        .execute()
      return rows.map((row) => row.period)
    },
    async unfinished() {
      const rows = await db.selectFrom('subject_erasure').selectAll().where('finished', '=', 0).execute()
      return rows.map(erasureOf)
    },
    async erasuresOf(person) {
      const rows = await db
        .selectFrom('subject_erasure')
        .selectAll()
        .where('person', '=', person)
        .orderBy('begun_at', 'desc')
        .execute()
      return rows.map(erasureOf)
    },
    async freeze(person) {
      const row = await db
        .selectFrom('subject_freeze')
        .selectAll()
        .where('person', '=', person)
        .executeTakeFirst()
      return row && { ground: row.ground, by: row.done_by, at: row.frozen_at }
    },
    async anyFreeze() {
      return (await db.selectFrom('subject_freeze').select('person').limit(1).execute()).length > 0
    },
  }
}

export function createSubjectWriter(store: Store): SubjectWriter {
  const db = store.tables<Tables>()
  return {
    async addSecret(person, period, sealed) {
      await db
        .insertInto('subject_secret')
        .values({ person, period, sealed })
        .onConflict((conflict) => conflict.columns(['person', 'period']).doNothing())
        .execute()
    },
    async begin({ at, by, logSize, periods, tags, ...rest }) {
      await store.transaction<Tables, void>(async (tx) => {
        const row = { ...rest, done_by: by, begun_at: at, log_size: logSize, finished: 0 }
        await tx
          .insertInto('subject_erasure')
          .values({ ...row, periods: JSON.stringify(periods), tags: JSON.stringify(tags) })
          .execute()
        await tx
          .deleteFrom('subject_secret')
          .where('person', '=', rest.person)
          .where('period', 'in', [...periods])
          .execute()
      })
      await store.scrub()
    },
    async finish(id) {
      await db.updateTable('subject_erasure').set({ finished: 1, tags: '[]' }).where('id', '=', id).execute()
      await store.scrub()
    },
    async prune(before) {
      const pruned = await db
        .deleteFrom('subject_secret')
        .where('period', '<', before)
        .returning(['person', 'period'])
        .execute()
      if (pruned.length > 0) await store.scrub()
      return pruned
    },
    async addFreeze(person, { ground, by, at }) {
      await db
        .insertInto('subject_freeze')
        .values({ person, ground, done_by: by, frozen_at: at })
        .onConflict((conflict) => conflict.column('person').doNothing())
        .execute()
    },
    async removeFreeze(person) {
      await db.deleteFrom('subject_freeze').where('person', '=', person).execute()
    },
  }
}

function erasureOf(row: ErasureRow): Erasure {
  return {
    id: row.id,
    person: row.person,
    periods: JSON.parse(row.periods) as string[],
    tags: JSON.parse(row.tags) as string[],
    subject: row.subject,
    ground: row.ground,
    by: row.done_by,
    at: row.begun_at,
    logSize: row.log_size,
  }
}
