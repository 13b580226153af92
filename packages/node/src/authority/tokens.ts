import { hash } from 'node:crypto'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Authentication } from './authority.ts'
import type { Holders } from './holders.ts'
import { LiveTokens, endedTokensMax } from './live-tokens.ts'
import type { Denied } from './live-tokens.ts'
import type { BookEntry, MandateBook } from './mandate-book.ts'
import type { TokenReader, TokenRow, TokenWriter } from './token-store.ts'

/** As `client` of a token that was given for a chain whose holder keeps its own key. */
export const presentedClient = 'chain'
/** As `client` of a token that an agent got in a call: what was handed on to it. */
export const delegatedClient = 'delegation'
const tokenPrefix = 'ambm_'
const tokenBytes = 32
/** The prefix and 32 bytes in base64url: anything longer is not hashed. */
const tokenCharacters = tokenPrefix.length + 43
/** Subject of the bus on which replicas hear of tokens made and revoked: {id, mandate}. */
export const tokenSubject = 'mandate.token'

/** Made by the minute. */
const briefClients = [presentedClient, delegatedClient]
/** So long a token that is over stays in the store, where people see it in their lists. */
const keepEndedMs = 24 * 60 * 60_000

const denied = {
  missing: { ok: false, code: 'auth.missing', detail: 'the request carries no token' },
  unknown: { ok: false, code: 'auth.unknown-token', detail: 'no mandate belongs to that token' },
  revoked: {
    ok: false,
    code: 'auth.revoked',
    detail: 'the token, or the mandate it belongs to, was revoked',
  },
  expired: { ok: false, code: 'auth.expired', detail: 'the token, or the mandate it belongs to, is over' },
  renewing: {
    ok: false,
    code: 'auth.expired',
    detail: 'the node is renewing its leaf; try again in a moment',
  },
} as const satisfies Record<string, Denied>

