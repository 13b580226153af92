import type { Digest } from '@ambit/core/digest'
import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'
import { createNameClaims } from './name-claim-store.ts'
import type { NameClaimReader, NameClaimWriter } from './name-claim-store.ts'

interface LifeTables {
  record_hold: HoldRow
  record_transfer: TransferRow
  record_takedown: {
    id: string
    record: string
    organization: string
    slug: string
    reason: string
    names: string
    keys: string
    addresses: string
    before: string
    taken_by: string
    taken: number
    lifted: number | null
  }
  record_comment: CommentRow
  registry_policy: { organization: string; two_people: number }
  /** The table of `registry-store.ts`: here only who keeps a record, and under which name. */
  record_entry: { id: string; organization: string; slug: string; live_slug: string | null; remarks: string }
  record_version: { record: string; organization: string }
}

/** A name that was given up and is kept free until then. */
export interface HoldRow {
  readonly organization: string
  readonly slug: string
  /** AIC of the record that had it; empty: it points to nobody. */
  readonly record: string
  readonly until: number
}

/** `accepting`: the receiver said yes, and what the giver's people were allowed is being ended. */
export type TransferState = 'offered' | 'accepting' | 'accepted' | 'declined' | 'withdrawn'

export interface TransferRow {
  readonly id: string
  readonly record: string
  /** As it was called, and calls itself, where it was offered. */
  readonly slug: string
  readonly title: string
  /** Who gives it. */
  readonly organization: string
  readonly receiver: string
  readonly state: TransferState
  readonly note: string
  readonly offered_by: string
  readonly offered: number
  readonly decided: number | null
  /** Who accepted it, and how (JSON); null before. */
  readonly accepted_by: string | null
  readonly request: string | null
  /** 1: it was in use when it was accepted. */
  readonly was_active: number | null
  /** When somebody last set about it; 0: nobody does now. */
  readonly tried: number | null
  /** Why it did not come to its end. */
  readonly problem: string | null
}

export type TransferAttempt = Pick<TransferRow, 'accepted_by' | 'request' | 'was_active' | 'tried'>

export interface TakedownRow {
  /** Id of its ruling. */
  readonly id: string
  readonly record: string
  readonly organization: string
  readonly slug: string
  readonly reason: string
  /** What its names look like (`confusable.ts`). */
  readonly names: readonly string[]
  /** did:key */
  readonly keys: readonly string[]
  /** Origins and paths, or bare hosts. */
  readonly addresses: readonly string[]
  /** Versions that were in use. */
  readonly before: readonly Digest[]
  readonly by: string
  readonly taken: number
  readonly lifted: number | null
}

export interface CommentRow {
  readonly id: string
  readonly record: string
  readonly organization: string
  readonly person: string
  /** The version it is about. */
  readonly version: string
  readonly text: string
  readonly at: number
}

export interface LifeReader {
  /** Those whose time is over too. */
  holds(): Promise<readonly HoldRow[]>
  /** Not lifted. */
  takedowns(): Promise<readonly TakedownRow[]>
  transfer(id: string): Promise<TransferRow | undefined>
  /** Given or received, newest first. */
  transfers(organization: string, rowsMax: number): Promise<readonly TransferRow[]>
  /** Offered, or not at its end. */
  openTransfer(record: string): Promise<TransferRow | undefined>
  /** Of whatever organisation: accepted, and not at its end. */
  unfinishedTransfers(rowsMax: number): Promise<readonly TransferRow[]>
  /** Newest first. */
  comments(record: string, rowsMax: number): Promise<readonly CommentRow[]>
  wantsTwoPeople(organization: string): Promise<boolean>
}

export interface LifeWriter {
  hold(row: HoldRow): Promise<void>
  release(organization: string, slug: string): Promise<void>
  takeDown(row: TakedownRow): Promise<void>
  lift(id: string, at: number): Promise<void>
  /** False: another transfer of the record is open. */
  offer(row: TransferRow): Promise<boolean>
  /** False when it was decided meanwhile. */
  decide(id: string, from: TransferState, state: TransferState, at: number): Promise<boolean>
  /** Sets about one that is accepted now, or was before and nobody is at it. False: somebody else did. */
  accept(row: TransferRow, change: TransferAttempt): Promise<boolean>
  /** Nobody is at it any more, and why. */
  leave(id: string, problem: string): Promise<void>
  comment(row: CommentRow): Promise<void>
  setTwoPeople(organization: string, wanted: boolean): Promise<void>
  /** Gives a record another keeper, another name, or both. False: a live record there has the name. */
  move(id: string, organization: string, slug: string): Promise<boolean>
  setRemarks(id: string, remarks: readonly string[]): Promise<void>
}

export type LifeStore = LifeReader & LifeWriter & NameClaimReader & NameClaimWriter

/** The migrations run with those of `registry-store.ts`. */
export function createLifeStore(store: Store): LifeStore {
  const db = store.tables<LifeTables>()
  return { ...createReader(db), ...createWriter(db), ...createMover(store), ...createNameClaims(store) }
}

