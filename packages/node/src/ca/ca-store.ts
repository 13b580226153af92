import type { Kysely } from 'kysely'
import type { SealedCells } from '../kernel/key-signer.ts'
import type { Store } from '../store/store.ts'
import type { Certificate, RevocationReason, Usage } from './ca.ts'
import { nextRevision } from './change-store.ts'
import { acme } from './migrations/002-acme.ts'
import { init } from './migrations/001-init.ts'
import { revision } from './migrations/003-revision.ts'

interface Tables {
  ca_key: { name: string; sealed: Uint8Array }
  ca_authority: { name: string; der: Uint8Array }
  ca_certificate: {
    serial: string
    aic: string
    organization: string
    usage: Usage
    thumbprint: string
    did: string | null
    not_before: number
    not_after: number
    revoked_at: number | null
    reason: RevocationReason | null
    made_by: string
    der: Uint8Array
    revision: number
  }
  ca_key_owner: { thumbprint: string; aic: string }
  ca_bad_key: { thumbprint: string; at: number }
  ca_list: { number: number; this_update: number; next_update: number; entries: number; der: Uint8Array }
}

/** What is kept in memory of a certificate that has not ended. */
export interface Head {
  readonly serial: string
  readonly aic: string
  readonly organization: string
  readonly notAfter: number
  readonly revokedAt: number | undefined
  readonly reason: RevocationReason | undefined
}

export interface RevocationList {
  readonly number: number
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly entries: number
  readonly der: Uint8Array
}

export interface Issued {
  readonly certificate: Certificate
  readonly by: string
  readonly der: Uint8Array
}

/** Why a certificate was not kept: nothing of it is. */
export type KeepRefusal = 'key-of-another' | 'key-compromised' | 'too-many'

export interface CertificateReader {
  authority(name: string): Promise<Uint8Array | undefined>
  /** Everything that has not ended at that time. */
  heads(now: number): AsyncIterable<Head>
  head(serial: string): Promise<Head | undefined>
  /** Newest first; of an organisation, or of a record. */
  certificates(
    of: { organization: string } | { aic: string },
    rowsMax: number,
  ): Promise<readonly Certificate[]>
  certificate(serial: string): Promise<(Issued & { readonly der: Uint8Array }) | undefined>
  /** How many of a record hold. */
  live(aic: string, now: number): Promise<number>
  /** Whose key it is, and whether it may be certified; the agent that it was certified for before. */
  keyState(thumbprint: string): Promise<{ readonly aic: string | undefined; readonly bad: boolean }>
  list(number?: number): Promise<RevocationList | undefined>
  /** The newest list of those that were made within a span of time. */
  listOf(from: number, until: number): Promise<RevocationList | undefined>
}

export interface CertificateWriter {
  readonly keys: SealedCells
  /** Keeps it unless there is one already; gives what is kept. */
  keepAuthority(name: string, der: Uint8Array): Promise<Uint8Array>
  /** All or nothing: the certificate, and its key as that of its agent. */
  keep(issued: Issued, now: number, liveMax: number): Promise<KeepRefusal | undefined>
  /** Takes back what holds of these; gives the serials. */
  revoke(
    which:
      | { readonly aic: string; readonly serial?: string | undefined }
      | { readonly aic: string; readonly notOf: string }
      | { readonly thumbprint: string },
    reason: RevocationReason,
    at: number,
  ): Promise<readonly { readonly serial: string; readonly aic: string }[]>
  /** No key with that thumbprint is certified again. */
  markBad(thumbprint: string, at: number): Promise<void>
  /** False where another replica has made the list of that number. */
  keepList(list: RevocationList): Promise<boolean>
  /** Of lists with a smaller number: those of since a time, and those of before another. */
  dropLists(below: number, since: number, before: number): Promise<void>
}

const pageRows = 5000

