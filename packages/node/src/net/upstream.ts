import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import { Pool } from 'undici'
import { systemClock } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { silentLog } from '../kernel/log.ts'
import type { Log } from '../kernel/log.ts'
import { Roll } from '../kernel/roll.ts'
import type { AddressGuard } from './address.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeLimits, ExchangeParts } from './exchange.ts'

/** Calls under way to one origin, each on a connection of its own: long calls and open streams count too. */
const connectionsPerOriginMax = 16_384
/** Origins with an open pool; the one unused longest is closed beyond this. */
const originsMax = 2000
const keepAliveMs = 30_000
/** Limits of time are seconds and more, so looking each second is enough. */
const sweepMs = 1000

const exchangeLimits: ExchangeLimits = {
  connectTimeoutMs: 5000,
  headerBytesMax: limits.answerHeaderBytesMax,
  bytesMax: limits.streamBytesMax,
  streamMsMax: limits.streamMsMax,
  pausedMsMax: limits.streamPausedMsMax,
  // A restart of a server behind a balancer is over in about that time.
  repeatMs: 200,
}

export interface UpstreamRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
  /** Until the head of the answer; an answer that is no stream has the same time again for its body. */
  readonly headTimeoutMs: number
  /** Between two pieces of the body; 0 for none. */
  readonly idleTimeoutMs: number
  /**
   * It may be sent once more, within `headTimeoutMs`: when it surely never reached the target (`unsent`), or also when
   * the connection broke before an answer (`unanswered`), which only methods that the protocol calls idempotent bear.
   */
  readonly repeat?: 'unsent' | 'unanswered' | undefined
}

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>

export interface UpstreamHandler {
  head(status: number, headers: UpstreamHeaders): void
  /** False asks to pause until `resume`. */
  data(chunk: Buffer): boolean
  end(): void
  /** Instead of `end`; nothing follows. `sent` is false when the request surely never reached the target. */
  error(fault: Fault, sent: boolean): void
}

export interface UpstreamExchange {
  /** Closes; the handler hears nothing more. */
  abort(): void
  resume(): void
}

/** The one outbound HTTP client of the node: pooled, bounded, no redirects, and never to a refused address. */
export interface Upstream {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange
  close(): Promise<void>
}

export interface UpstreamOptions {
  readonly log?: Log
  readonly clock?: Clock
  readonly limits?: Partial<ExchangeLimits>
}

export function createUpstream(guard: AddressGuard, options: UpstreamOptions = {}): Upstream {
  const { log = silentLog, clock = systemClock } = options
  const pools = new Map<string, Pool>()
  const parts: ExchangeParts = {
    clock,
    log,
    limits: { ...exchangeLimits, ...options.limits },
    underWay: new Roll(),
    dispatch(request, headersTimeout, exchange) {
      poolOf(request.url).dispatch(
        {
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: request.headers as string[],
          body: request.body,
          headersTimeout,
          bodyTimeout: request.idleTimeoutMs,
        },
        exchange,
      )
    },
  }
  function poolOf(url: URL): Pool {
    const { origin } = url
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = openPool(url, guard, parts.limits)
      pools.set(origin, pool)
      evictOldest(pools)
    }
    return pool
  }
  let stopSweep: (() => void) | undefined
  function sweepLater(): void {
    stopSweep ??= clock.after(sweepMs, () => {
      stopSweep = undefined
      const nowMs = clock.monotonicMs()
      for (const exchange of parts.underWay) exchange.sweep(nowMs)
      if (parts.underWay.size > 0) sweepLater()
    })
  }
  return {
    send(request, handler) {
      const exchange = new Exchange(request, handler, parts)
      exchange.begin()
      sweepLater()
      return exchange
    },
    async close() {
      stopSweep?.()
      await Promise.all([...pools.values()].map(async (pool) => await pool.destroy()))
      pools.clear()
    },
  }
}

function openPool(url: URL, guard: AddressGuard, { connectTimeoutMs, headerBytesMax }: ExchangeLimits): Pool {
  refuseAddress(url, guard)
  return new Pool(url.origin, {
    connections: connectionsPerOriginMax,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    maxHeaderSize: headerBytesMax,
    connect: { timeout: connectTimeoutMs, lookup: guardedLookup(guard) },
  })
}

function evictOldest(pools: Map<string, Pool>): void {
  if (pools.size <= originsMax) return
  const [origin, pool] = pools.entries().next().value!
  pools.delete(origin)
  // Requests under way end normally; nobody waits for that.
  pool.close().catch(() => pool.destroy())
}

/** Refuses a URL whose host is a literal address that may not be called, or whose scheme is not HTTP. */
export function refuseAddress(url: URL, guard: AddressGuard): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Fault('address.refused', {
      detail: `only http and https addresses are called, not ${url.protocol}`,
      where: 'url',
    })
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !guard.allows(host)) throw addressFault(host)
}

/** Checks at connect time, so that a name cannot point elsewhere between check and use. */
export function guardedLookup(guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 4)
        return
      }
      const allowed = addresses.filter((entry) => guard.allows(entry.address))
      const first = allowed[0]
      if (first === undefined) callback(addressFault(hostname), '', 4)
      else if (options.all === true)
        (callback as unknown as (e: null, a: typeof allowed) => void)(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function addressFault(host: string): Fault {
  return new Fault('address.refused', {
    detail: `${host} is a private, loopback or otherwise special address`,
    where: 'url',
  })
}
