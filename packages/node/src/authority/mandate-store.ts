import { signedMandateSchema } from '@ambit/core/mandate'
import type { SignedMandate } from '@ambit/core/mandate'
import { Fault } from '@ambit/core/fault'
import type { Kysely } from 'kysely'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'
import { measures } from './migrations/002-measures.ts'
import { rulesAndStops } from './migrations/003-rules-and-stops.ts'
import { tokenKeys } from './migrations/004-token-keys.ts'

interface MandateTable {
  id: string
  organization: string
  subject: string
  parent: string | null
  holder: string
  signed: string
  not_before: number
  expires: number
  created: number
  created_by: string
  revoked: number | null
  revoked_by: string | null
  note: string | null
  revoked_leaf: number | null
}

interface Tables {
  mandate: MandateTable
}

export interface MandateRow {
  readonly signed: SignedMandate
  readonly organization: string
  readonly subject: string
  readonly created: number
  readonly createdBy: string
  readonly revoked: number | null
  readonly revokedLeaf: number | null
}

export interface MandateListing {
  readonly organization: string
  /** Only this person's. */
  readonly subject?: string
  /** Ids older than this one. */
  readonly before?: string
  readonly limit: number
}

export interface MandateReader {
  /** Not revoked and not over; parents come before their children. */
  active(now: number): Promise<MandateRow[]>
  /** Ids of those that were revoked and would not be over yet. */
  revoked(now: number): Promise<string[]>
  find(id: string): Promise<MandateRow | undefined>
  list(listing: MandateListing): Promise<MandateRow[]>
  /** How many children each has; the ids are those of one page. */
  children(ids: readonly string[]): Promise<Map<string, number>>
}

export interface MandateWriter {
  /** False when the parent was revoked in the meantime. */
  insert(row: MandateRow): Promise<boolean>
  /** Marks these and all below; gives every id marked now. */
  revoke(id: string, at: number, by: string, note: string | undefined): Promise<string[]>
  /** Keeps where the log says that it was revoked. */
  revocationLogged(id: string, leaf: number): Promise<void>
}

/** Rows written in one statement: below the variables that one statement may bind on either engine. */
const batchRowsMax = 500

export async function openMandateStore(store: Store): Promise<MandateReader & MandateWriter> {
  await store.migrate({ domain: 'authority', steps: [init, measures, rulesAndStops, tokenKeys] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): MandateReader {
  const db = store.tables<Tables>()
  return {
    async active(now) {
      const rows = await db
        .selectFrom('mandate')
        .selectAll()
        .where('revoked', 'is', null)
        .where('expires', '>', now)
        .orderBy('created')
        .orderBy('id')
        .execute()
      return rows.map(readMandate)
    },
    async revoked(now) {
      const rows = await db
        .selectFrom('mandate')
        .select('id')
        .where('revoked', 'is not', null)
        .where('expires', '>', now)
        .execute()
      return rows.map(({ id }) => id)
    },
    async find(id) {
      const row = await db.selectFrom('mandate').selectAll().where('id', '=', id).executeTakeFirst()
      return row && readMandate(row)
    },
    async list({ organization, subject, before, limit }) {
      let query = db.selectFrom('mandate').selectAll().where('organization', '=', organization)
      if (subject !== undefined) query = query.where('subject', '=', subject)
      if (before !== undefined) query = query.where('id', '<', before)
      const rows = await query.orderBy('id', 'desc').limit(Math.min(limit, limits.pageRowsMax)).execute()
      return rows.map(readMandate)
    },
    async children(ids) {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('mandate')
        .select((by) => ['parent', by.fn.countAll<number>().as('n')])
        .where('parent', 'in', [...ids])
        .groupBy('parent')
        .execute()
      return new Map(rows.map((row) => [row.parent ?? '', row.n]))
    },
  }
}

function createWriter(store: Store): MandateWriter {
  const db = store.tables<Tables>()
  return {
    insert: async (row) =>
      await store.transaction<Tables, boolean>(async (tx) => {
        const { parent } = row.signed.body
        if (parent !== undefined && !(await holdsParent(tx, store.engine, parent))) return false
        await tx.insertInto('mandate').values(writeMandate(row)).execute()
        return true
      }),
    revoke: async (id, at, by, note) =>
      await store.transaction<Tables, string[]>(
        async (tx) => await revokeBelow(tx, id, { revoked: at, revoked_by: by, note: note ?? null }),
      ),
    async revocationLogged(id, leaf) {
      await db.updateTable('mandate').set({ revoked_leaf: leaf }).where('id', '=', id).execute()
    },
  }
}

/** Keeps the parent from being revoked while its child is written; SQLite runs one transaction at a time anyway. */
async function holdsParent(tx: Kysely<Tables>, engine: Store['engine'], parent: string): Promise<boolean> {
  const query = tx.selectFrom('mandate').select('revoked').where('id', '=', parent)
  const row = await (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
  return row !== undefined && row.revoked === null
}

/**
 * Marks level by level. A child that is being written holds its parent's row, so marking the parent waits for it, and
 * the next level then finds it; a mandate has one parent, so each is met once.
 */
async function revokeBelow(
  tx: Kysely<Tables>,
  id: string,
  mark: Pick<MandateTable, 'revoked' | 'revoked_by' | 'note'>,
): Promise<string[]> {
  const marked: string[] = []
  let level = [id]
  while (level.length > 0) {
    const below: string[] = []
    for (let from = 0; from < level.length; from += batchRowsMax) {
      const ids = level.slice(from, from + batchRowsMax)
      const rows = await tx
        .updateTable('mandate')
        .set(mark)
        .where('id', 'in', ids)
        .where('revoked', 'is', null)
        .returning('id')
        .execute()
      marked.push(...rows.map((row) => row.id))
      const children = await tx.selectFrom('mandate').select('id').where('parent', 'in', ids).execute()
      below.push(...children.map((row) => row.id))
    }
    level = below
  }
  return marked
}

function writeMandate(row: MandateRow): MandateTable {
  const { body } = row.signed
  return {
    id: body.id,
    organization: row.organization,
    subject: row.subject,
    parent: body.parent ?? null,
    holder: body.holder,
    signed: JSON.stringify(row.signed),
    not_before: Date.parse(body.notBefore),
    expires: Date.parse(body.expires),
    created: row.created,
    created_by: row.createdBy,
    revoked: null,
    revoked_by: null,
    note: null,
    revoked_leaf: null,
  }
}

function readMandate(row: MandateTable): MandateRow {
  const parsed = signedMandateSchema.safeParse(JSON.parse(row.signed))
  if (!parsed.success) {
    throw new Fault('internal', { detail: 'a stored mandate is not of its form', where: row.id })
  }
  return {
    signed: parsed.data,
    organization: row.organization,
    subject: row.subject,
    created: row.created,
    createdBy: row.created_by,
    revoked: row.revoked,
    revokedLeaf: row.revoked_leaf,
  }
}
