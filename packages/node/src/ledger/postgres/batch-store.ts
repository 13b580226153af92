import { Fault } from '@ambit/core/fault'
import { sql } from 'kysely'
import type { Kysely, RawBuilder } from 'kysely'
import type { Store } from '../../store/store.ts'
import { zeroHash } from '../hash.ts'
import type { Hash } from '../hash.ts'
import { signedHead } from '../signed-head.ts'
import type { SignedHead } from '../signed-head.ts'
import { emptyRoot } from '../tree-at.ts'
import type { BatchRow, Place } from './batch.ts'
import { init } from './migrations/001-init.ts'

interface HeadColumns {
  origin: string
  size: number
  root: Buffer
  record: Buffer
}

interface BatchColumns {
  origin: string
  first: number
  count: number
  entries: Buffer
  previous: Buffer
  root: Buffer
  writer: Buffer
  number: number
}

interface CheckpointColumns {
  origin: string
  size: number
  root: string
  checkpoint: string
}

export interface Tables {
  ledger_head: HeadColumns
  ledger_batch: BatchColumns
  ledger_guard: CheckpointColumns
  ledger_checkpoint: CheckpointColumns
}

/** Bytes of rows fetched at once (and at least one row), and rows among which they are chosen. */
const fetchBytes = 8 * 1024 * 1024
const fetchRows = 256
/** A replica that sleeps with the lock of the head in its hand loses it after this long. */
const lockIdleMs = 5000

/** Bytes of a row: from the first of them, or from an offset, to its end or to another. */
export interface Slice {
  readonly first: number
  readonly bytes: Buffer
}

/** What a writer does in one turn, alone or inside a transaction that holds the head. */
export interface BatchTurn {
  head(): Promise<Place>
  /** The next rows from an index on, below a size, as many as one fetch brings. */
  after(index: number, size: number): Promise<BatchRow[]>
  /** One statement: moves the head from a place and adds the row, or does neither and answers false. */
  append(row: BatchRow, from: Place, to: Place): Promise<boolean>
}

export interface BatchStore extends BatchTurn {
  /** Runs while nobody else can move the head; commits what was done. */
  locked<R>(run: (turn: BatchTurn) => Promise<R>): Promise<R>
  /** The row after which the log had this size; without its entries. */
  endingAt(size: number): Promise<Omit<BatchRow, 'entries'> | undefined>
  /** Framed bytes from one place in the rows up to another; `to` undefined: up to the end of the last row below `end`. */
  slices(from: RowPlace, to: RowPlace | undefined, end: number): Promise<Slice[]>
  published(): Promise<SignedHead | undefined>
  /** Never replaces a checkpoint of a larger size. */
  publish(head: SignedHead): Promise<void>
  /** Begins the log where there is none; whether it was this call that did. */
  begin(): Promise<boolean>
}

/** A byte in the entries of a row. */
export interface RowPlace {
  readonly first: number
  readonly offset: number
}

/** Brings the tables of the logs to their newest form. Throws `ledger.not-durable` when the database does not sync. */
export async function migrateBatches(store: Store): Promise<void> {
  if (store.engine !== 'postgres') throw new TypeError('logs with several writers need PostgreSQL')
  await store.migrate({ domain: 'ledger', steps: [init] })
  const { rows } = await sql<{ name: string; value: string | null }>`
    select name, current_setting(name, true) as value from unnest(array['fsync', 'full_page_writes']) as name
  `.execute(store.tables<Tables>())
  for (const { name, value } of rows) {
    if (value === 'off')
      throw new Fault('ledger.not-durable', { detail: `PostgreSQL runs with ${name} = off` })
  }
}

