import type { Allow, Limits, Mandate, SignedMandate } from '@ambit/core/mandate'
import { path } from './connection.ts'
import type { Connection, Options, Page } from './connection.ts'

export interface MandateView {
  readonly id: string
  readonly signed: SignedMandate
  readonly state: 'active' | 'revoked' | 'expired' | 'not-yet'
  readonly kind: 'standing' | 'task' | 'leaf'
  readonly parent?: string
  readonly children: number
  readonly tokens: number
  readonly spent: {
    readonly calls: number
    /** Bytes of arguments; 0 where the mandate does not limit them. */
    readonly bytesOut: number
    /** Minor units (cents) by ISO 4217 code, for the currencies that the mandate limits. */
    readonly money: Readonly<Record<string, number>>
  }
}

export interface NewMandate {
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits?: Limits
  readonly delegate?: Mandate['delegate']
  readonly expiresInDays?: number
  /** RFC 3339. */
  readonly expires?: string
  /** did:key of a holder that keeps its own key; left out, the node keeps one for it. */
  readonly holder?: string
  /** Slug of the registered agent that will hold it. */
  readonly agent?: string
}

/** A child: everything left out is the parent's, and nothing may be wider. */
export interface Narrowing {
  readonly purpose?: string
  readonly allow?: readonly Allow[]
  readonly limits?: Limits
  /** The user's own words for one task. */
  readonly task?: string
  readonly expiresInMinutes?: number
  readonly holder?: string
  /** Slug of the registered agent that will hold it. */
  readonly agent?: string
}

/** What a stock client needs to act under a mandate. */
export interface ClientAccess {
  readonly id: string
  /** Shown this once. */
  readonly token: string
  readonly mcpUrl: string
  readonly a2aUrl: string
  /** The text that this client's configuration takes. */
  readonly config: string
}

/**
 * What a user allows.
 *
 * @example
 * ```ts
 * const mandate = await ambit.mandates.grant({
 *   purpose: 'answer customers',
 *   allow: [{ target: 'mailer', capability: 'send', decision: 'ask' }],
 *   limits: { calls: 100 },
 *   expiresInDays: 30,
 * })
 * const { token, mcpUrl } = await ambit.mandates.connect(mandate.id, { client: 'mcp-json' })
 * ```
 */
export function mandateCalls({ call }: Connection) {
  return {
    /** Newest first. */
    async list(page: Page = {}, { signal }: Options = {}) {
      return await call<{ mandates: readonly MandateView[]; next?: string }>('GET', '/api/mandates', {
        query: { ...page },
        signal,
      })
    },
    async get(id: string, { signal }: Options = {}) {
      return await call<MandateView>('GET', path`/api/mandates/${id}`, { signal })
    },
    async grant(mandate: NewMandate, { signal }: Options = {}) {
      return await call<MandateView>('POST', '/api/mandates', { body: mandate, signal })
    },
    async narrow(id: string, narrowing: Narrowing, { signal }: Options = {}) {
      return await call<MandateView>('POST', path`/api/mandates/${id}/narrow`, { body: narrowing, signal })
    },
    /** Ends it and everything below it at once, calls under way included. */
    async revoke(id: string, note?: string, { signal }: Options = {}) {
      const body = note === undefined ? {} : { note }
      const url = path`/api/mandates/${id}/revoke`
      return await call<{ revoked: readonly string[]; stopped: number }>('POST', url, { body, signal })
    },
    async connect(
      id: string,
      client: { client?: string; expiresInDays?: number } = {},
      { signal }: Options = {},
    ) {
      return await call<ClientAccess>('POST', path`/api/mandates/${id}/tokens`, { body: client, signal })
    },
    async disconnect(token: string, { signal }: Options = {}) {
      await call<undefined>('DELETE', path`/api/mandate-tokens/${token}`, { signal })
    },
  }
}
