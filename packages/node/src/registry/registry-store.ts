import type { Digest } from '@ambit/core/digest'
import type { AgentRecord } from '@ambit/core/record'
import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'
import type { Change } from './drift.ts'
import { init } from './migrations/001-init.ts'
import { document } from './migrations/002-document.ts'
import { life } from './migrations/003-life.ts'
import { races } from './migrations/004-races.ts'
import type { RecordSource } from './source.ts'

/** Definitions as the upstream served them, by capability id. */
export type Served = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface RegistryTables {
  record_entry: {
    id: string
    organization: string
    slug: string
    live_slug: string | null
    source: string
    remarks: string
    draft: string | null
    served: string | null
    document: string | null
    created: number
    updated: number
  }
  record_version: {
    digest: Digest
    organization: string
    record: string
    number: number
    version: string
    body: string
    served: string
    created: number
  }
  record_change: { record: string; capability: string; organization: string; change: string; found: number }
  registry_sequence: { name: string; value: number }
}

/** A record as it stands: who keeps it, where it was read from, and its draft. */
export interface EntryRow {
  readonly id: string
  readonly organization: string
  readonly slug: string
  readonly isLive: boolean
  readonly source: RecordSource
  readonly remarks: readonly string[]
  readonly draft: AgentRecord | undefined
  readonly served: Served
  readonly created: number
  readonly updated: number
}

/** A version without its body. */
export interface VersionHead {
  readonly record: string
  readonly digest: Digest
  /** Counts the versions of one record from 1. */
  readonly number: number
  readonly version: string
  readonly created: number
}

export interface VersionBody {
  readonly record: AgentRecord
  readonly served: Served
}

/** What is held in memory of a record begins with this. */
export type HeldEntry = Pick<
  EntryRow,
  'id' | 'organization' | 'slug' | 'isLive' | 'draft' | 'served' | 'updated'
>