/** The rows of one log. */
export function openBatchStore(store: Store, origin: string): BatchStore {
  const db = store.tables<Tables>()
  return {
    ...turnOn(db, origin),
    locked: async <R>(run: (turn: BatchTurn) => Promise<R>) =>
      await store.transaction<Tables, R>(async (tx) => {
        await sql`select ${stayDurable}, pg_advisory_xact_lock(${turnKey(origin)}),
          set_config('idle_in_transaction_session_timeout', ${String(lockIdleMs)}, true)`.execute(tx)
        return await run(turnOn(tx, origin, 'locked'))
      }),
    async endingAt(size) {
      const row = await db
        .selectFrom('ledger_batch')
        .select(['first', 'count', 'previous', 'root', 'writer', 'number'])
        .where('origin', '=', origin)
        .where('first', '<', size)
        .orderBy('first', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined || row.first + row.count !== size ? undefined : read(row)
    },
    async slices(from, to, end) {
      const { rows } = await sql<Slice>`
        select first, substring(entries from start + 1 for stop - start) as bytes
        from (
          select first, entries,
            case when first = ${from.first}::bigint then ${from.offset}::integer else 0 end as start,
            case when first = ${to?.first ?? -1}::bigint then ${to?.offset ?? 0}::integer else octet_length(entries) end as stop
          from ledger_batch
          where origin = ${origin} and first >= ${from.first}::bigint and first < ${end}::bigint
        ) as part
        order by first`.execute(db)
      return rows
    },
    async published() {
      const row = await db
        .selectFrom('ledger_checkpoint')
        .select(['size', 'root', 'checkpoint'])
        .where('origin', '=', origin)
        .executeTakeFirst()
      return row === undefined ? undefined : headOf(row, `ledger_checkpoint of ${origin}`)
    },
    async publish({ size, root, checkpoint }) {
      const row = { size, root, checkpoint }
      await db
        .insertInto('ledger_checkpoint')
        .values({ origin, ...row })
        .onConflict((conflict) =>
          conflict
            .column('origin')
            .doUpdateSet(row)
            .where((where) =>
              where.or([
                where('ledger_checkpoint.size', '<', size),
                where.and([
                  where('ledger_checkpoint.size', '=', size),
                  where('ledger_checkpoint.checkpoint', '<>', checkpoint),
                ]),
              ]),
            ),
        )
        .execute()
    },
    async begin() {
      const row = { origin, size: 0, root: bytes(emptyRoot), record: bytes(zeroHash) }
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('ledger_head')
        .values(row)
        .onConflict((conflict) => conflict.column('origin').doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },
  }
}

/** Makes the commit of the transaction at hand wait for the disk, whatever the database or a pool in between is set to. */
export const stayDurable = sql`set_config('synchronous_commit',
  case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, true)`

/**
 * Locks of rows are not fair: whoever adds batch after batch would take the head again and again before those who wait
 * for it wake up. This one is: once somebody waits for it alone, no other addition begins.
 */
function turnKey(origin: string): RawBuilder<unknown> {
  return sql`hashtextextended(${origin}, 7100186)`
}

function turnOn(db: Kysely<Tables>, origin: string, head?: 'locked'): BatchTurn {
  return {
    async head() {
      const row = await db
        .selectFrom('ledger_head')
        .select(['size', 'root', 'record'])
        .where('origin', '=', origin)
        .$if(head === 'locked', (query) => query.forUpdate())
        .executeTakeFirst()
      if (row === undefined)
        throw new Fault('ledger.corrupt', {
          detail: 'the head of the log is missing',
          where: `ledger_head of ${origin}`,
        })
      return { size: row.size, root: hash(row.root), record: hash(row.record) }
    },
    async after(index, size) {
      const { rows } = await sql<BatchColumns>`
        select first, count, entries, previous, root, writer, number
        from (
          select *, sum(octet_length(entries)) over (order by first) - octet_length(entries) as before
          from ledger_batch
          where origin = ${origin} and first >= ${index}::bigint and first < ${size}::bigint
          order by first
          limit ${fetchRows}
        ) as part
        where before < ${fetchBytes}
        order by first`.execute(db)
      return rows.map((row) => ({ ...read(row), entries: row.entries }))
    },
    async append(row, from, to) {
      const { numAffectedRows } = await sql`
        with durable as materialized (
          select ${stayDurable} as mode, pg_advisory_xact_lock_shared(${turnKey(origin)})
        ),
        moved as (
          update ledger_head set size = ${to.size}, root = ${bytes(to.root)}, record = ${bytes(to.record)}
          from durable
          where origin = ${origin} and size = ${from.size} and record = ${bytes(from.record)} and mode is not null
          returning origin
        )
        insert into ledger_batch (origin, first, count, entries, previous, root, writer, number)
        select origin, ${row.first}::bigint, ${row.count}::bigint, ${row.entries}::bytea, ${bytes(row.previous)}::bytea,
          ${bytes(row.root)}::bytea, ${bytes(row.writer)}::bytea, ${row.number}::bigint
        from moved`.execute(db)
      return numAffectedRows === 1n
    },
  }
}

/** A head as a row keeps it, beside the checkpoint that it was read from. Throws `ledger.corrupt`. */
export function headOf(row: SignedHead, where: string): SignedHead {
  const head = signedHead(row.checkpoint, where)
  if (head.size === row.size && head.root === row.root) return head
  throw new Fault('ledger.corrupt', {
    detail: 'size or root are not those of the checkpoint beside them',
    where,
  })
}

function read(row: Omit<BatchColumns, 'entries' | 'origin'>): Omit<BatchRow, 'entries'> {
  const { first, count, number } = row
  return {
    first,
    count,
    number,
    previous: hash(row.previous),
    root: hash(row.root),
    writer: hash(row.writer),
  }
}

function bytes(value: Hash): Buffer {
  return Buffer.from(value, 'latin1')
}

function hash(value: Buffer): Hash {
  return value.toString('latin1')
}
