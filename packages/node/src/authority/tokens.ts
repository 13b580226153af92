import { hash } from 'node:crypto'
import type { Bus } from '../bus/bus.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Authentication } from './authority.ts'
import type { HeldMandate, Holders } from './holders.ts'
import type { BookEntry, MandateBook } from './mandate-book.ts'
import type { TokenReader, TokenRow, TokenWriter } from './token-store.ts'

const tokenPrefix = 'ambm_'
const tokenBytes = 32
/** The prefix and 32 bytes in base64url: anything longer is not hashed. */
const tokenCharacters = tokenPrefix.length + 43
/** Ended tokens remembered, so that their users hear that they ended rather than that nobody knows them. */
const endedTokensMax = 10_000

/** Subject of the bus on which replicas hear of tokens made and revoked: {id, mandate}. */
const tokenSubject = 'mandate.token'

interface LiveToken {
  readonly id: string
  readonly held: HeldMandate
  readonly endsAt: number
  readonly answer: Authentication
}

type Denied = Extract<Authentication, { ok: false }>
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
  load(): Promise<void>
  prune(entry: BookEntry): void
}

export interface TokenRequest {
  readonly client: string | undefined
  readonly expiresAt: number | undefined
  readonly by: string
}

export function createTokens(parts: TokenParts): Tokens {
  const { book, holders, store, bus, clock, log } = parts
  const live = new Map<string, LiveToken>()
  const hashes = new Map<string, string>()
  const ended = new BoundedMap<string, Denied>(endedTokensMax)

  async function add(row: TokenRow): Promise<void> {
    const entry = book.get(row.mandate)
    if (entry === undefined || entry.revoked || live.has(row.hash)) return
    const held = await holders.hold(entry)
    if (live.has(row.hash)) {
      holders.letGo(held)
      return
    }
    const answer = { ok: true, holder: held.holder } as const
    live.set(row.hash, { id: row.id, held, endsAt: row.expires ?? Infinity, answer })
    hashes.set(row.id, row.hash)
  }

  function remove(id: string, why: Denied): void {
    const key = hashes.get(id)
    const token = key === undefined ? undefined : live.get(key)
    if (key === undefined || token === undefined) return
    live.delete(key)
    hashes.delete(id)
    ended.set(key, why)
    holders.letGo(token.held)
  }

  bus.subscribe(tokenSubject, (message) => {
    const id = message['id']
    if (typeof id !== 'string') return
    if (message['step'] === 'revoked') remove(id, denied.revoked)
    // Made by another replica: this one has it already.
    else if (!hashes.has(id)) addFromStore(id)
  })

  function addFromStore(id: string): void {
    store
      .token(id)
      .then(async (row) => row && row.revoked === null && (await add(row)))
      .catch((error: unknown) => log.error('mandate.token-not-loaded', { id, error: String(error) }))
  }

  return {
    authenticate: (token) => look(token, { live, ended, holders, clock }),
    async create(entry, { client, expiresAt, by }) {
      const token = tokenPrefix + clock.random(tokenBytes).toString('base64url')
      const row: TokenRow = {
        id: namedId(parts.ids, 'mt'),
        organization: entry.body.organization,
        mandate: entry.body.id,
        hash: tokenHash(token),
        client: client ?? null,
        created: clock.now(),
        createdBy: by,
        expires: expiresAt ?? null,
        revoked: null,
      }
      // First in memory: a mandate that no leaf can be minted under must not get a token.
      await add(row)
      try {
        await store.insertToken(row)
      } catch (error) {
        remove(row.id, denied.unknown)
        throw error
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
    async load() {
      for (const row of await store.endedTokens(clock.now(), endedTokensMax)) {
        ended.set(row.hash, row.revoked ? denied.revoked : denied.expired)
      }
      for (const row of await store.activeTokens(clock.now())) {
        // One mandate that does not verify, or whose key is gone, must not keep the node from starting.
        await add(row).catch((error: unknown) =>
          log.error('mandate.token-not-loaded', { id: row.id, error: String(error) }),
        )
      }
    },
    prune(entry) {
      for (const token of live.values()) if (token.held.entry === entry) remove(token.id, denied.expired)
    },
  }
}

interface LookUp {
  readonly live: ReadonlyMap<string, LiveToken>
  readonly ended: BoundedMap<string, Denied>
  readonly holders: Holders
  readonly clock: Clock
}

function look(token: string, { live, ended, holders, clock }: LookUp): Authentication {
  if (token.length !== tokenCharacters || !token.startsWith(tokenPrefix)) {
    return token === '' ? denied.missing : denied.unknown
  }
  const key = tokenHash(token)
  const found = live.get(key)
  if (found === undefined) return ended.get(key) ?? denied.unknown
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
