import type { Allow, Limits } from '@ambit/core/mandate'
import type { Effect, Reversibility } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** A client that wants to be let in. Its name is its own word: data. */
export interface Consent {
  readonly id: string
  readonly client: {
    readonly id: string
    readonly name: string
    readonly url?: string
    /** Who says so: its maker, at the address that is its id, or whoever registered it. */
    readonly known: 'document' | 'registered'
  }
  /** Where the browser goes with the answer. */
  readonly redirectHost: string
  readonly resource: string
  readonly scopes: readonly string[]
  readonly purpose: string
  readonly suggested: readonly Allow[]
  readonly limits: Limits
  /** What it could be allowed. */
  readonly records: readonly {
    readonly slug: string
    readonly title: string
    readonly kind: string
    readonly capabilities: readonly {
      readonly id: string
      readonly effect: Effect
      readonly reversibility: Reversibility
    }[]
    /** Of all; the list may be shorter. */
    readonly capabilityCount: number
  }[]
  readonly expires: string
}

/** The mandate that a client gets. */
export interface ConsentChoice {
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits?: Limits
  readonly expiresInDays?: number
}

/**
 * Clients that log in by themselves (OAuth) and wait for a person: what is consented to is a mandate. Needs a session.
 *
 * @example
 * ```ts
 * const { purpose, suggested } = await ambit.consents.get(uid)
 * const { location } = await ambit.consents.give(uid, { purpose, allow: suggested })
 * ```
 */
export function consentCalls({ call }: Connection) {
  return {
    async get(id: string, { signal }: Options = {}) {
      return await call<Consent>('GET', path`/api/oauth/consents/${id}`, { signal })
    },
    /** Lets it in; the browser goes on at `location`. */
    async give(id: string, choice: ConsentChoice, { signal }: Options = {}) {
      const url = path`/api/oauth/consents/${id}`
      return await call<{ location: string; mandate: string }>('POST', url, { body: choice, signal })
    },
    async deny(id: string, { signal }: Options = {}) {
      return await call<{ location: string }>('POST', path`/api/oauth/consents/${id}/deny`, { signal })
    },
  }
}
