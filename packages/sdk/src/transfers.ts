import type { AgentRecord } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { RecordView } from './records.ts'

export interface Transfer {
  readonly id: string
  /** AIC */
  readonly record: string
  readonly slug: string
  readonly title: string
  readonly from: string
  readonly to: string
  /** `accepting`: accepted, and not at its end; accepting it again goes on with it. */
  readonly state: 'offered' | 'accepting' | 'accepted' | 'declined' | 'withdrawn'
  readonly note: string
  readonly offered: string
  readonly decided?: string
  /** Why it did not come to its end. */
  readonly problem?: string
}

/**
 * Records that one organisation of a node gives to another: an owner offers, an owner there accepts, both signed in.
 *
 * @example
 * ```ts
 * const { id } = await ambit.transfers.offer('mailer', { to: 'north' })
 * await theirs.transfers.accept(id)
 * ```
 */
export function transferCalls({ call }: Connection) {
  return {
    async offer(slug: string, offer: { to: string; note?: string }, { signal }: Options = {}) {
      return await call<Transfer>('POST', path`/api/records/${slug}/transfer`, { body: offer, signal })
    },
    async list({ signal }: Options = {}) {
      return (await call<{ transfers: readonly Transfer[] }>('GET', '/api/transfers', { signal })).transfers
    },
    /** Its identity code and history stay; mandates, credentials and keys of its former keeper end. */
    async accept(
      id: string,
      accepted: { slug?: string; responsible?: AgentRecord['responsible']; confirmName?: boolean } = {},
      { signal }: Options = {},
    ) {
      return await call<RecordView>('POST', path`/api/transfers/${id}/accept`, { body: accepted, signal })
    },
    async decline(id: string, { signal }: Options = {}) {
      return await call<Transfer>('POST', path`/api/transfers/${id}/decline`, { body: {}, signal })
    },
    async withdraw(id: string, { signal }: Options = {}) {
      return await call<Transfer>('POST', path`/api/transfers/${id}/withdraw`, { body: {}, signal })
    },
  }
}