export async function openCertificateStore(store: Store): Promise<CertificateReader & CertificateWriter> {
  await store.migrate({ domain: 'ca', steps: [init, acme, revision] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): CertificateReader {
  const db = store.tables<Tables>()
  const headColumns = ['serial', 'aic', 'organization', 'not_after', 'revoked_at', 'reason'] as const
  const lists = () => db.selectFrom('ca_list').selectAll().orderBy('number', 'desc').limit(1)
  return {
    authority: async (name) =>
      (await db.selectFrom('ca_authority').select('der').where('name', '=', name).executeTakeFirst())?.der,
    async *heads(now) {
      for (let after = ''; ;) {
        const rows = await db
          .selectFrom('ca_certificate')
          .select(headColumns)
          .where('serial', '>', after)
          .where('not_after', '>', now)
          .orderBy('serial')
          .limit(pageRows)
          .execute()
        yield* rows.map(headOf)
        if (rows.length < pageRows) return
        after = rows.at(-1)!.serial
      }
    },
    async head(serial) {
      const row = await db
        .selectFrom('ca_certificate')
        .select(headColumns)
        .where('serial', '=', serial)
        .executeTakeFirst()
      return row && headOf(row)
    },
    async certificates(of, rowsMax) {
      const rows = await db
        .selectFrom('ca_certificate')
        .selectAll()
        .where((eb) => ('aic' in of ? eb('aic', '=', of.aic) : eb('organization', '=', of.organization)))
        .orderBy('not_before', 'desc')
        .orderBy('serial')
        .limit(rowsMax)
        .execute()
      return rows.map(certificateOf)
    },
    async certificate(serial) {
      const row = await db
        .selectFrom('ca_certificate')
        .selectAll()
        .where('serial', '=', serial)
        .executeTakeFirst()
      return row && { certificate: certificateOf(row), by: row.made_by, der: row.der }
    },
    live: async (aic, now) => await liveIn(db, aic, now),
    keyState: async (thumbprint) => await keyStateIn(db, thumbprint),
    async list(number) {
      const row = await (
        number === undefined ? lists() : lists().where('number', '=', number)
      ).executeTakeFirst()
      return row && listOf(row)
    },
    async listOf(from, until) {
      const row = await lists()
        .where('this_update', '>=', from)
        .where('this_update', '<', until)
        .executeTakeFirst()
      return row && listOf(row)
    },
  }
}

function createWriter(store: Store): CertificateWriter {
  const db = store.tables<Tables>()
  return {
    keys: {
      async read(name) {
        const row = await db.selectFrom('ca_key').select('sealed').where('name', '=', name).executeTakeFirst()
        return row && Buffer.from(row.sealed)
      },
      async keep(name, sealed) {
        await db
          .insertInto('ca_key')
          .values({ name, sealed })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .execute()
        const kept = db.selectFrom('ca_key').select('sealed').where('name', '=', name)
        return Buffer.from((await kept.executeTakeFirstOrThrow()).sealed)
      },
    },
    async keepAuthority(name, der) {
      await db
        .insertInto('ca_authority')
        .values({ name, der })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
      const kept = db.selectFrom('ca_authority').select('der').where('name', '=', name)
      return (await kept.executeTakeFirstOrThrow()).der
    },
    keep: async (issued, now, liveMax) =>
      await store.transaction<Tables, KeepRefusal | undefined>(
        async (tx) => await keepIn(tx, issued, now, liveMax),
      ),
    revoke: async (which, reason, at) =>
      await store.transaction<Tables, Awaited<ReturnType<CertificateWriter['revoke']>>>(
        async (tx) => await revokeIn(tx, which, reason, at),
      ),
    async markBad(thumbprint, at) {
      await db
        .insertInto('ca_bad_key')
        .values({ thumbprint, at })
        .onConflict((conflict) => conflict.column('thumbprint').doNothing())
        .execute()
    },
    async keepList({ number, thisUpdate, nextUpdate, entries, der }) {
      const done = await db
        .insertInto('ca_list')
        .values({ number, this_update: thisUpdate, next_update: nextUpdate, entries, der })
        .onConflict((conflict) => conflict.column('number').doNothing())
        .executeTakeFirst()
      return Number(done.numInsertedOrUpdatedRows ?? 0) === 1
    },
    async dropLists(below, since, before) {
      await db
        .deleteFrom('ca_list')
        .where('number', '<', below)
        .where((eb) => eb.or([eb('this_update', '>=', since), eb('this_update', '<', before)]))
        .execute()
    },
  }
}

async function revokeIn(
  tx: Kysely<Tables>,
  which: Parameters<CertificateWriter['revoke']>[0],
  reason: RevocationReason,
  at: number,
): ReturnType<CertificateWriter['revoke']> {
  const taken = await tx
    .updateTable('ca_certificate')
    .set({ revoked_at: at, reason })
    .where('revoked_at', 'is', null)
    .$if('aic' in which, (query) => query.where('aic', '=', (which as { aic: string }).aic))
    .$if('serial' in which && which.serial !== undefined, (query) =>
      query.where('serial', '=', (which as { serial: string }).serial),
    )
    .$if('notOf' in which, (query) => query.where('organization', '<>', (which as { notOf: string }).notOf))
    .$if('thumbprint' in which, (query) =>
      query.where('thumbprint', '=', (which as { thumbprint: string }).thumbprint),
    )
    .returning(['serial', 'aic'])
    .execute()
  if (taken.length === 0) return taken
  const number = await nextRevision(tx)
  for (const { serial } of taken)
    await tx.updateTable('ca_certificate').set({ revision: number }).where('serial', '=', serial).execute()
  return taken
}

async function keepIn(
  tx: Kysely<Tables>,
  { certificate, by, der }: Issued,
  now: number,
  liveMax: number,
): Promise<KeepRefusal | undefined> {
  const { serial, aic, organization, usage, thumbprint, key, notBefore, notAfter } = certificate
  // First: of two that come at once for one key, the second waits here and finds whose it is.
  const made = await tx
    .insertInto('ca_key_owner')
    .values({ thumbprint, aic })
    .onConflict((conflict) => conflict.column('thumbprint').doNothing())
    .executeTakeFirst()
  const state = await keyStateIn(tx, thumbprint)
  if (state.aic !== aic) return 'key-of-another'
  const refused = state.bad
    ? 'key-compromised'
    : (await liveIn(tx, aic, now)) >= liveMax
      ? 'too-many'
      : undefined
  if (refused !== undefined) {
    // A key that got no certificate is nobody's.
    if (Number(made.numInsertedOrUpdatedRows ?? 0) === 1)
      await tx.deleteFrom('ca_key_owner').where('thumbprint', '=', thumbprint).execute()
    return refused
  }
  const number = await nextRevision(tx)
  const times = { not_before: notBefore, not_after: notAfter, revoked_at: null, reason: null }
  await tx
    .insertInto('ca_certificate')
    .values({
      serial,
      aic,
      organization,
      usage,
      thumbprint,
      der,
      ...times,
      did: key ?? null,
      made_by: by,
      revision: number,
    })
    .execute()
  return undefined
}

async function liveIn(db: Kysely<Tables>, aic: string, now: number): Promise<number> {
  const { live } = await db
    .selectFrom('ca_certificate')
    .select((eb) => eb.fn.countAll<number>().as('live'))
    .where('aic', '=', aic)
    .where('revoked_at', 'is', null)
    .where('not_after', '>', now)
    .executeTakeFirstOrThrow()
  return live
}

async function keyStateIn(db: Kysely<Tables>, thumbprint: string) {
  const owner = await db
    .selectFrom('ca_key_owner')
    .select('aic')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  const bad = await db
    .selectFrom('ca_bad_key')
    .select('at')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  return { aic: owner?.aic, bad: bad !== undefined }
}

type HeadRow = Pick<
  Tables['ca_certificate'],
  'serial' | 'aic' | 'organization' | 'not_after' | 'revoked_at' | 'reason'
>

function headOf({ serial, aic, organization, not_after, revoked_at, reason }: HeadRow): Head {
  return {
    serial,
    aic,
    organization,
    notAfter: not_after,
    revokedAt: revoked_at ?? undefined,
    reason: reason ?? undefined,
  }
}

function certificateOf(row: Tables['ca_certificate']): Certificate {
  return {
    serial: row.serial,
    aic: row.aic,
    organization: row.organization,
    usage: row.usage,
    thumbprint: row.thumbprint,
    key: row.did ?? undefined,
    notBefore: row.not_before,
    notAfter: row.not_after,
    revokedAt: row.revoked_at ?? undefined,
    reason: row.reason ?? undefined,
  }
}

function listOf(row: Tables['ca_list']): RevocationList {
  return {
    number: row.number,
    thisUpdate: row.this_update,
    nextUpdate: row.next_update,
    entries: row.entries,
    der: row.der,
  }
}
