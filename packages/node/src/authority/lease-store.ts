import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'
import type { SpentTables } from './spent-store.ts'

/** What a replica asks for of one measure of one mandate. */
export interface LeaseWish {
  readonly mandate: string
  readonly measure: string
  /** What the mandate allows. */
  readonly max: number
  /** What it lacks at least; 0: it asks ahead. */
  readonly need: number
}

export interface Lease {
  /** All that it has leased. */
  readonly granted: number
  /** What others hold unused, as far as they said so, and what nobody has. */
  readonly elsewhere: number
}

export interface LeaseStore {
  /**
   * Leases slices to a replica, one answer for each wish in turn; the sum over all never exceeds what a mandate allows.
   * Undefined: others took the replica for dead, and it has nothing any more.
   */
  lease(replica: string, living: number, wishes: readonly LeaseWish[]): Promise<Lease[] | undefined>
  /** Lets go of what is above `granted`. False: others took the replica for dead. */
  giveBack(replica: string, kept: readonly KeptLease[]): Promise<boolean>
  /** What other replicas lack, by mandate and measure. */
  wanted(replica: string): Promise<WantedRow[]>
}

export interface KeptLease {
  readonly mandate: string
  readonly measure: string
  readonly granted: number
}

export interface WantedRow {
  /** Who lacks it. */
  readonly replica: string
  readonly mandate: string
  readonly measure: string
  readonly wanted: number
}

/** Wishes and rows of one transaction: below the variables that one statement may bind. */
export const wishesMax = 200

export function createLeaseStore(store: Store): LeaseStore {
  const db = store.tables<SpentTables>()
  return {
    lease: async (replica, living, wishes) =>
      await store.transaction<SpentTables, Lease[] | undefined>(async (tx) => {
        if (!(await isMarked(tx, store.engine, replica))) return undefined
        const taken = await locked(tx, store.engine, wishes)
        const leases: Lease[] = []
        const rowsNow: TakenRow[] = []
        for (const wish of wishes) {
          const rows = taken.filter((row) => row.mandate === wish.mandate && row.measure === wish.measure)
          const own = rows.find((row) => row.replica === replica)?.granted ?? 0
          const { give, wanted, elsewhere } = share(wish, rows, replica, living)
          const granted = own + give
          const { mandate, measure } = wish
          rowsNow.push({ mandate, measure, replica, used: 0, granted, wanted })
          leases.push({ granted, elsewhere })
        }
        await write(tx, rowsNow)
        return leases
      }),
    giveBack: async (replica, kept) =>
      await store.transaction<SpentTables, boolean>(async (tx) => {
        if (!(await isMarked(tx, store.engine, replica))) return false
        for (const { mandate, measure, granted } of kept) {
          await tx
            .updateTable('mandate_measure')
            .set({ granted })
            .where('mandate', '=', mandate)
            .where('measure', '=', measure)
            .where('replica', '=', replica)
            .where('granted', '>', granted)
            .execute()
        }
        return true
      }),
    wanted: async (replica) =>
      await db
        .selectFrom('mandate_measure')
        .select(['replica', 'mandate', 'measure', 'wanted'])
        .where('wanted', '>', 0)
        .where('replica', '!=', replica)
        .limit(wishesMax)
        .execute(),
  }
}

type TakenRow = SpentTables['mandate_measure']

/**
 * A fair slice of what nobody has: divided by the living replicas, at least what is needed, at most what there is. What
 * counts as taken: all that ended processes spent, and of the living ones what they leased or spent, whichever is more.
 * `wanted`: what others are asked to give up, where that is less than what is needed.
 */
export function share(
  { max, need }: Pick<LeaseWish, 'max' | 'need'>,
  rows: readonly Pick<TakenRow, 'replica' | 'used' | 'granted'>[],
  replica: string,
  living: number,
): { give: number; wanted: number; elsewhere: number } {
  let free = max
  let unused = 0
  for (const row of rows) {
    free -= row.replica === '' ? row.used : Math.max(row.granted, row.used)
    if (row.replica !== '' && row.replica !== replica) unused += Math.max(0, row.granted - row.used)
  }
  free = Math.max(0, free)
  const give = Math.min(free, Math.max(need, Math.ceil(free / living)))
  const elsewhere = free - give + unused
  const isShort = give < need && elsewhere > 0
  return { give, elsewhere, wanted: isShort ? Math.max(need, Math.ceil((free + unused) / living)) - give : 0 }
}

/** Whoever settles a replica takes its mark away first, so that holding the mark keeps it from being settled. */
async function isMarked(tx: Kysely<SpentTables>, engine: Store['engine'], replica: string): Promise<boolean> {
  const query = tx.selectFrom('mandate_mark').select('replica').where('replica', '=', replica)
  return (await (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst()) !== undefined
}

/** Locks each measure by its row of the ended, in one order, and reads all rows after that. */
async function locked(
  tx: Kysely<SpentTables>,
  engine: Store['engine'],
  wishes: readonly LeaseWish[],
): Promise<TakenRow[]> {
  const bases = wishes
    .map(({ mandate, measure }) => ({ mandate, measure, replica: '', used: 0, granted: 0, wanted: 0 }))
    .toSorted((left, right) =>
      `${left.mandate} ${left.measure}` < `${right.mandate} ${right.measure}` ? -1 : 1,
    )
  await tx
    .insertInto('mandate_measure')
    .values(bases)
    .onConflict((on) => on.columns(['mandate', 'measure', 'replica']).doNothing())
    .execute()
  const mandates = [...new Set(wishes.map(({ mandate }) => mandate))]
  if (engine === 'postgres') {
    await tx
      .selectFrom('mandate_measure')
      .select('mandate')
      .where('mandate', 'in', mandates)
      .where('replica', '=', '')
      .orderBy('mandate')
      .orderBy('measure')
      .forUpdate()
      .execute()
  }
  return await tx.selectFrom('mandate_measure').selectAll().where('mandate', 'in', mandates).execute()
}

async function write(tx: Kysely<SpentTables>, rows: readonly TakenRow[]): Promise<void> {
  await tx
    .insertInto('mandate_measure')
    .values([...rows])
    .onConflict((on) =>
      on.columns(['mandate', 'measure', 'replica']).doUpdateSet((by) => ({
        granted: by.ref('excluded.granted'),
        wanted: by.ref('excluded.wanted'),
      })),
    )
    .execute()
}
