import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Authentication } from './authority.ts'
import type { HeldMandate } from './holders.ts'
import type { BookEntry } from './mandate-book.ts'
import type { TokenRow } from './token-store.ts'

/** Ended tokens remembered, so that their users hear that they ended rather than that nobody knows them. */
export const endedTokensMax = 10_000

export type Denied = Extract<Authentication, { ok: false }>

export interface LiveToken {
  readonly id: string
  readonly client: string | null
  readonly held: HeldMandate
  /** In ms. */
  readonly endsAt: number
  readonly answer: Authentication
}

/** The tokens in use, by the hash that is looked up for every request and by id, and why the last ones ended. */
export class LiveTokens {
  readonly #tokens = new Map<string, LiveToken>()
  readonly #hashes = new Map<string, string>()
  readonly #ended = new BoundedMap<string, Denied>(endedTokensMax)

  get(hash: string): LiveToken | undefined {
    return this.#tokens.get(hash)
  }

  has({ hash }: Pick<TokenRow, 'hash'>): boolean {
    return this.#tokens.has(hash)
  }

  /** Why a token that is not in use ended; undefined where that is not known. */
  ending(hash: string): Denied | undefined {
    return this.#ended.get(hash)
  }

  remember(hash: string, why: Denied): void {
    this.#ended.set(hash, why)
  }

  /** False when it is here already. */
  add({ id, hash, client, expires, key }: TokenRow, held: HeldMandate): boolean {
    if (this.#tokens.has(hash)) return false
    const answer = { ok: true, holder: held.holder, ...(key === null ? {} : { key }) } as const
    this.#tokens.set(hash, { id, client, held, endsAt: expires ?? Infinity, answer })
    this.#hashes.set(id, hash)
    return true
  }

  /** Gives what it held; undefined when it is not here. */
  remove(id: string, why: Denied): HeldMandate | undefined {
    const hash = this.#hashes.get(id)
    const token = hash === undefined ? undefined : this.#tokens.get(hash)
    if (hash === undefined || token === undefined) return undefined
    this.#tokens.delete(hash)
    this.#hashes.delete(id)
    this.#ended.set(hash, why)
    return token.held
  }

  ids(): string[] {
    return [...this.#hashes.keys()]
  }

  /** Ids of those that are bound to a mandate. */
  under(entry: BookEntry): string[] {
    return this.#idsOf((token) => token.held.entry === entry)
  }

  /** Ids of those of these clients whose time is over. */
  over(clients: readonly string[], now: number): string[] {
    return this.#idsOf(({ client, endsAt }) => endsAt <= now && client !== null && clients.includes(client))
  }

  #idsOf(matches: (token: LiveToken) => boolean): string[] {
    const ids: string[] = []
    for (const token of this.#tokens.values()) if (matches(token)) ids.push(token.id)
    return ids
  }
}