function createReader(db: Kysely<LifeTables>): LifeReader {
  const transfers = () => db.selectFrom('record_transfer').selectAll()
  return {
    holds: async () => await db.selectFrom('record_hold').selectAll().execute(),
    async takedowns() {
      const query = db.selectFrom('record_takedown').selectAll().where('lifted', 'is', null).orderBy('id')
      return (await query.execute()).map(takedownOf)
    },
    transfer: async (id) => await transfers().where('id', '=', id).executeTakeFirst(),
    transfers: async (organization, rowsMax) =>
      await transfers()
        .where((by) => by.or([by('organization', '=', organization), by('receiver', '=', organization)]))
        .orderBy('id', 'desc')
        .limit(rowsMax)
        .execute(),
    openTransfer: async (record) =>
      await transfers()
        .where('record', '=', record)
        .where('state', 'in', ['offered', 'accepting'])
        .executeTakeFirst(),
    unfinishedTransfers: async (rowsMax) =>
      await transfers().where('state', '=', 'accepting').orderBy('id').limit(rowsMax).execute(),
    comments: async (record, rowsMax) =>
      await db
        .selectFrom('record_comment')
        .selectAll()
        .where('record', '=', record)
        .orderBy('id', 'desc')
        .limit(rowsMax)
        .execute(),
    async wantsTwoPeople(organization) {
      const query = db.selectFrom('registry_policy').selectAll().where('organization', '=', organization)
      return (await query.executeTakeFirst())?.two_people === 1
    },
  }
}

function createWriter(db: Kysely<LifeTables>): Omit<LifeWriter, 'move' | 'setRemarks'> {
  return {
    async hold(row) {
      const { record, until } = row
      await db
        .insertInto('record_hold')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'slug']).doUpdateSet({ record, until }))
        .execute()
    },
    async release(organization, slug) {
      await db
        .deleteFrom('record_hold')
        .where('organization', '=', organization)
        .where('slug', '=', slug)
        .execute()
    },
    async takeDown({ names, keys, addresses, before, by, ...row }) {
      const lists = {
        names: JSON.stringify(names),
        keys: JSON.stringify(keys),
        addresses: JSON.stringify(addresses),
        before: JSON.stringify(before),
      }
      await db
        .insertInto('record_takedown')
        .values({ ...row, ...lists, taken_by: by })
        .execute()
    },
    async lift(id, at) {
      await db.updateTable('record_takedown').set({ lifted: at }).where('id', '=', id).execute()
    },
    async offer(row) {
      const done = await db
        .insertInto('record_transfer')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return Number(done.numInsertedOrUpdatedRows ?? 0) === 1
    },
    async decide(id, from, state, at) {
      const done = await db
        .updateTable('record_transfer')
        .set({ state, decided: at, problem: null })
        .where('id', '=', id)
        .where('state', '=', from)
        .executeTakeFirst()
      return Number(done.numUpdatedRows) === 1
    },
    async accept({ id, state, tried }, change) {
      const done = await db
        .updateTable('record_transfer')
        .set({ ...change, state: 'accepting', problem: null })
        .where('id', '=', id)
        .where('state', '=', state)
        .where('tried', tried === null ? 'is' : '=', tried)
        .executeTakeFirst()
      return Number(done.numUpdatedRows) === 1
    },
    async leave(id, problem) {
      await db
        .updateTable('record_transfer')
        .set({ tried: 0, problem: problem.slice(0, 500) })
        .where('id', '=', id)
        .where('state', '=', 'accepting')
        .execute()
    },
    async comment(row) {
      await db.insertInto('record_comment').values(row).execute()
    },
    async setTwoPeople(organization, wanted) {
      const two_people = wanted ? 1 : 0
      await db
        .insertInto('registry_policy')
        .values({ organization, two_people })
        .onConflict((conflict) => conflict.column('organization').doUpdateSet({ two_people }))
        .execute()
    },
  }
}

function createMover(store: Store): Pick<LifeWriter, 'move' | 'setRemarks'> {
  return {
    move: async (id, organization, slug) =>
      await store.transaction<LifeTables, boolean>(async (tx) => {
        const taken = await tx
          .selectFrom('record_entry')
          .select('id')
          .where('organization', '=', organization)
          .where('live_slug', '=', slug)
          .where('id', '!=', id)
          .executeTakeFirst()
        if (taken !== undefined) return false
        const change = { organization, slug, live_slug: slug }
        await tx.updateTable('record_entry').set(change).where('id', '=', id).execute()
        await tx.updateTable('record_version').set({ organization }).where('record', '=', id).execute()
        return true
      }),
    async setRemarks(id, remarks) {
      await store
        .tables<LifeTables>()
        .updateTable('record_entry')
        .set({ remarks: JSON.stringify(remarks) })
        .where('id', '=', id)
        .execute()
    },
  }
}

function takedownOf(row: LifeTables['record_takedown']): TakedownRow {
  const { names, keys, addresses, before, taken_by, ...rest } = row
  return {
    ...rest,
    names: JSON.parse(names) as string[],
    keys: JSON.parse(keys) as string[],
    addresses: JSON.parse(addresses) as string[],
    before: JSON.parse(before) as Digest[],
    by: taken_by,
  }
}
