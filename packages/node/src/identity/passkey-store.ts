import type { Store } from '../store/store.ts'

interface Tables {
  passkey: {
    id: string
    person: string
    name: string
    rp_id: string
    credential: string
    key: string
    cose: Uint8Array
    counter: number
    transports: string
    created_at: number
    used_at: number | null
  }
  passkey_answered: { challenge: string; expires_at: number }
}

export interface PasskeyRow {
  readonly id: string
  readonly person: string
  readonly name: string
  /** The host that it was made for; browsers use it nowhere else. */
  readonly rpId: string
  /** What the authenticator calls it, base64url. */
  readonly credential: string
  /** did:key of its public half. */
  readonly key: string
  /** The same as COSE_Key. */
  readonly cose: Uint8Array
  /** How often it signed, as it said last; 0: it does not count. */
  readonly counter: number
  readonly transports: readonly string[]
  readonly createdAt: number
  readonly usedAt: number | null
}

export interface PasskeyReader {
  ofPerson(person: string, rowsMax: number): Promise<readonly PasskeyRow[]>
  byCredential(credential: string): Promise<PasskeyRow | undefined>
}

export interface PasskeyWriter {
  /** False when the credential is here already. */
  add(row: PasskeyRow): Promise<boolean>
  rename(id: string, person: string, name: string): Promise<boolean>
  remove(id: string, person: string): Promise<boolean>
  /** Keeps what it counted. False, and nothing changed, when that is not more than before; 0 after 0 is no count. */
  use(id: string, counter: number, at: number): Promise<boolean>
  /** Uses a challenge up; false when it was before. Forgets those that are over. */
  answer(challenge: string, expiresAt: number, now: number): Promise<boolean>
}

export function createPasskeyReader(store: Store): PasskeyReader {
  const db = store.tables<Tables>()
  return {
    async ofPerson(person, rowsMax) {
      const rows = await db
        .selectFrom('passkey')
        .selectAll()
        .where('person', '=', person)
        .orderBy('id')
        .limit(rowsMax)
        .execute()
      return rows.map(passkeyOf)
    },
    async byCredential(credential) {
      const row = await db
        .selectFrom('passkey')
        .selectAll()
        .where('credential', '=', credential)
        .executeTakeFirst()
      return row && passkeyOf(row)
    },
  }
}

export function createPasskeyWriter(store: Store): PasskeyWriter {
  const db = store.tables<Tables>()
  return {
    async add(row) {
      const { rpId, transports, createdAt, usedAt, ...same } = row
      const values = {
        ...same,
        rp_id: rpId,
        transports: JSON.stringify(transports),
        created_at: createdAt,
        used_at: usedAt,
      }
      const added = await db
        .insertInto('passkey')
        .values(values)
        .onConflict((conflict) => conflict.column('credential').doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },
    async rename(id, person, name) {
      const query = db.updateTable('passkey').set({ name }).where('id', '=', id).where('person', '=', person)
      return (await query.returning('id').executeTakeFirst()) !== undefined
    },
    async remove(id, person) {
      const query = db.deleteFrom('passkey').where('id', '=', id).where('person', '=', person)
      return (await query.returning('id').executeTakeFirst()) !== undefined
    },
    async use(id, counter, at) {
      const query = db
        .updateTable('passkey')
        .set({ counter, used_at: at })
        .where('id', '=', id)
        .where((row) =>
          row.or([row('counter', '<', counter), ...(counter === 0 ? [row('counter', '=', 0)] : [])]),
        )
      return (await query.returning('id').executeTakeFirst()) !== undefined
    },
    async answer(challenge, expiresAt, now) {
      await db.deleteFrom('passkey_answered').where('expires_at', '<=', now).execute()
      const added = await db
        .insertInto('passkey_answered')
        .values({ challenge, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('challenge').doNothing())
        .returning('challenge')
        .executeTakeFirst()
      return added !== undefined
    },
  }
}

function passkeyOf(row: Tables['passkey']): PasskeyRow {
  const { rp_id, transports, created_at, used_at, ...same } = row
  return {
    ...same,
    rpId: rp_id,
    transports: JSON.parse(transports) as string[],
    createdAt: created_at,
    usedAt: used_at,
  }
}
