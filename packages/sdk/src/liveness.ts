import type { Protocol } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/**
 * How a record stands: `dead`: nothing of it answers; `differs`: it serves something else than it declares and was
 * accepted; `failing`: an answer failed, which may be a restart; `unknown`: it was not asked yet.
 */
export type LivenessState = 'unknown' | 'alive' | 'failing' | 'dead' | 'differs'

export interface InterfaceLiveness {
  readonly protocol: Protocol
  readonly transport: string
  readonly url: string
  readonly state: 'unknown' | 'alive' | 'failing' | 'dead'
  readonly since?: string
  /** When it was asked last, and when it answered last. */
  readonly asked?: string
  readonly answered?: string
  /** Why the last heartbeat was none. */
  readonly problem?: string
  /** In a row. */
  readonly failures: number
  /** Share of heartbeats that were answered, from 0 to 1. */
  readonly availability24h?: number
  readonly availability7d?: number
  readonly latencyP50Ms?: number
  readonly latencyP95Ms?: number
}

export interface RecordLiveness {
  readonly state: LivenessState
  readonly since?: string
  readonly answered?: string
  readonly interfaces: readonly InterfaceLiveness[]
  /** Capabilities that it declares and serves otherwise, or not at all. */
  readonly differs: readonly string[]
}

export interface LivenessWish {
  /** Records that are dead for so many days are suspended; null: none is. */
  readonly suspendAfterDays: number | null
}

export interface Troubles extends LivenessWish {
  readonly troubles: readonly {
    /** AIC. */
    readonly record: string
    readonly slug: string
    readonly state: LivenessState
    readonly since: string
  }[]
}

/**
 * Whether agents and servers are there, and what they say they are.
 *
 * @example
 * ```ts
 * const { state, answered } = await ambit.liveness.of('mailer')
 * ```
 */
export function livenessCalls({ call }: Connection) {
  return {
    async of(slug: string, { signal }: Options = {}) {
      return await call<RecordLiveness>('GET', path`/api/records/${slug}/liveness`, { signal })
    },
    /** The records that are dead or differ, and what the organisation wishes done. */
    async troubles({ signal }: Options = {}) {
      return await call<Troubles>('GET', '/api/liveness', { signal })
    },
    /** Says what the organisation wishes. Owners only. */
    async wish(wish: LivenessWish, { signal }: Options = {}) {
      return await call<LivenessWish>('PUT', '/api/liveness', { body: wish, signal })
    },
  }
}
