import { Fault } from '@ambit/core/fault'
import { sql } from 'kysely'
import type { Store } from '../../store/store.ts'
import type { LedgerGuard, SignedHead } from '../guard.ts'
import { headOf, migrateBatches, stayDurable } from './batch-store.ts'
import type { Tables } from './batch-store.ts'

/**
 * The guard of a log that several replicas sign: one row decides by compare-and-swap, and what each replica remembers by
 * itself (`memory`, a file guard) finds out that the database was restored from an older backup.
 */
export async function openSharedGuard(store: Store, memory: LedgerGuard): Promise<LedgerGuard> {
  await migrateBatches(store)
  const db = store.tables<Tables>()
  const readRow = async (origin: string): Promise<SignedHead | undefined> => {
    const row = await db
      .selectFrom('ledger_guard')
      .select(['size', 'root', 'checkpoint'])
      .where('origin', '=', origin)
      .executeTakeFirst()
    return row === undefined ? undefined : headOf(row, `ledger_guard of ${origin}`)
  }
  return {
    async read(origin) {
      const row = await readRow(origin)
      const remembered = await memory.read(origin)
      if (remembered !== undefined && !mayFollow(remembered, row ?? nothing))
        throw restored(origin, remembered, row)
      return row
    },
    async advance(origin, from, to) {
      if (from !== undefined && !mayFollow(from, to)) return false
      const remembered = await memory.read(origin)
      if (remembered !== undefined && !mayFollow(remembered, to)) return false
      const moved = from === undefined ? await begin(store, origin, to) : await move(store, origin, from, to)
      // Another replica signed the very same, or an answer was lost on its way here.
      const passed = moved || isSame(await readRow(origin), to)
      return passed && (await memory.advance(origin, remembered, to))
    },
  }
}

const nothing: Pick<SignedHead, 'size' | 'root'> = { size: 0, root: '' }

async function begin(store: Store, origin: string, { size, root, checkpoint }: SignedHead): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with durable as materialized (select ${stayDurable} as mode)
    insert into ledger_guard (origin, size, root, checkpoint)
    select ${origin}, ${size}::bigint, ${root}, ${checkpoint} from durable where mode is not null
    on conflict (origin) do nothing`.execute(store.tables<Tables>())
  return numAffectedRows === 1n
}

async function move(
  store: Store,
  origin: string,
  from: Pick<SignedHead, 'size' | 'root'>,
  { size, root, checkpoint }: SignedHead,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with durable as materialized (select ${stayDurable} as mode)
    update ledger_guard set size = ${size}, root = ${root}, checkpoint = ${checkpoint}
    from durable
    where origin = ${origin} and size = ${from.size} and root = ${from.root} and mode is not null`.execute(
    store.tables<Tables>(),
  )
  return numAffectedRows === 1n
}

function isSame(row: SignedHead | undefined, head: SignedHead): boolean {
  return row?.size === head.size && row.root === head.root
}

/** Whether a history may go on from one head to another: never to fewer entries, nor to others in the same number. */
function mayFollow(from: Pick<SignedHead, 'size' | 'root'>, to: Pick<SignedHead, 'size' | 'root'>): boolean {
  return to.size > from.size || (to.size === from.size && to.root === from.root)
}

function restored(origin: string, remembered: SignedHead, row: SignedHead | undefined): Fault {
  return new Fault('ledger.rolled-back', {
    detail:
      row?.size === remembered.size
        ? `this replica remembers another root for ${remembered.size} entries than the database`
        : `this replica remembers ${remembered.size} signed entries, the database ${row?.size ?? 0}`,
    where: `ledger_guard of ${origin}`,
    remedy: 'The database was restored from an older backup: restore the newer one, or begin a new log.',
  })
}
