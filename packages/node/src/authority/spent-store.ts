import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'

interface MeasureTable {
  mandate: string
  measure: string
  /** Empty: processes that ended, and a node that is alone. */
  replica: string
  used: number
  granted: number
  wanted: number
}

export interface SpentTables {
  mandate_measure: MeasureTable
  mandate_rate: { mandate: string; replica: string; rest: string }
  mandate_mark: { replica: string; log_size: number; unsent: string; beat: number }
}

export interface MeasureRow {
  readonly mandate: string
  readonly measure: string
  readonly used: number
}

/** What one process had spent when the log had a size. */
export interface SpentRest {
  readonly logSize: number
  readonly measures: readonly MeasureRow[]
  /** `rest`: JSON of a rate window at rest. */
  readonly rates: readonly { readonly mandate: string; readonly rest: string }[]
  /** JSON of the acts that may still turn out never to have been sent. */
  readonly unsent: string
}

/** What was kept of a process, and the beat it was last seen at. */
export interface KeptRest extends SpentRest {
  readonly beat: number
}

/** `replica` is empty on a node that is alone. */
export interface SpentStore {
  load(replica: string): Promise<KeptRest | undefined>
  /** A process begins to spend, when the log has that size; `beat`: one that none of it had before. */
  enter(replica: string, logSize: number, beat: number): Promise<void>
  /** It lives. False when it was settled: others took it for dead. */
  touch(replica: string): Promise<boolean>
  /** Keeps what was spent. False, and nothing is kept, when the process was settled. */
  save(replica: string, rest: SpentRest): Promise<boolean>
  /**
   * Adds what a process that ended had spent to that of all that ended, and lets go of its leases: all, or nothing when
   * it was settled already, or has lived since that beat.
   */
  settle(replica: string, beat: number, measures: readonly MeasureRow[]): Promise<void>
  /** Those that have neither ended nor been settled, as far as the rows say. */
  entered(): Promise<string[]>
  /** What these mandates spent in each process, and in all that ended, when that was last kept. */
  used(mandates: readonly string[]): Promise<(MeasureRow & { readonly replica: string })[]>
}

/** Rows written in one statement: below the variables that one statement may bind on either engine. */
const batchRowsMax = 500

/** The tables are those of `mandate-store.ts`, which brings them to their newest form. */
export function createSpentStore(store: Store): SpentStore {
  const db = store.tables<SpentTables>()
  return {
    load: async (replica) => await load(db, replica),
    async enter(replica, logSize, beat) {
      const row = { log_size: logSize, unsent: '[]', beat }
      await db
        .insertInto('mandate_mark')
        .values({ replica, ...row })
        .onConflict((on) => on.column('replica').doUpdateSet(row))
        .execute()
    },
    async touch(replica) {
      const done = await db
        .updateTable('mandate_mark')
        .set((to) => ({ beat: to('beat', '+', 1) }))
        .where('replica', '=', replica)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async entered() {
      const rows = await db.selectFrom('mandate_mark').select('replica').where('replica', '!=', '').execute()
      return rows.map(({ replica }) => replica)
    },
    save: async (replica, rest) =>
      await store.transaction<SpentTables, boolean>(async (tx) => {
        if (!(await mark(tx, replica, rest))) return false
        const rows = rest.measures.map((row) => ({ ...row, replica, granted: 0, wanted: 0 }))
        for (const batch of batches(inOrder(rows))) {
          await tx
            .insertInto('mandate_measure')
            .values(batch)
            .onConflict((on) =>
              on
                .columns(['mandate', 'measure', 'replica'])
                .doUpdateSet((by) => ({ used: by.ref('excluded.used') })),
            )
            .execute()
        }
        await saveRates(tx, replica, rest)
        return true
      }),
    settle: async (replica, beat, measures) => {
      await store.transaction<SpentTables, void>(async (tx) => await settle(tx, replica, beat, measures))
    },
    async used(mandates) {
      if (mandates.length === 0) return []
      return await db
        .selectFrom('mandate_measure')
        .select(['mandate', 'measure', 'replica', 'used'])
        .where('mandate', 'in', [...mandates])
        .execute()
    },
  }
}

async function load(db: Kysely<SpentTables>, replica: string): Promise<KeptRest | undefined> {
  const found = await db
    .selectFrom('mandate_mark')
    .select(['log_size', 'unsent', 'beat'])
    .where('replica', '=', replica)
    .executeTakeFirst()
  if (found === undefined) return undefined
  const measures = await db
    .selectFrom('mandate_measure')
    .select(['mandate', 'measure', 'used'])
    .where('replica', '=', replica)
    .execute()
  const rates = await db
    .selectFrom('mandate_rate')
    .select(['mandate', 'rest'])
    .where('replica', '=', replica)
    .execute()
  return { logSize: found.log_size, unsent: found.unsent, beat: found.beat, measures, rates }
}

/** A node that is alone has nobody who could settle it. */
async function mark(tx: Kysely<SpentTables>, replica: string, rest: SpentRest): Promise<boolean> {
  const row = { log_size: rest.logSize, unsent: rest.unsent }
  if (replica === '') {
    await tx
      .insertInto('mandate_mark')
      .values({ replica, ...row, beat: 0 })
      .onConflict((on) => on.column('replica').doUpdateSet(row))
      .execute()
    return true
  }
  const done = await tx.updateTable('mandate_mark').set(row).where('replica', '=', replica).executeTakeFirst()
  return done.numUpdatedRows === 1n
}

async function saveRates(tx: Kysely<SpentTables>, replica: string, { rates }: SpentRest): Promise<void> {
  for (const batch of batches(rates.map((row) => ({ ...row, replica })))) {
    await tx
      .insertInto('mandate_rate')
      .values(batch)
      .onConflict((on) =>
        on.columns(['mandate', 'replica']).doUpdateSet((by) => ({ rest: by.ref('excluded.rest') })),
      )
      .execute()
  }
}

async function settle(
  tx: Kysely<SpentTables>,
  replica: string,
  beat: number,
  measures: readonly MeasureRow[],
): Promise<void> {
  // Whoever comes second finds no mark, and nothing to settle; nor does who counted what a living one spent.
  const gone = await tx
    .deleteFrom('mandate_mark')
    .where('replica', '=', replica)
    .where('beat', '=', beat)
    .executeTakeFirst()
  if (gone.numDeletedRows === 0n) return
  const rows = measures.map((row) => ({ ...row, replica: '', granted: 0, wanted: 0 }))
  for (const batch of batches(inOrder(rows))) {
    await tx
      .insertInto('mandate_measure')
      .values(batch)
      .onConflict((on) =>
        on
          .columns(['mandate', 'measure', 'replica'])
          .doUpdateSet((by) => ({ used: by('mandate_measure.used', '+', by.ref('excluded.used')) })),
      )
      .execute()
  }
  await tx.deleteFrom('mandate_measure').where('replica', '=', replica).execute()
  await tx.deleteFrom('mandate_rate').where('replica', '=', replica).execute()
}

/** All processes lock rows in one order, so that none waits for another in a circle. */
function inOrder<Row extends Pick<MeasureRow, 'mandate' | 'measure'>>(rows: readonly Row[]): Row[] {
  return rows.toSorted((left, right) => {
    if (left.mandate !== right.mandate) return left.mandate < right.mandate ? -1 : 1
    return left.measure < right.measure ? -1 : 1
  })
}

function batches<Row>(rows: readonly Row[]): Row[][] {
  const all: Row[][] = []
  for (let from = 0; from < rows.length; from += batchRowsMax) all.push(rows.slice(from, from + batchRowsMax))
  return all
}
