import type { Store } from '../store/store.ts'
import type { Usage } from './ca.ts'

interface Tables {
  acme_binding: {
    key_id: string
    sealed: Uint8Array
    aic: string
    organization: string
    made_by: string
    expires_at: number
    used_at: number | null
  }
  acme_account: {
    id: string
    thumbprint: string
    jwk: string
    aic: string
    organization: string
    contact: string
    status: 'valid' | 'deactivated'
    made_by: string
    created_at: number
  }
  acme_order: {
    id: string
    account: string
    aic: string
    usage: Usage
    status: Order['status']
    expires_at: number
    serial: string | null
  }
  acme_nonce: { nonce: string; expires_at: number }
}

/** An external account binding: good for one account of one record, for a day. */
export interface Binding {
  readonly keyId: string
  readonly sealed: Uint8Array
  readonly aic: string
  /** That kept the record then. */
  readonly organization: string
  /** Principal of the person who made it. */
  readonly by: string
  readonly expiresAt: number
  readonly usedAt: number | undefined
}

export interface Account {
  readonly id: string
  readonly thumbprint: string
  readonly jwk: Readonly<Record<string, string>>
  readonly aic: string
  /** That kept the record when the account was made: of another one it may nothing. */
  readonly organization: string
  readonly contact: readonly string[]
  readonly status: 'valid' | 'deactivated'
  readonly by: string
}

export interface Order {
  readonly id: string
  readonly account: string
  readonly aic: string
  readonly usage: Usage
  /** `processing`: one request finalizes it at this moment. */
  readonly status: 'ready' | 'processing' | 'valid' | 'invalid'
  readonly expiresAt: number
  readonly serial: string | undefined
}

export interface AcmeReader {
  binding(keyId: string): Promise<Binding | undefined>
  account(id: string): Promise<Account | undefined>
  accountByKey(thumbprint: string): Promise<Account | undefined>
  order(id: string): Promise<Order | undefined>
  orders(account: string, now: number, rowsMax: number): Promise<readonly string[]>
}

export interface AcmeWriter {
  /** False where the record has so many unused ones. */
  keepBinding(binding: Omit<Binding, 'usedAt'>, now: number, unusedMax: number): Promise<boolean>
  /** All or nothing: uses the binding up and makes the account; false where the binding or the key was used meanwhile. */
  makeAccount(account: Account, keyId: string, now: number): Promise<boolean>
  setContact(id: string, contact: readonly string[]): Promise<void>
  deactivate(id: string): Promise<void>
  /** Accounts and unused bindings of a record that another organisation than this one was given. */
  endOthers(aic: string, organization: string): Promise<void>
  /** False where another account has that key. */
  changeKey(id: string, from: string, to: string, jwk: Account['jwk']): Promise<boolean>
  /** False where the account has so many open ones. */
  keepOrder(order: Order, now: number, openMax: number): Promise<boolean>
  /** One step of an order; false where it is not at `from` any more. */
  step(id: string, from: Order['status'], to: Order['status'], serial?: string): Promise<boolean>
  /** False where it was used before. */
  useNonce(nonce: string, expiresAt: number): Promise<boolean>
  /** Drops what has ended: nonces, unused bindings, orders. */
  sweep(now: number): Promise<void>
}

export function openAcmeStore(store: Store): AcmeReader & AcmeWriter {
  return {
    ...createReader(store),
    ...createBindingWriter(store),
    ...createAccountWriter(store),
    ...createOrderWriter(store),
  }
}

