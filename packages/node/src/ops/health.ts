import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createHostNames } from '../kernel/host-names.ts'
import { listenAt } from '../kernel/listen.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'

/** A check that does not answer in this time has failed: probes give up after a few seconds themselves. */
const checkTimeoutMs = 2000
/** Probes and scrapers send nothing but a few headers. */
const headersTimeoutMs = 5000
const connectionsMax = 100

/** Something the node cannot work without. */
export interface Check {
  readonly name: string
  /** Why it does not hold, in a few words without secrets; undefined when it does. */
  reason(): Promise<string | undefined>
}

export interface HealthOptions {
  readonly addresses: readonly string[]
  readonly port: number
  readonly hosts: readonly string[]
  readonly checks: readonly Check[]
  /** What whoever asks should know of a node that is ready. */
  readonly warnings?: () => readonly string[]
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

export interface Health extends AsyncDisposable {
  readonly port: number
  readonly at: readonly string[]
}

/** `/health/live`: the process answers. `/health/ready`: it can take acts, else 503 and why. `/metrics`: Prometheus text. */
export async function openHealth(options: HealthOptions): Promise<Health> {
  addProcessMetrics(options.metrics, options.clock)
  // Probes of orchestrators name the address of the host, which no other site can make a browser send.
  const names = createHostNames(options.hosts, true)
  const { port, servers, at } = await listenAt({
    ...options,
    setting: 'AMBIT_METRICS_PORT',
    create: () => createListener(options, (host) => names.knowsHost(host)),
  })
  return {
    port,
    at,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(async (server) => await close(server as Server)))
    },
  }
}

function createListener(options: HealthOptions, knowsHost: (host: string | undefined) => boolean): Server {
  const listener = createServer({ headersTimeout: headersTimeoutMs }, (request, response) => {
    answer(options, knowsHost, request, response).catch((error: unknown) => {
      options.log.error('health.failed', { error: String(error) })
      response.destroy()
    })
  })
  listener.maxConnections = connectionsMax
  return listener
}

async function answer(
  options: HealthOptions,
  knowsHost: (host: string | undefined) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!knowsHost(request.headers.host) || request.headers.origin !== undefined) {
    send(response, 403, { status: 'refused', reasons: ['the Host or Origin is none this node answers for'] })
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, { status: 'refused', reasons: ['only GET is answered here'] })
    return
  }
  switch (request.url) {
    case '/health/live':
      send(response, 200, { status: 'live' })
      return
    case '/health/ready': {
      const reasons = await failed(options.checks, options.clock)
      const warnings = options.warnings?.() ?? []
      if (reasons.length === 0)
        send(response, 200, { status: 'ready', ...(warnings.length === 0 ? {} : { warnings }) })
      else send(response, 503, { status: 'not ready', reasons })
      return
    }
    case '/metrics':
      write(response, 200, 'text/plain; version=0.0.4; charset=utf-8', options.metrics.text())
      return
    default:
      send(response, 404, { status: 'unknown', reasons: ['/health/live, /health/ready and /metrics'] })
  }
}

/** Why the node is not ready; empty when it is. */
async function failed(checks: readonly Check[], clock: Clock): Promise<readonly string[]> {
  const results = await Promise.all(
    checks.map(async (check) => {
      const reason = await reasonInTime(check, clock)
      return reason === undefined ? [] : [`${check.name}: ${reason}`]
    }),
  )
  return results.flat()
}

async function reasonInTime(check: Check, clock: Clock): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const cancel = clock.after(checkTimeoutMs, () => resolve(`no answer in ${checkTimeoutMs} ms`))
  try {
    return await Promise.race([check.reason(), promise])
  } catch (error) {
    return error instanceof Error ? `failed (${error.name})` : 'failed'
  } finally {
    cancel()
  }
}

function addProcessMetrics(metrics: Metrics, clock: Clock): void {
  const startedMs = clock.monotonicMs()
  metrics.gauge('process_resident_memory_bytes', 'Memory of the process in RAM.', () =>
    process.memoryUsage.rss(),
  )
  metrics.gauge('ambit_uptime_seconds', 'Time since the start.', () =>
    Math.floor((clock.monotonicMs() - startedMs) / 1000),
  )
}

function send(response: ServerResponse, status: number, body: object): void {
  write(response, status, 'application/json; charset=utf-8', JSON.stringify(body))
}

function write(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
