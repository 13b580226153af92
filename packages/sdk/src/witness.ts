import type { Connection, Options } from './connection.ts'

/** A log whose checkpoints a node cosigns. */
export interface WitnessedLog {
  readonly origin: string
  /** `series`: the signed list of a node's logs, each of which is taken when its node names it. */
  readonly kind: 'log' | 'series'
  readonly vkeys: readonly string[]
  /** Where the log is read, for people. */
  readonly url?: string
  readonly added: string
  /** Entries of the log when it was cosigned last, or the version of a list; 0 before the first time. */
  readonly size: number
  readonly cosigned?: string
}

/** A node as a witness: what the operators of other logs put into their policies. */
export interface WitnessView {
  readonly name: string
  /** Ed25519 first; ML-DSA-44 beside it where the runtime of the node offers it. */
  readonly vkeys: readonly string[]
  /** Logs send their checkpoints to `add-checkpoint` below it. */
  readonly url: string
  readonly logs: readonly WitnessedLog[]
}

/**
 * Makes a node a witness of other people's logs (c2sp.org/tlog-witness): it cosigns what continues what it cosigned
 * before, and nothing else.
 *
 * @example
 * ```ts
 * await ambit.witness.add({ vkey: seriesOfTheOther[0].list.vkey })
 * ```
 */
export function witnessCalls({ call }: Connection) {
  return {
    async show({ signal }: Options = {}) {
      return await call<WitnessView>('GET', '/api/witness', { signal })
    },
    async add(log: { vkey: string; url?: string }, { signal }: Options = {}) {
      return await call<WitnessedLog>('POST', '/api/witness/logs', { body: log, signal })
    },
    async remove(origin: string, { signal }: Options = {}) {
      await call<undefined>('DELETE', '/api/witness/logs', { query: { origin }, signal })
    },
  }
}
