import type { SignedRuling } from '@ambit/core/ruling'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { Recalled } from './records.ts'

/** What stays of a record that was taken down. */
export interface Tombstone {
  /** AIC */
  readonly record: string
  readonly slug: string
  readonly reason: string
  readonly since: string
  readonly ruling: string
}

export interface TakedownOrder {
  /** AIC; of the organisation that runs the node, a slug too. */
  readonly record: string
  readonly reason: string
  /** Digests of what shows it. */
  readonly evidence?: readonly string[]
  readonly basis?: readonly string[]
  /** Nothing at its hosts can be registered, not only its own addresses. */
  readonly wholeHosts?: boolean
  /** Also suspends what is made of it, whosever it is. */
  readonly dependants?: boolean
}

/**
 * Records that those who run the node take away, of whatever organisation.
 *
 * @example
 * ```ts
 * await ambit.takedowns.takeDown({ record: aic, reason: 'sends what it reads to a stranger' })
 * ```
 */
export function takedownCalls({ call }: Connection) {
  return {
    async takeDown(order: TakedownOrder, { signal }: Options = {}) {
      return await call<Recalled>('POST', '/api/takedowns', { body: order, signal })
    },
    async list({ signal }: Options = {}) {
      const reply = await call<{
        takedowns: readonly (Tombstone & { readonly organization: string; readonly by: string })[]
      }>('GET', '/api/takedowns', { signal })
      return reply.takedowns
    },
    /** Its organisation puts it back in force. */
    async lift(record: string, note: string, { signal }: Options = {}) {
      const body = { note }
      return await call<{ ruling: SignedRuling }>('POST', path`/api/takedowns/${record}/lift`, {
        body,
        signal,
      })
    },
    /** For everybody, by the identity code. */
    async tombstone(record: string, { signal }: Options = {}) {
      return await call<Tombstone>('GET', path`/api/tombstones/${record}`, { signal })
    },
  }
}
