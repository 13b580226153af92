import { path } from './connection.ts'
import type { Connection, Options, Page } from './connection.ts'

export interface StopView {
  readonly id: string
  readonly what: 'everything' | 'person' | 'agent' | 'mandate'
  /** AIC of the agent, id of the mandate or of the person; absent: everything of the organisation. */
  readonly subject?: string
  /** In whose name the acts are that it reaches; absent: in anybody's. */
  readonly name?: string
  readonly by: string
  readonly at: string
  readonly note?: string
  readonly lifted?: string
  readonly liftedBy?: string
}

export interface StopOrder {
  readonly what: StopView['what']
  /** Slug, AIC or did:key of an agent, id of a mandate or of a person; left out for `everything` and for yourself. */
  readonly subject?: string
  /** Of an agent: its acts in your name (the default), or in anybody's, which an owner may stop. */
  readonly scope?: 'mine' | 'organization'
  readonly note?: string
}

/** How far a stop reached when it was set; the log proves it. */
export interface Stopped {
  readonly stop: StopView
  /** Acts under way that it ended. */
  readonly stopped: number
  readonly acts: readonly string[]
  readonly tookMs: number
}

/** The receipt of a stop, verifiable offline: `@ambit/core/log/proof` checks it. */
export interface StopProof {
  readonly index: number
  /** The canonical JSON text of the leaf. */
  readonly entry: string
  readonly origin: string
  readonly vkey: string
  /** A proof file (c2sp.org/tlog-proof). */
  readonly proof: string
}

/**
 * Pulling the plug: at once, in flight too, until it is lifted.
 *
 * @example
 * ```ts
 * const { stop, stopped } = await ambit.stops.set({ what: 'person', note: 'something is wrong' })
 * await ambit.stops.lift(stop.id)
 * ```
 */
export function stopCalls({ call }: Connection) {
  return {
    /** Newest first, those that were lifted included unless `inForce` is asked for. */
    async list(page: Page & { inForce?: '1' } = {}, { signal }: Options = {}) {
      const query = { ...page }
      return await call<{ stops: readonly StopView[]; next?: string }>('GET', '/api/stops', { query, signal })
    },
    async set(order: StopOrder, { signal }: Options = {}) {
      return await call<Stopped>('POST', '/api/stops', { body: order, signal })
    },
    /** Its entry of the activity log, and what proves that it stands there. */
    async proof(id: string, { signal }: Options = {}) {
      return await call<StopProof>('GET', path`/api/stops/${id}/proof`, { signal })
    },
    /** Needs the session of whoever set it, or of an owner; a token may not. */
    async lift(id: string, { signal }: Options = {}) {
      await call<{ lifted: true }>('POST', path`/api/stops/${id}/lift`, { signal })
    },
  }
}