function createReader(store: Store): AcmeReader {
  const db = store.tables<Tables>()
  const accounts = () => db.selectFrom('acme_account').selectAll()
  return {
    async binding(keyId) {
      const row = await db
        .selectFrom('acme_binding')
        .selectAll()
        .where('key_id', '=', keyId)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { sealed, aic, organization, made_by: by, expires_at: expiresAt, used_at: usedAt } = row
      return { keyId, sealed, aic, organization, by, expiresAt, usedAt: usedAt ?? undefined }
    },
    async account(id) {
      const row = await accounts().where('id', '=', id).executeTakeFirst()
      return row && accountOf(row)
    },
    async accountByKey(thumbprint) {
      const row = await accounts().where('thumbprint', '=', thumbprint).executeTakeFirst()
      return row && accountOf(row)
    },
    async order(id) {
      const row = await db.selectFrom('acme_order').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) return undefined
      const { account, aic, usage, status, expires_at: expiresAt, serial } = row
      return { id, account, aic, usage, status, expiresAt, serial: serial ?? undefined }
    },
    async orders(account, now, rowsMax) {
      const rows = await db
        .selectFrom('acme_order')
        .select('id')
        .where('account', '=', account)
        .where('expires_at', '>', now)
        .orderBy('id', 'desc')
        .limit(rowsMax)
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

function createBindingWriter(store: Store): Pick<AcmeWriter, 'keepBinding' | 'makeAccount' | 'endOthers'> {
  const db = store.tables<Tables>()
  return {
    async keepBinding({ keyId, sealed, aic, organization, by, expiresAt }, now, unusedMax) {
      return await store.transaction<Tables, boolean>(async (tx) => {
        const { unused } = await tx
          .selectFrom('acme_binding')
          .select((eb) => eb.fn.countAll<number>().as('unused'))
          .where('aic', '=', aic)
          .where('used_at', 'is', null)
          .where('expires_at', '>', now)
          .executeTakeFirstOrThrow()
        if (unused >= unusedMax) return false
        const row = { key_id: keyId, sealed, aic, organization, expires_at: expiresAt, used_at: null }
        await tx
          .insertInto('acme_binding')
          .values({ ...row, made_by: by })
          .execute()
        return true
      })
    },
    async makeAccount(account, keyId, now) {
      return await store.transaction<Tables, boolean>(async (tx) => {
        const { id, thumbprint, aic, organization, status, by } = account
        // First: of two that come at once with one key, the second finds it taken and uses no binding up.
        const made = await tx
          .insertInto('acme_account')
          .values({
            id,
            thumbprint,
            aic,
            organization,
            status,
            jwk: JSON.stringify(account.jwk),
            contact: JSON.stringify(account.contact),
            made_by: by,
            created_at: now,
          })
          .onConflict((conflict) => conflict.column('thumbprint').doNothing())
          .executeTakeFirst()
        if (Number(made.numInsertedOrUpdatedRows ?? 0) !== 1) return false
        // Comparing and writing is one statement: of two that come at once, the second finds it used.
        const used = await tx
          .updateTable('acme_binding')
          .set({ used_at: now })
          .where('key_id', '=', keyId)
          .where('used_at', 'is', null)
          .where('expires_at', '>', now)
          .executeTakeFirst()
        if (Number(used.numUpdatedRows) !== 1) {
          await tx.deleteFrom('acme_account').where('id', '=', id).execute()
          return false
        }
        return true
      })
    },
    async endOthers(aic, organization) {
      await db
        .updateTable('acme_account')
        .set({ status: 'deactivated' })
        .where('aic', '=', aic)
        .where('organization', '<>', organization)
        .execute()
      await db
        .deleteFrom('acme_binding')
        .where('aic', '=', aic)
        .where('organization', '<>', organization)
        .where('used_at', 'is', null)
        .execute()
    },
  }
}

function createAccountWriter(store: Store): Pick<AcmeWriter, 'setContact' | 'deactivate' | 'changeKey'> {
  const db = store.tables<Tables>()
  const accountOfId = (id: string) => db.updateTable('acme_account').where('id', '=', id)
  return {
    async setContact(id, contact) {
      await accountOfId(id)
        .set({ contact: JSON.stringify(contact) })
        .execute()
    },
    async deactivate(id) {
      await accountOfId(id).set({ status: 'deactivated' }).execute()
    },
    async changeKey(id, from, to, jwk) {
      return await store.transaction<Tables, boolean>(async (tx) => {
        const taken = await tx
          .selectFrom('acme_account')
          .select('id')
          .where('thumbprint', '=', to)
          .executeTakeFirst()
        if (taken !== undefined) return false
        const done = await tx
          .updateTable('acme_account')
          .set({ thumbprint: to, jwk: JSON.stringify(jwk) })
          .where('id', '=', id)
          .where('thumbprint', '=', from)
          .executeTakeFirst()
        return Number(done.numUpdatedRows) === 1
      })
    },
  }
}

function createOrderWriter(store: Store): Pick<AcmeWriter, 'keepOrder' | 'step' | 'useNonce' | 'sweep'> {
  const db = store.tables<Tables>()
  return {
    async keepOrder({ id, account, aic, usage, status, expiresAt }, now, openMax) {
      return await store.transaction<Tables, boolean>(async (tx) => {
        const { open } = await tx
          .selectFrom('acme_order')
          .select((eb) => eb.fn.countAll<number>().as('open'))
          .where('account', '=', account)
          .where('status', 'in', ['ready', 'processing'])
          .where('expires_at', '>', now)
          .executeTakeFirstOrThrow()
        if (open >= openMax) return false
        const row = { id, account, aic, usage, status, expires_at: expiresAt, serial: null }
        await tx.insertInto('acme_order').values(row).execute()
        return true
      })
    },
    async step(id, from, to, serial) {
      const done = await db
        .updateTable('acme_order')
        .set({ status: to, ...(serial === undefined ? {} : { serial }) })
        .where('id', '=', id)
        .where('status', '=', from)
        .executeTakeFirst()
      return Number(done.numUpdatedRows) === 1
    },
    async useNonce(nonce, expiresAt) {
      const done = await db
        .insertInto('acme_nonce')
        .values({ nonce, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('nonce').doNothing())
        .executeTakeFirst()
      return Number(done.numInsertedOrUpdatedRows ?? 0) === 1
    },
    async sweep(now) {
      await db.deleteFrom('acme_nonce').where('expires_at', '<=', now).execute()
      await db
        .deleteFrom('acme_binding')
        .where('expires_at', '<=', now)
        .where('used_at', 'is', null)
        .execute()
      await db.deleteFrom('acme_order').where('expires_at', '<=', now).where('serial', 'is', null).execute()
    },
  }
}

function accountOf(row: Tables['acme_account']): Account {
  const { id, thumbprint, aic, organization, status, made_by: by } = row
  const jwk = JSON.parse(row.jwk) as Account['jwk']
  const contact = JSON.parse(row.contact) as string[]
  return { id, thumbprint, jwk, aic, organization, contact, status, by }
}