export interface RegistryReader {
  /** How many entries there are. */
  count(): Promise<number>
  /** All entries, page by page, in the order of their ids. */
  entries(): AsyncIterable<readonly HeldEntry[]>
  entry(id: string): Promise<EntryRow | undefined>
  /** Where a record is read from. */
  source(id: string): Promise<RecordSource | undefined>
  /** The document that the record was last read from, as it came. */
  document(id: string): Promise<string | undefined>
  /** Heads of all versions of some records, lowest number first. */
  heads(records: readonly string[]): Promise<readonly VersionHead[]>
  bodies(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, VersionBody>>
  changes(
    records: readonly string[],
  ): Promise<readonly { readonly record: string; readonly change: Change }[]>
}

export interface RegistryWriter {
  /** False when a live record of the organisation has the slug already. */
  insertEntry(row: EntryRow): Promise<boolean>
  setDraft(id: string, draft: AgentRecord | undefined, served: Served, at: number): Promise<void>
  setDocument(id: string, document: string | undefined): Promise<void>
  touch(id: string, at: number): Promise<void>
  /** Does nothing when that very version is there already. */
  insertVersion(head: VersionHead, organization: string, body: VersionBody): Promise<void>
  /** Gives the name back; versions and rulings stay. */
  endEntry(id: string, at: number): Promise<void>
  /** Only for a record that never had a version. */
  deleteEntry(id: string): Promise<void>
  /** Puts these changes in the place of all that were found before. */
  replaceChanges(record: string, organization: string, changes: readonly Change[], at: number): Promise<void>
  /** The next number of a sequence, from 1, or the last of the next ones; no number is given twice. */
  next(sequence: string, count?: number): Promise<number>
  /**
   * New records, with their first version where they have one, in one transaction. Gives the ids of those that were
   * added: of a name that is taken by now nothing is.
   */
  insertNew(rows: readonly NewRow[]): Promise<ReadonlySet<string>>
}

export interface NewRow {
  readonly entry: EntryRow
  readonly head: VersionHead | undefined
  readonly record: AgentRecord
}

export type RegistryStore = RegistryReader & RegistryWriter

/** Entries read at a time at the start: so few that they are gone before they count as lasting in memory. */
const pageRows = 50
/** Parameters of one statement stay far below what the engines take. */
const digestsPerQuery = 200
/** Of one statement: eleven parameters each stay below what the engines take. */
const rowsPerInsert = 50

export async function openRegistryStore(store: Store): Promise<RegistryStore> {
  await store.migrate({ domain: 'registry', steps: [init, document, life, races] })
  const db = store.tables<RegistryTables>()
  return { ...createReader(db), ...createEntryWriter(store, db), ...createVersionWriter(store, db) }
}

/** All but the document, which only whoever asks for it reads. */
const entryColumns = [
  'id',
  'organization',
  'slug',
  'live_slug',
  'source',
  'remarks',
  'draft',
  'served',
  'created',
  'updated',
] as const

function createReader(db: Kysely<RegistryTables>): RegistryReader {
  return {
    async count() {
      const row = await db
        .selectFrom('record_entry')
        .select((build) => build.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return row.count
    },
    async *entries() {
      let after = ''
      for (;;) {
        const rows = await db
          .selectFrom('record_entry')
          .select(['id', 'organization', 'slug', 'live_slug', 'draft', 'served', 'updated'])
          .where('id', '>', after)
          .orderBy('id')
          .limit(pageRows)
          .execute()
        if (rows.length > 0) yield rows.map(heldEntryOf)
        const last = rows.at(-1)
        if (last === undefined || rows.length < pageRows) return
        after = last.id
      }
    },
    async entry(id) {
      const row = await db
        .selectFrom('record_entry')
        .select(entryColumns)
        .where('id', '=', id)
        .executeTakeFirst()
      return row === undefined ? undefined : entryOf(row)
    },
    async source(id) {
      const row = await db.selectFrom('record_entry').select('source').where('id', '=', id).executeTakeFirst()
      return row && (JSON.parse(row.source) as RecordSource)
    },
    async document(id) {
      const row = await db
        .selectFrom('record_entry')
        .select('document')
        .where('id', '=', id)
        .executeTakeFirst()
      return row?.document ?? undefined
    },
    heads: async (records) =>
      await db
        .selectFrom('record_version')
        .select(['record', 'digest', 'number', 'version', 'created'])
        .where('record', 'in', records)
        .orderBy('record')
        .orderBy('number')
        .execute(),
    async bodies(digests) {
      const found = new Map<Digest, VersionBody>()
      for (let at = 0; at < digests.length; at += digestsPerQuery) {
        const rows = await db
          .selectFrom('record_version')
          .select(['digest', 'body', 'served'])
          .where('digest', 'in', digests.slice(at, at + digestsPerQuery))
          .execute()
        for (const row of rows) {
          found.set(row.digest, {
            record: JSON.parse(row.body) as AgentRecord,
            served: JSON.parse(row.served) as Served,
          })
        }
      }
      return found
    },
    async changes(records) {
      const rows = await db
        .selectFrom('record_change')
        .select(['record', 'change'])
        .where('record', 'in', records)
        .orderBy('capability')
        .execute()
      return rows.map((row) => ({ record: row.record, change: JSON.parse(row.change) as Change }))
    },
  }
}

type EntryMethods = 'insertEntry' | 'setDraft' | 'setDocument' | 'touch' | 'endEntry' | 'deleteEntry'

function createEntryWriter(store: Store, db: Kysely<RegistryTables>): Pick<RegistryWriter, EntryMethods> {
  return {
    async insertEntry(row) {
      const result = await db
        .insertInto('record_entry')
        .values(entryRowOf(row))
        .onConflict((conflict) => conflict.columns(['organization', 'live_slug']).doNothing())
        .executeTakeFirst()
      return Number(result.numInsertedOrUpdatedRows ?? 0) === 1
    },
    async setDraft(id, draft, served, at) {
      await db
        .updateTable('record_entry')
        .set({
          draft: draft === undefined ? null : JSON.stringify(draft),
          served: draft === undefined ? null : JSON.stringify(served),
          updated: at,
        })
        .where('id', '=', id)
        .execute()
    },
    async setDocument(id, document) {
      await db
        .updateTable('record_entry')
        .set({ document: document ?? null })
        .where('id', '=', id)
        .execute()
    },
    async touch(id, at) {
      await db.updateTable('record_entry').set({ updated: at }).where('id', '=', id).execute()
    },
    async endEntry(id, at) {
      await db
        .updateTable('record_entry')
        .set({ live_slug: null, draft: null, served: null, updated: at })
        .where('id', '=', id)
        .execute()
    },
    async deleteEntry(id) {
      await store.transaction<RegistryTables, void>(async (tx) => {
        await tx.deleteFrom('record_change').where('record', '=', id).execute()
        await tx.deleteFrom('record_entry').where('id', '=', id).execute()
      })
    },
  }
}

function createVersionWriter(store: Store, db: Kysely<RegistryTables>): Omit<RegistryWriter, EntryMethods> {
  return {
    async insertVersion(head, organization, body) {
      await db
        .insertInto('record_version')
        .values({
          ...head,
          organization,
          body: JSON.stringify(body.record),
          served: JSON.stringify(body.served),
        })
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute()
    },
    async replaceChanges(record, organization, changes, at) {
      await store.transaction<RegistryTables, void>(async (tx) => {
        await tx.deleteFrom('record_change').where('record', '=', record).execute()
        for (const change of changes) {
          await tx
            .insertInto('record_change')
            .values({
              record,
              capability: change.capability,
              organization,
              change: JSON.stringify(change),
              found: at,
            })
            .execute()
        }
      })
    },
    async next(sequence, count = 1) {
      const row = await db
        .insertInto('registry_sequence')
        .values({ name: sequence, value: count })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet((build) => ({ value: build('registry_sequence.value', '+', count) })),
        )
        .returning('value')
        .executeTakeFirstOrThrow()
      return row.value
    },
    async insertNew(rows) {
      return await store.transaction<RegistryTables, Set<string>>(async (tx) => {
        const added = new Set<string>()
        for (let from = 0; from < rows.length; from += rowsPerInsert) {
          const some = rows.slice(from, from + rowsPerInsert)
          const entries = await tx
            .insertInto('record_entry')
            .values(some.map(({ entry }) => entryRowOf(entry)))
            .onConflict((conflict) => conflict.columns(['organization', 'live_slug']).doNothing())
            .returning('id')
            .execute()
          for (const { id } of entries) added.add(id)
          const versions = some.filter(({ entry }) => added.has(entry.id)).flatMap(versionRowOf)
          if (versions.length > 0) await tx.insertInto('record_version').values(versions).execute()
        }
        return added
      })
    },
  }
}

function entryRowOf(row: EntryRow): RegistryTables['record_entry'] {
  return {
    id: row.id,
    organization: row.organization,
    slug: row.slug,
    live_slug: row.isLive ? row.slug : null,
    source: JSON.stringify(row.source),
    remarks: JSON.stringify(row.remarks),
    draft: row.draft === undefined ? null : JSON.stringify(row.draft),
    served: JSON.stringify(row.served),
    document: null,
    created: row.created,
    updated: row.updated,
  }
}

function versionRowOf({ entry, head, record }: NewRow): RegistryTables['record_version'][] {
  if (head === undefined) return []
  const { organization } = entry
  return [{ ...head, organization, body: JSON.stringify(record), served: '{}' }]
}

function entryOf(row: Omit<RegistryTables['record_entry'], 'document'>): EntryRow {
  return {
    ...heldEntryOf(row),
    source: JSON.parse(row.source) as RecordSource,
    remarks: JSON.parse(row.remarks) as string[],
    created: row.created,
  }
}

function heldEntryOf(
  row: Pick<
    RegistryTables['record_entry'],
    'id' | 'organization' | 'slug' | 'live_slug' | 'draft' | 'served' | 'updated'
  >,
): HeldEntry {
  return {
    id: row.id,
    organization: row.organization,
    slug: row.slug,
    isLive: row.live_slug !== null,
    draft: row.draft === null ? undefined : (JSON.parse(row.draft) as AgentRecord),
    served: row.served === null ? {} : (JSON.parse(row.served) as Served),
    updated: row.updated,
  }
}
