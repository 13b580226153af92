import { hash } from 'node:crypto'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { MandateParts } from '../authority/authority.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { EntryRow, OAuthReader, OAuthWriter } from './oauth-store.ts'
import { standingMandate } from './standing.ts'

/** A client that nobody lets in is forgotten after a day. */
const unusedClientMs = 86_400_000
/** Clients that nobody let in yet, at a time: about 1 KiB each. */
const unusedClientsMax = 10_000
/** What the authorization server keeps without an end of its own. */
const endlessMs = 366 * 86_400_000
const sealPurpose = 'oauth.entry'

export interface EntryParts {
  readonly store: OAuthReader & OAuthWriter
  readonly keyring: Keyring
  readonly clock: Clock
  readonly mandates: Pick<MandateParts, 'book' | 'store' | 'clock' | 'tokens'>
}

/** What the authorization server keeps under an id: the row's name tells the id to nobody. */
export function entryId(id: string): string {
  return hash('sha256', id, 'base64url')
}

/**
 * Where the authorization server keeps its codes, tokens, clients and grants: sealed rows under the digest of their
 * id, so that neither the table nor a copy of it holds anything that could be used. Its sessions are not kept: who
 * somebody is, only this node's own session says, and every request is decided anew.
 */
export function createEntries(parts: EntryParts): (kind: string) => Adapter {
  return (kind) => (kind === 'Session' ? keptNowhere : new Entries(kind, parts))
}

/** Of the library, which is read when the first client comes: by then it is. */
async function libraryErrors() {
  return (await import('./provider-library.ts')).errors
}

class Entries implements Adapter {
  readonly #kind: string
  readonly #parts: EntryParts

  constructor(kind: string, parts: EntryParts) {
    this.#kind = kind
    this.#parts = parts
  }

  async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    const { store, clock } = this.#parts
    const kind = this.#kind
    const lifeMs =
      kind === 'Client' ? unusedClientMs : expiresInS === undefined ? endlessMs : expiresInS * 1000
    const row = this.#row(id, payload, clock.now() + lifeMs)
    if (kind === 'Client') await store.addClient(row, unusedClientsMax)
    else if (kind === 'ReplayDetection') await this.#addOnce(row)
    else if (kind === 'AccessToken') await this.#addToken(id, payload, row)
    else await store.put(row)
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { store, keyring, clock } = this.#parts
    const name = entryId(id)
    const row = await store.entry(this.#kind, name)
    if (row === undefined || row.expires_at <= clock.now()) return undefined
    const text = keyring.open(sealPurpose, `${this.#kind} ${name}`, row.sealed).toString('utf8')
    const payload = JSON.parse(text) as AdapterPayload
    // Clients have an id of another name.
    if (this.#kind !== 'Client') payload.jti = id
    if (row.consumed_at !== null) payload.consumed = Math.floor(row.consumed_at / 1000)
    return payload
  }

  /** Only the first one may go on: of two requests with one code, or with one refresh token, the second is refused. */
  async consume(id: string): Promise<void> {
    const { store, clock } = this.#parts
    if (!(await store.consume(this.#kind, entryId(id), clock.now())))
      throw new (await libraryErrors()).InvalidGrant('the code or token was used a moment before')
  }

  async destroy(id: string): Promise<void> {
    const { store, mandates } = this.#parts
    const name = entryId(id)
    const row = await store.entry(this.#kind, name)
    if (row?.mandate_token != null) await mandates.tokens.revoke(row.mandate_token)
    await store.remove(this.#kind, name)
  }

  async revokeByGrantId(connection: string): Promise<void> {
    const { store, mandates } = this.#parts
    if (this.#kind === 'AccessToken')
      for (const token of await store.mandateTokens(connection)) await mandates.tokens.revoke(token)
    await store.removeOf(this.#kind, connection)
  }

  async findByUid(): Promise<undefined> {
    return undefined
  }

  async findByUserCode(): Promise<undefined> {
    return undefined
  }

  #row(id: string, { jti: _named, ...payload }: AdapterPayload, expiresAt: number): EntryRow {
    const name = entryId(id)
    return {
      kind: this.#kind,
      id: name,
      sealed: this.#parts.keyring.seal(sealPurpose, `${this.#kind} ${name}`, JSON.stringify(payload)),
      connection: payload.grantId ?? null,
      mandate_token: null,
      expires_at: expiresAt,
      consumed_at: null,
      used: 0,
    }
  }

  async #addOnce(row: EntryRow): Promise<void> {
    if (!(await this.#parts.store.add(row)))
      throw new (await libraryErrors()).InvalidDpopProof('the proof was used a moment before')
  }

  /** An access token is a mandate token: this is where it comes into force. */
  async #addToken(token: string, payload: AdapterPayload, row: EntryRow): Promise<void> {
    const { store, mandates } = this.#parts
    const connection = await store.connection(payload.grantId ?? '')
    const entry = connection && (await standingMandate(mandates, connection.mandate))
    if (entry === undefined || connection === undefined || connection.ended !== null)
      throw new (await libraryErrors()).InvalidGrant('the mandate is over')
    const { id } = await mandates.tokens.create(entry, {
      client: connection.client_name,
      expiresAt: row.expires_at,
      by: connection.person,
      token,
      ...(payload.jkt === undefined ? {} : { key: payload.jkt }),
    })
    await store.put({ ...row, mandate_token: id })
    // Ended meanwhile: whoever ended it may have looked for tokens before this one was there.
    const now = await store.connection(connection.id)
    if (now?.ended !== null) {
      await mandates.tokens.revoke(id)
      throw new (await libraryErrors()).InvalidGrant('the mandate is over')
    }
  }
}

const keptNowhere: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
}