export interface TokenParts {
  readonly book: MandateBook
  readonly holders: Holders
  readonly store: TokenReader & TokenWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

export interface Tokens {
  /** One hash and one look-up. What is compared is the hash, so that time tells nothing of a token. */
  authenticate(token: string): Authentication
  create(entry: BookEntry, request: TokenRequest): Promise<{ readonly id: string; readonly token: string }>
  revoke(id: string): Promise<boolean>
  /** Lets go of tokens that are over, in memory and in the store: for those that are made by the hour. */
  forget(ids: readonly string[]): Promise<void>
  /** Forgets those made by the minute that are over. */
  sweep(): Promise<void>
  load(): Promise<void>
  /** Takes over a token that another replica made. */
  learn(id: string): Promise<void>
  /** Takes over from the store what was made and what ended meanwhile. */
  heal(): Promise<void>
  prune(entry: BookEntry): void
}

export interface TokenRequest {
  readonly client: string | undefined
  readonly expiresAt: number | undefined
  readonly by: string
  /** One made by `newToken`; left out, one is made here. */
  readonly token?: string
  /** Thumbprint (RFC 7638) of the key it belongs to: it then counts only with a proof by that key. */
  readonly key?: string
}

export function createTokens(parts: TokenParts): Tokens {
  const { book, holders, store, bus, clock, log } = parts
  const live = new LiveTokens()
  /** Ids of tokens that are not in the store yet. */
  const making = new Set<string>()

  async function add(row: TokenRow): Promise<void> {
    const entry = book.get(row.mandate)
    if (entry === undefined || entry.revoked || live.has(row)) return
    const held = await holders.hold(entry, row.client === presentedClient)
    if (!live.add(row, held)) holders.letGo(held)
  }

  function remove(id: string, why: Denied): void {
    const held = live.remove(id, why)
    if (held !== undefined) holders.letGo(held)
  }

  bus.subscribe(tokenSubject, (message) => {
    const id = message['id']
    if (typeof id !== 'string') return
    if (message['step'] === 'revoked') remove(id, denied.revoked)
    else if (message['step'] === 'forgotten') remove(id, denied.expired)
  })

  async function load(): Promise<void> {
    for (const row of await store.endedTokens(clock.now(), endedTokensMax)) {
      live.remember(row.hash, row.revoked ? denied.revoked : denied.expired)
    }
    for (const row of await store.activeTokens(clock.now())) {
      // One mandate that does not verify, or whose key is gone, must not keep the node from starting.
      await add(row).catch((error: unknown) =>
        log.error('mandate.token-not-loaded', { id: row.id, error: String(error) }),
      )
    }
  }

  return {
    authenticate: (token) => look(token, { live, holders, clock }),
    async create(entry, { token = newToken(clock), ...request }) {
      const row = rowOf(parts, entry, token, request)
      making.add(row.id)
      try {
        // First in memory: a mandate that no leaf can be minted under must not get a token.
        await add(row)
        await store.insertToken(row)
      } catch (error) {
        remove(row.id, denied.unknown)
        throw error
      } finally {
        making.delete(row.id)
      }
      bus.publish(tokenSubject, { id: row.id, mandate: row.mandate, step: 'created' })
      return { id: row.id, token }
    },
    async revoke(id) {
      remove(id, denied.revoked)
      const done = await store.revokeToken(id, clock.now())
      bus.publish(tokenSubject, { id, step: 'revoked' })
      return done
    },
    async forget(ids) {
      for (const id of ids) {
        remove(id, denied.expired)
        bus.publish(tokenSubject, { id, step: 'forgotten' })
      }
      await store.deleteTokens(ids)
    },
    async sweep() {
      const now = clock.now()
      for (const id of live.over(briefClients, now)) remove(id, denied.expired)
      await store.deleteEnded(briefClients, now - keepEndedMs)
    },
    load,
    async learn(id) {
      const row = await store.token(id)
      if (row === undefined || row.revoked !== null) return
      await add(row)
      // A revocation that was heard between reading and adding it found nothing to end.
      if ((await store.token(id))?.revoked !== null) remove(id, denied.revoked)
    },
    async heal() {
      const stored = live.ids().filter((id) => !making.has(id))
      const active = new Set((await store.activeTokens(clock.now())).map((row) => row.id))
      for (const id of stored) if (!active.has(id)) remove(id, denied.revoked)
      // Says of each why it ended.
      await load()
    },
    prune(entry) {
      for (const id of live.under(entry)) remove(id, denied.expired)
    },
  }
}

function rowOf(
  { ids, clock }: Pick<TokenParts, 'ids' | 'clock'>,
  { body }: BookEntry,
  token: string,
  { client, expiresAt, by, key }: Omit<TokenRequest, 'token'>,
): TokenRow {
  return {
    id: namedId(ids, 'mt'),
    organization: body.organization,
    mandate: body.id,
    hash: tokenHash(token),
    client: client ?? null,
    created: clock.now(),
    createdBy: by,
    expires: expiresAt ?? null,
    revoked: null,
    key: key ?? null,
  }
}

/** A token that nobody has yet. */
export function newToken(clock: Pick<Clock, 'random'>): string {
  return tokenPrefix + clock.random(tokenBytes).toString('base64url')
}

interface LookUp {
  readonly live: LiveTokens
  readonly holders: Holders
  readonly clock: Clock
}

function look(token: string, { live, holders, clock }: LookUp): Authentication {
  if (token.length !== tokenCharacters || !token.startsWith(tokenPrefix)) {
    return token === '' ? denied.missing : denied.unknown
  }
  const key = tokenHash(token)
  const found = live.get(key)
  if (found === undefined) return live.ending(key) ?? denied.unknown
  const { held } = found
  if (held.entry.revoked) return denied.revoked
  const now = clock.now()
  if (now >= found.endsAt || now >= held.entry.expiresAt) return denied.expired
  if (now < held.holder.chain.expiresAt) return found.answer
  // Only after the machine slept through a renewal: minting starts now, and the next call finds it done.
  void holders.renew(held)
  return denied.renewing
}

function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url')
}
