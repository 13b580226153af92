import { Fault } from '@ambit/core/fault'
import type { Adapter } from 'oidc-provider'
import { revoke } from '../authority/authority.ts'
import type { MandateParts } from '../authority/authority.ts'
import type { Clock } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import type { ConnectionRow, OAuthReader, OAuthWriter } from './oauth-store.ts'

/** What ends with a connection. */
const kinds = ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'Grant'] as const

/** The clients that people let in. */
export interface Connections {
  list(person: string): Promise<readonly ConnectionRow[]>
  /**
   * Ends its codes and tokens at once, and what it handed on or exchanged them for. Throws `input.not-found` for one that
   * is not this person's.
   */
  end(id: string, person: string): Promise<{ readonly ended: boolean; readonly mandate: string }>
  /** The authorization server ended it: a token or code was used twice, or the client gave it back. */
  ended(id: string): Promise<void>
}

export interface ConnectionParts {
  readonly store: OAuthReader & OAuthWriter
  readonly entries: (kind: string) => Adapter
  readonly mandates: MandateParts
  readonly clock: Clock
}

export function createConnections({ store, entries, mandates, clock }: ConnectionParts): Connections {
  /** The mandate stays; what the client made of it goes. */
  async function endBelow({ mandate, person }: ConnectionRow): Promise<void> {
    for (const child of mandates.book.get(mandate)?.children ?? [])
      if (!child.revoked) await revoke(mandates, child.body.id, person, 'the client was let out')
  }
  return {
    list: async (person) => await store.connections(person, clock.now(), limits.pageRowsMax),
    async end(id, person) {
      const row = await store.connection(id)
      if (row === undefined || row.person !== person)
        throw new Fault('input.not-found', { detail: 'you let no such client in' })
      const ended = await store.endConnection(id, clock.now())
      for (const kind of kinds) await entries(kind).revokeByGrantId(id)
      await endBelow(row)
      return { ended, mandate: row.mandate }
    },
    async ended(id) {
      await store.endConnection(id, clock.now())
      const row = await store.connection(id)
      if (row !== undefined) await endBelow(row)
    },
  }
}
