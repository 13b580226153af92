import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** A client that you let in by its own login. */
export interface ClientConnection {
  readonly id: string
  /** What it calls itself is its own word; its id is an address where its maker published it. */
  readonly client: { readonly id: string; readonly name: string }
  readonly redirectHost: string
  /** Id of the mandate it works under. */
  readonly mandate: string
  readonly created: string
  readonly expires: string
}

/**
 * The clients that logged in by themselves (OAuth) and that you let in.
 *
 * @example
 * ```ts
 * const [client] = await ambit.connections.list()
 * const { mandate } = await ambit.connections.end(client.id)
 * await ambit.mandates.revoke(mandate)
 * ```
 */
export function connectionCalls({ call }: Connection) {
  return {
    /** Newest first. */
    async list({ signal }: Options = {}) {
      const reply = await call<{ connections: readonly ClientConnection[] }>(
        'GET',
        '/api/oauth/connections',
        {
          signal,
        },
      )
      return reply.connections
    },
    /** Ends its access at once. The mandate stays, and is named so that it can be revoked too. */
    async end(id: string, { signal }: Options = {}) {
      return await call<{ readonly ended: boolean; readonly mandate: string }>(
        'DELETE',
        path`/api/oauth/connections/${id}`,
        { signal },
      )
    },
  }
}
