import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'
import type { Stop } from './stop-book.ts'

interface StopTable extends Stop {
  readonly leaf: number | null
  readonly lifted: number | null
  readonly lifted_by: string | null
}

interface Tables {
  stop: StopTable
}

export interface StopRow extends Stop {
  readonly lifted: number | null
  readonly liftedBy: string | null
  /** Position in the activity log of the leaf that says how far it reached; null: not yet there. */
  readonly leaf: number | null
}

export interface StopListing {
  readonly organization: string
  /** Set by this person, or reaching what is done in their name; left out: all. */
  readonly person?: string
  /** Only those that were not lifted. */
  readonly inForce?: boolean
  readonly before?: string
  readonly limit: number
}

export interface StopStore {
  /** Those that were not lifted. */
  active(): Promise<Stop[]>
  /** Those in force whose reach the log does not have: the node ended in between. */
  unlogged(): Promise<Stop[]>
  /** Those of an organisation that were in force at any time since then, in ms, the earliest first. */
  since(organization: string, at: number): Promise<Stop[]>
  find(id: string): Promise<StopRow | undefined>
  /** Newest first, lifted ones included. */
  list(listing: StopListing): Promise<StopRow[]>
  insert(stop: Stop): Promise<void>
  logged(id: string, leaf: number): Promise<void>
  /** True for exactly one of those that lift it. */
  lift(id: string, at: number, by: string): Promise<boolean>
}

const members = ['id', 'organization', 'what', 'subject', 'name', 'by', 'at', 'note'] as const

/** The tables are those of `mandate-store.ts`, which brings them to their newest form. */
export function createStopStore(store: Store): StopStore {
  const db = store.tables<Tables>()
  const active = () => db.selectFrom('stop').select(members).where('lifted', 'is', null).orderBy('id')
  const rows = () => db.selectFrom('stop').select([...members, 'leaf', 'lifted', 'lifted_by as liftedBy'])
  return {
    active: async () => await active().execute(),
    unlogged: async () => await active().where('leaf', 'is', null).execute(),
    since: async (organization, at) =>
      await db
        .selectFrom('stop')
        .select(members)
        .where('organization', '=', organization)
        .where((by) => by.or([by('lifted', 'is', null), by('lifted', '>=', at)]))
        .orderBy('id')
        .execute(),
    find: async (id) => await rows().where('id', '=', id).executeTakeFirst(),
    async list({ organization, person, inForce, before, limit }) {
      let query = rows().where('organization', '=', organization)
      if (person !== undefined)
        query = query.where((by) =>
          by.or([by('by', '=', person), by('name', '=', person), by('name', 'is', null)]),
        )
      if (inForce === true) query = query.where('lifted', 'is', null)
      if (before !== undefined) query = query.where('id', '<', before)
      return await query.orderBy('id', 'desc').limit(Math.min(limit, limits.pageRowsMax)).execute()
    },
    async insert(stop) {
      await db
        .insertInto('stop')
        .values({ ...stop, leaf: null, lifted: null, lifted_by: null })
        .execute()
    },
    async logged(id, leaf) {
      await db.updateTable('stop').set({ leaf }).where('id', '=', id).execute()
    },
    async lift(id, at, by) {
      const done = await db
        .updateTable('stop')
        .set({ lifted: at, lifted_by: by })
        .where('id', '=', id)
        .where('lifted', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
  }
}
