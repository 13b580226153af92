import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** One log of a series. */
export interface LogShard {
  readonly origin: string
  /** The keys that sign it, Ed25519 first. */
  readonly vkeys: readonly string[]
  /** Position of its first entry in the series. */
  readonly first: number
  /** `pruned`: its entries are deleted under the retention; `lost`: it ended by losing some. */
  readonly state: 'open' | 'frozen' | 'pruned' | 'lost'
  /** Of its last checkpoint, root in standard base64; absent while it is open. */
  readonly end?: { readonly size: number; readonly root: string; readonly at: string }
}

/** Logs that follow one another, one for each half-year. */
export interface LogSeries {
  readonly name: string
  /** The signed list of them, served at `/log/<registry|activity>/`, is checked with this key. */
  readonly list: { readonly origin: string; readonly vkey: string }
  readonly shards: readonly LogShard[]
}

/**
 * The logs of the node.
 *
 * @example
 * ```ts
 * const { series } = await ambit.logs.list()
 * const vkeys = series.flatMap(({ shards }) => shards.flatMap((shard) => shard.vkeys))
 * ```
 */
export function logCalls({ call }: Connection) {
  return {
    async list({ signal }: Options = {}) {
      return await call<{ series: readonly LogSeries[] }>('GET', '/api/logs', { signal })
    },
    /** The proof of one entry as a COSE receipt (RFC 9942), in base64. */
    async cose(origin: string, index: number, { signal }: Options = {}) {
      const query = { origin, index }
      return await call<{ readonly receipt: string }>('GET', '/api/logs/cose', { query, signal })
    },
    /** Ends the log that takes entries, destroys its key and begins the next; gives the next one. */
    async rotate(series: 'registry' | 'activity', reason: string, { signal }: Options = {}) {
      return await call<LogShard>('POST', path`/api/logs/${series}/rotate`, { body: { reason }, signal })
    },
  }
}
