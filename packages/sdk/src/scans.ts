import type { Protocol } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** What to look through. Left out: this node's machine, and the ports at which agents are likely to listen. */
export interface ScanWish {
  /** IPv4 networks of a /20 at most and single addresses; each within loopback or AMBIT_SCAN_NETWORKS. */
  readonly networks?: readonly string[]
  /** 64 at most. */
  readonly ports?: readonly number[]
}

/** Something that answers. Its name is its own word. */
export interface ScanFinding {
  /** `ambit`: a listener of the node itself. */
  readonly protocol: 'mcp' | 'a2a' | 'ambit'
  readonly transport?: 'streamable-http' | 'sse' | 'card'
  /** What to register. */
  readonly url?: string
  readonly address: string
  readonly port: number
  readonly version?: string
  readonly name?: string
  /** It wants to know who asks before it says more. */
  readonly wantsCredentials?: true
  readonly standing: 'unregistered' | 'registered' | 'own'
  /** The record, where it is one of your organisation. */
  readonly slug?: string
  /** False: it cannot be registered before AMBIT_ALLOW_ADDRESSES names its address. */
  readonly callable: boolean
}

export interface Scan {
  readonly id: string
  readonly by: string
  readonly networks: readonly string[]
  readonly ports: readonly number[]
  readonly state: 'running' | 'done' | 'cancelled' | 'out-of-time' | 'failed'
  readonly began: string
  readonly ended?: string
  /** Ports of addresses that were tried, of how many, and how many of them are open. */
  readonly tried: number
  readonly of: number
  readonly open: number
  readonly findings: readonly ScanFinding[]
  /** Found beyond what is kept. */
  readonly more: number
}

/** Where a record answers, or by which command the node starts it. */
export interface KnownEndpoint {
  readonly slug: string
  readonly protocol: Protocol
  /** `stdio:` for a command. */
  readonly url: string
  readonly command?: { readonly program: string; readonly args: readonly string[] }
}

/**
 * Agents and tool servers that answer and that nobody registered. For those who run the node, with a session.
 *
 * @example
 * ```ts
 * const { id } = await ambit.scans.start()
 * const { state, findings } = await ambit.scans.get(id)
 * ```
 */
export function scanCalls({ call }: Connection) {
  return {
    async start(wish: ScanWish = {}, { signal }: Options = {}) {
      return await call<Scan>('POST', '/api/scans', { body: wish, signal })
    },
    async get(id: string, { signal }: Options = {}) {
      return await call<Scan>('GET', path`/api/scans/${id}`, { signal })
    },
    /** Since the node started, newest first, and what may be scanned. */
    async list({ signal }: Options = {}) {
      return await call<{
        readonly scans: readonly Scan[]
        readonly networks: readonly string[]
        readonly ports: readonly { readonly port: number; readonly what: string }[]
      }>('GET', '/api/scans', { signal })
    },
    /** What it has found stays. */
    async cancel(id: string, { signal }: Options = {}) {
      return await call<Scan>('POST', path`/api/scans/${id}/cancel`, { signal })
    },
    /** Where the records of your organisation answer; not `complete` where there are more than 10,000 such places. */
    async endpoints({ signal }: Options = {}) {
      return await call<{ readonly endpoints: readonly KnownEndpoint[]; readonly complete: boolean }>(
        'GET',
        '/api/endpoints',
        { signal },
      )
    },
  }
}
