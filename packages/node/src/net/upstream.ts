import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import { silentLog } from '../kernel/log.ts'
import type { Log } from '../kernel/log.ts'
import type { AddressGuard } from './address.ts'

/** Calls under way to one origin, each on a connection of its own: long calls and open streams count too. */
const connectionsPerOriginMax = 16_384
/** Origins with an open pool; the one unused longest is closed beyond this. */
const originsMax = 2000
const connectTimeoutMs = 5000
const keepAliveMs = 30_000

export interface UpstreamRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
  /** Until the head of the answer. */
  readonly headTimeoutMs: number
  /** Between two pieces of the body; 0 for none. */
  readonly idleTimeoutMs: number
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

export function createUpstream(guard: AddressGuard, log: Log = silentLog): Upstream {
  const pools = new Map<string, Pool>()
  function poolOf(url: URL): Pool {
    let pool = pools.get(url.origin)
    if (pool === undefined) {
      pool = openPool(url, guard)
      pools.set(url.origin, pool)
      evictOldest(pools)
    }
    return pool
  }
  return {
    send(request, handler) {
      const exchange = new Exchange(handler, log)
      try {
        poolOf(request.url).dispatch(
          {
            path: request.url.pathname + request.url.search,
            method: request.method,
            headers: request.headers as string[],
            body: request.body,
            headersTimeout: request.headTimeoutMs,
            bodyTimeout: request.idleTimeoutMs,
          },
          exchange,
        )
      } catch (error) {
        exchange.fail(error)
      }
      return exchange
    },
    async close() {
      await Promise.all([...pools.values()].map(async (pool) => await pool.destroy()))
      pools.clear()
    },
  }
}

function openPool(url: URL, guard: AddressGuard): Pool {
  refuseAddress(url, guard)
  return new Pool(url.origin, {
    connections: connectionsPerOriginMax,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
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
function guardedLookup(guard: AddressGuard): LookupFunction {
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

/** One for all: nobody looks at it, and a recall aborts a thousand calls at once. */
const aborted = new Error('aborted')

/** Closing makes errors that nobody reads; without their stacks it costs a fifth less, which a recall of many calls shows. */
function abortQuietly(controller: Dispatcher.DispatchController | undefined): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    controller?.abort(aborted)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

class Exchange implements Dispatcher.DispatchHandler, UpstreamExchange {
  readonly #handler: UpstreamHandler
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #sent = false

  readonly #log: Log

  constructor(handler: UpstreamHandler, log: Log) {
    this.#handler = handler
    this.#log = log
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Once a connection took the request, it may have reached the target whatever happens next.
    this.#sent = true
    if (this.#over) abortQuietly(controller)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHeaders,
  ): void {
    if (this.#over) return
    try {
      this.#handler.head(status, headers)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    try {
      if (!this.#handler.data(chunk)) controller.pause()
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    try {
      this.#handler.end()
    } catch (error) {
      this.#broken(error)
    }
  }

  /** A handler that throws is told so as any other failure, and its connection is closed: no act stays under way for it. */
  #broken(error: unknown): void {
    this.#over = true
    this.#log.error('upstream.handler-failed', { error: String(error) })
    abortQuietly(this.#controller)
    this.#tell(new Fault('internal', { detail: 'the answer could not be taken', cause: error }), true)
  }

  #tell(fault: Fault, sent: boolean): void {
    try {
      this.#handler.error(fault, sent)
    } catch (error) {
      this.#log.error('upstream.handler-failed', { error: String(error) })
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    abortQuietly(this.#controller)
  }

  resume(): void {
    if (!this.#over && this.#controller?.paused === true) this.#controller.resume()
  }

  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#tell(upstreamFault(error), this.#sent)
  }
}

function upstreamFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof Error && error.cause instanceof Fault) return error.cause
  const code = (error as { code?: unknown }).code
  const timeout =
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    code === 'UND_ERR_BODY_TIMEOUT' ||
    code === 'UND_ERR_CONNECT_TIMEOUT'
  return new Fault(timeout ? 'upstream.timeout' : 'upstream.unreachable', {
    detail: timeout
      ? 'it did not answer in time'
      : `the connection failed (${typeof code === 'string' ? code : 'unknown'})`,
    cause: error,
  })
}
