import type { Digest } from '@ambit/core/digest'
import type { RulingKind, SignedRuling } from '@ambit/core/ruling'
import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'
import { issued } from './migrations/002-issued.ts'

interface RulingTables {
  ruling: {
    id: string
    organization: string
    record: string
    kind: RulingKind
    issued: number
    expires: number | null
    /** JSON array. */
    digests: string
    /** JSON of the signed ruling. */
    signed: string
  }
}

/** What is kept in memory of a ruling. */
export interface RulingHead {
  readonly id: string
  readonly kind: RulingKind
  /** AIC. */
  readonly record: string
  readonly digests: readonly Digest[]
  readonly expires: number | null
  /** In ms: of two rulings on one version the later one holds. */
  readonly issued: number
}

export interface RulingReader {
  count(): Promise<number>
  /** Time of the newest ruling, in ms; 0 when there is none. */
  newestAt(): Promise<number>
  /** Heads of these kinds, oldest first, page by page. */
  heads(kinds: readonly RulingKind[]): AsyncIterable<RulingHead>
  head(id: string): Promise<RulingHead | undefined>
  /** Rulings of a record, oldest first. */
  ofRecord(record: string): Promise<readonly SignedRuling[]>
  /** The newest rulings of an organisation, newest first. */
  newest(organization: string, rowsMax: number): Promise<readonly SignedRuling[]>
}

export interface NewRuling {
  readonly organization: string
  readonly issued: number
  readonly expires: number | undefined
  readonly signed: SignedRuling
}

export interface RulingWriter {
  /** All or none of them. */
  insert(rows: readonly NewRuling[]): Promise<void>
}

/** Rows read at a time when the heads are loaded at start: so few that they are gone before they count as lasting. */
const pageRows = 250

export async function openRulingStore(store: Store): Promise<RulingReader & RulingWriter> {
  await store.migrate({ domain: 'ruling', steps: [init, issued] })
  const db = store.tables<RulingTables>()
  return { ...createReader(db), ...createWriter(store) }
}

function createReader(db: Kysely<RulingTables>): RulingReader {
  return {
    async count() {
      const row = await db
        .selectFrom('ruling')
        .select((build) => build.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return row.count
    },
    async newestAt() {
      const row = await db
        .selectFrom('ruling')
        .select((build) => build.fn.max('issued').as('issued'))
        .executeTakeFirst()
      return row?.issued ?? 0
    },
    async *heads(kinds) {
      let after = { issued: -1, id: '' }
      for (;;) {
        const rows = await db
          .selectFrom('ruling')
          .select(['id', 'kind', 'record', 'digests', 'expires', 'issued'])
          .where('kind', 'in', kinds)
          // As one pair, so that the index leads to the page.
          .where((build) => build(build.refTuple('issued', 'id'), '>', build.tuple(after.issued, after.id)))
          .orderBy('issued')
          .orderBy('id')
          .limit(pageRows)
          .execute()
        for (const row of rows) yield { ...row, digests: JSON.parse(row.digests) as Digest[] }
        const last = rows.at(-1)
        if (last === undefined || rows.length < pageRows) return
        after = last
      }
    },
    async head(id) {
      const row = await db
        .selectFrom('ruling')
        .select(['id', 'kind', 'record', 'digests', 'expires', 'issued'])
        .where('id', '=', id)
        .executeTakeFirst()
      return row && { ...row, digests: JSON.parse(row.digests) as Digest[] }
    },
    async ofRecord(record) {
      const rows = await db
        .selectFrom('ruling')
        .select('signed')
        .where('record', '=', record)
        .orderBy('issued')
        .orderBy('id')
        .execute()
      return rows.map((row) => JSON.parse(row.signed) as SignedRuling)
    },
    async newest(organization, rowsMax) {
      const rows = await db
        .selectFrom('ruling')
        .select('signed')
        .where('organization', '=', organization)
        .orderBy('issued', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsMax)
        .execute()
      return rows.map((row) => JSON.parse(row.signed) as SignedRuling)
    },
  }
}

/** Of one statement: eight parameters each stay below what the engines take. */
const rowsPerInsert = 100

function createWriter(store: Store): RulingWriter {
  return {
    async insert(rulings) {
      // One statement needs no transaction of its own: it shares its commit with others.
      if (rulings.length === 1) {
        await store.tables<RulingTables>().insertInto('ruling').values(rowOf(rulings[0]!)).execute()
        return
      }
      await store.transaction<RulingTables, void>(async (tx) => {
        for (let from = 0; from < rulings.length; from += rowsPerInsert)
          await tx
            .insertInto('ruling')
            .values(rulings.slice(from, from + rowsPerInsert).map(rowOf))
            .execute()
      })
    },
  }
}

function rowOf({ organization, issued, expires, signed }: NewRuling): RulingTables['ruling'] {
  const { id, kind, subject } = signed.body
  return {
    id,
    organization,
    record: subject.record,
    kind,
    issued,
    expires: expires ?? null,
    digests: JSON.stringify(subject.digests),
    signed: JSON.stringify(signed),
  }
}
