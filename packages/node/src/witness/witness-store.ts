import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

interface Tables {
  witness_log: {
    origin: string
    organization: string
    id: string
    /** Origin of the list that it was taken from; null where an operator added it. */
    series: string | null
    /** JSON array. */
    vkeys: string
    url: string | null
    added_by: string
    added_at: number
    removed_at: number | null
    size: number
    root: string
    cosigned_s: number
    checkpoint: string | null
  }
}

/** What was cosigned last of a log; size 0 and no root before the first time. */
export interface CosignedHead {
  readonly size: number
  /** Standard base64; empty before the first time. */
  readonly root: string
  /** Seconds since 1970 of the cosignature, 0 before the first one. */
  readonly time: number
}

export interface WitnessedLog {
  readonly origin: string
  readonly organization: string
  /** SHA-256 of the origin in hexadecimal: its name in addresses. */
  readonly id: string
  readonly vkeys: readonly string[]
  readonly url: string | undefined
  readonly addedAt: number
  readonly head: CosignedHead
  /** As it was cosigned; undefined before the first time. */
  readonly checkpoint: string | undefined
}

export interface WitnessReader {
  /** A log on the list; by its origin. */
  log(origin: string): Promise<WitnessedLog | undefined>
  /** A log on the list; by the hash of its origin. */
  logById(id: string): Promise<WitnessedLog | undefined>
  /** The logs of an organisation on the list, by their origin. */
  logs(organization: string, rowsMax: number): Promise<readonly WitnessedLog[]>
  /** Whether a key with this id (eight hexadecimal digits) belongs to some log on the list. */
  knowsKey(keyId: string): Promise<boolean>
  count(): Promise<number>
}

export interface WitnessWriter {
  /** Puts a log on the list, or back on it with what was cosigned of it before; false where another organisation has it. */
  add(log: {
    readonly origin: string
    readonly organization: string
    readonly vkeys: readonly string[]
    readonly url: string | undefined
    readonly by: string
    readonly at: number
  }): Promise<boolean>
  /** Puts a log of a series on the list that is not known yet, at most so many. */
  follow(
    series: WitnessedLog,
    log: { readonly origin: string; readonly vkeys: readonly string[]; readonly at: number },
    rowsMax: number,
  ): Promise<void>
  /** Takes a log off the list, and with a series all its logs; false where it was not on it. */
  remove(organization: string, origin: string, at: number): Promise<boolean>
  /** One step, durable when it resolves: false when what was cosigned last is not `from` any more. */
  advance(origin: string, from: CosignedHead, to: CosignedHead, checkpoint: string): Promise<boolean>
}

/** A log that was never cosigned. */
const blank = { removed_at: null, size: 0, root: '', cosigned_s: 0, checkpoint: null } as const

/** What logs and monitors call a log in addresses. */
function originId(origin: string): string {
  return hash('sha256', origin, 'hex')
}

export async function openWitnessStore(store: Store): Promise<WitnessReader & WitnessWriter> {
  await store.migrate({ domain: 'witness', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): WitnessReader {
  const db = store.tables<Tables>()
  const listed = () => db.selectFrom('witness_log').selectAll().where('removed_at', 'is', null)
  return {
    async log(origin) {
      const row = await listed().where('origin', '=', origin).executeTakeFirst()
      return row && logOf(row)
    },
    async logById(id) {
      const row = await listed().where('id', '=', id).executeTakeFirst()
      return row && logOf(row)
    },
    async logs(organization, rowsMax) {
      const rows = await listed()
        .where('organization', '=', organization)
        .orderBy('origin')
        .limit(rowsMax)
        .execute()
      return rows.map(logOf)
    },
    async knowsKey(keyId) {
      const row = await listed().where('vkeys', 'like', `%+${keyId}+%`).limit(1).executeTakeFirst()
      return row !== undefined
    },
    async count() {
      const { rows } = await db
        .selectFrom('witness_log')
        .select((eb) => eb.fn.countAll<number>().as('rows'))
        .executeTakeFirstOrThrow()
      return rows
    },
  }
}

function createWriter(store: Store): WitnessWriter {
  const db = store.tables<Tables>()
  return {
    async add({ origin, organization, vkeys, url, by, at }) {
      const given = { vkeys: JSON.stringify(vkeys), url: url ?? null, added_by: by, added_at: at }
      const done = await db
        .insertInto('witness_log')
        .values({
          ...given,
          origin,
          organization,
          id: originId(origin),
          series: null,
          ...blank,
        })
        .onConflict((conflict) =>
          conflict
            .column('origin')
            .doUpdateSet({ ...given, organization, removed_at: null })
            .where((eb) =>
              eb.or([
                eb('witness_log.organization', '=', organization),
                eb('witness_log.removed_at', 'is not', null),
              ]),
            ),
        )
        .executeTakeFirst()
      if (done.numInsertedOrUpdatedRows !== 1n) return false
      // With a series its logs come back, which its node names only once.
      await db
        .updateTable('witness_log')
        .set({ removed_at: null })
        .where('organization', '=', organization)
        .where('series', '=', origin)
        .execute()
      return true
    },
    async follow({ origin: series, organization }, { origin, vkeys, at }, rowsMax) {
      const followed = await db
        .selectFrom('witness_log')
        .select('origin')
        .where('series', '=', series)
        .limit(rowsMax)
        .execute()
      if (followed.length >= rowsMax) return
      const row = { ...blank, origin, organization, id: originId(origin), series }
      await db
        .insertInto('witness_log')
        .values({ ...row, vkeys: JSON.stringify(vkeys), url: null, added_by: series, added_at: at })
        .onConflict((conflict) => conflict.column('origin').doNothing())
        .execute()
    },
    async remove(organization, origin, at) {
      const done = await db
        .updateTable('witness_log')
        .set({ removed_at: at })
        .where('organization', '=', organization)
        .where((eb) => eb.or([eb('origin', '=', origin), eb('series', '=', origin)]))
        .where('removed_at', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows > 0n
    },
    async advance(origin, from, to, checkpoint) {
      return await store.transaction<Tables, boolean>(async (tx) => {
        // Whatever the server is set to: a witness that forgets what it cosigned is none.
        if (store.engine === 'postgres') await sql`set local synchronous_commit to on`.execute(tx)
        // Comparing and writing is one statement: of two that come at once, the second finds another head.
        const done = await tx
          .updateTable('witness_log')
          .set({ size: to.size, root: to.root, cosigned_s: to.time, checkpoint })
          .where('origin', '=', origin)
          .where('size', '=', from.size)
          .where('root', '=', from.root)
          .where('cosigned_s', '=', from.time)
          .where('removed_at', 'is', null)
          .executeTakeFirst()
        return done.numUpdatedRows === 1n
      })
    },
  }
}

function logOf(row: Tables['witness_log']): WitnessedLog {
  const { origin, organization, id, url, checkpoint, size, root } = row
  return {
    origin,
    organization,
    id,
    vkeys: JSON.parse(row.vkeys) as string[],
    url: url ?? undefined,
    addedAt: row.added_at,
    head: { size, root, time: row.cosigned_s },
    checkpoint: checkpoint ?? undefined,
  }
}
