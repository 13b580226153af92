import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type {
  IncomingMessage,
  Server as HttpListener,
  ServerOptions as HttpOptions,
  ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { ListeningAt } from '../address/address.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import { createHostNames } from '../kernel/host-names.ts'
import { listenAt } from '../kernel/listen.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Route } from '../kernel/route.ts'
import { createApp } from './app.ts'
import type { OwnAddresses } from './own-address.ts'
import { faultOf, problemText, problemType, sendProblem } from './problem.ts'
import type { PublicFiles } from './public-files.ts'

/** Time for all headers: they come in one packet or two. */
const headersTimeoutMs = 15_000
/** Time for a whole request: 4 MiB at 70 kB/s. */
const requestTimeoutMs = 60_000
/** How often those two are looked at. */
const checkEveryMs = 5000
/** Longer than proxies and clients keep idle connections, so that it is they who close. */
const keepAliveTimeoutMs = 65_000
const headerBytesMax = 16 * 1024
/** Open connections on one listener, about 10 KiB each. */
const connectionsMax = 32_768
/** Requests under way when the server closes have this long to end. */
const drainMs = 10_000
/** Open to everyone, from any page and under any name of this node: logs and checkpoints prove themselves. */
const publicPrefixes = ['/log/', '/witness/'] as const
/**
 * What data planes ask carries the Host and Origin of their own clients. It is decided by the token alone, which no page
 * of somebody else has.
 */
const askedElsewhere = /^\/ext-authz(?:[/?]|$)/
const wildcards = new Set(['0.0.0.0', '::'])

export interface ServerOptions {
  readonly routes: readonly Route[]
  readonly dataPaths: readonly DataPath[]
  /** Public files below `/log/<name>/`. */
  readonly files: ReadonlyMap<string, PublicFiles>
  readonly consoleFolder: string
  readonly identity: Pick<Identity, 'callerOf'>
  readonly addresses: readonly string[]
  /** Where to listen for them; left out: at each. */
  readonly listening?: ListeningAt
  readonly port: number
  /** Names answered for beside those of loopback. */
  readonly hosts: readonly string[]
  /** Public origin for links; undefined: localhost and the port. */
  readonly origin: string | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Reads who signed a request for a data path, where it is signed; a promise where something has to be fetched first. */
  readonly signed?: (request: IncomingMessage) => Promise<void> | undefined
  /** What answers at the addresses of agents; left out: they have none. */
  readonly own?: OwnAddresses | undefined
  readonly checkReplies?: boolean
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number
  /** Where people reach it. */
  readonly origin: string
  /** Where it listens: `127.0.0.1:7100`, `[::1]:7100`. */
  readonly at: readonly string[]
  /** Takes no new requests, lets those under way end, then closes what is left. */
  close(): Promise<void>
}

/** Opens the one server of a node. Throws `listen.failed`, or `config.invalid` for a certificate it cannot use. */
export async function openServer(options: ServerOptions): Promise<HttpServer> {
  const closing = new AbortController()
  const inside = { origin: options.origin ?? '' }
  const app = await createApp({
    ...options,
    checkReplies: options.checkReplies ?? false,
    closing: closing.signal,
    originOf: (host) => originOf(options, inside.origin, host),
  })
  const handle = dispatcher(options, closing.signal, (request, response) => app.routing(request, response))
  const { port, servers, at } = await listenAt({
    addresses: options.listening?.addresses ?? options.addresses,
    admits: options.listening?.admits,
    port: options.port,
    setting: 'AMBIT_PORT',
    log: options.log,
    create: () => createListener(options, handle),
  })
  const scheme = options.tls === undefined ? 'http' : 'https'
  inside.origin = options.origin ?? `${scheme}://localhost:${port}`
  const listeners = servers as readonly HttpListener[]
  const close = async () => {
    closing.abort()
    for (const dataPath of options.dataPaths) dataPath.close?.()
    await Promise.all(listeners.map(async (listener) => await closeListener(listener, options.clock)))
    await app.close()
  }
  return { port, origin: inside.origin, at, close, [Symbol.asyncDispose]: close }
}

/** Sends each request to a data path, or to the control API and the console. */
function dispatcher(
  { hosts, addresses, dataPaths, log, metrics, signed, own }: ServerOptions,
  closing: AbortSignal,
  route: (request: IncomingMessage, response: ServerResponse) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  // The addresses themselves are safe to answer for: rebinding needs a name.
  const names = createHostNames([...hosts, ...addresses.filter((address) => !wildcards.has(address))])
  const refused = metrics.counter('ambit_http_refused_total', 'Requests refused before any route.', [
    'reason',
  ])
  function refusal(url: string, request: IncomingMessage): Fault | undefined {
    if (!url.startsWith('/'))
      return new Fault('input.invalid', { detail: 'the request target is not a path', where: 'path' })
    if (publicPrefixes.some((prefix) => url.startsWith(prefix)) || askedElsewhere.test(url)) return undefined
    const { host, origin } = request.headers
    if (!names.knowsHost(host))
      return new Fault('request.host', { detail: 'this node does not answer for that name', where: 'host' })
    if (origin !== undefined && !names.knowsOrigin(origin))
      return new Fault('request.host', { detail: 'that origin is none of this node', where: 'origin' })
    return undefined
  }
  return (request, response) => {
    const url = request.url ?? ''
    const place = own?.at(request.socket.localAddress)
    const fault = closing.aborted
      ? new Fault('node.draining', { detail: 'the node is stopping' })
      : place === undefined
        ? refusal(url, request)
        : undefined
    if (fault !== undefined) {
      refused.series(fault.code).value += 1
      sendProblem(response, fault)
      return
    }
    if (place !== undefined) {
      place.serve(request, response, () => signed?.(request)?.then(() => true))
      return
    }
    const path = pathOf(url)
    for (const dataPath of dataPaths) {
      if (!dataPath.claims(path)) continue
      const waiting = signed?.(request)
      if (waiting === undefined) pass(dataPath, request, response)
      else void waiting.then(() => pass(dataPath, request, response))
      return
    }
    route(request, response)
  }
  function pass(dataPath: DataPath, request: IncomingMessage, response: ServerResponse): void {
    try {
      dataPath.handle(request, response)
    } catch (error) {
      log.error('http.data-path-failed', { error: String(error) })
      sendProblem(response, faultOf(error))
    }
  }
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

function createListener(
  { tls }: ServerOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): HttpListener {
  const settings = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkEveryMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: headerBytesMax,
  }
  const listener =
    tls === undefined ? createServer(settings, handle) : createTlsListener(tls, settings, handle)
  listener.maxConnections = connectionsMax
  listener.on('clientError', answerMalformed)
  return listener
}

function createTlsListener(
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  settings: HttpOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): HttpListener {
  const cert = readSetting(certFile, 'AMBIT_TLS_CERT')
  const key = readSetting(keyFile, 'AMBIT_TLS_KEY')
  try {
    return createSecureServer({ ...settings, cert, key, minVersion: 'TLSv1.2' }, handle)
  } catch (error) {
    throw new Fault('config.invalid', {
      detail: 'the certificate and its key are not PEM, or do not belong together',
      where: 'AMBIT_TLS_CERT',
      cause: error,
    })
  }
}

function readSetting(file: string, where: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Fault('config.invalid', { detail: `${file} cannot be read`, where, cause: error })
  }
}

/** What the parser of HTTP refuses never becomes a request; it is answered on the bare socket. */
function answerMalformed(error: Error, socket: Socket): void {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const underWay = answerUnderWay(socket)
  if (underWay !== undefined) {
    // Written now, an answer to this would be read as a part of that one, or in its place.
    if (underWay.headersSent) socket.destroy()
    else underWay.shouldKeepAlive = false
    return
  }
  const fault =
    code === 'HPE_HEADER_OVERFLOW'
      ? new Fault('request.headers', { detail: `the headers are longer than ${headerBytesMax} bytes` })
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new Fault('request.slow', { detail: 'the request did not arrive in time' })
        : new Fault('input.invalid', { detail: 'the request is not HTTP', where: 'request' })
  const body = problemText(fault)
  socket.end(
    `HTTP/1.1 ${fault.status} Refused\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/** The answer to an earlier request on this connection. The member is the runtime's own; its default handler looks at it too. */
function answerUnderWay(socket: Socket): ServerResponse | undefined {
  const { _httpMessage: answer } = socket as Socket & { readonly _httpMessage?: ServerResponse | null }
  return answer !== null && answer?.req.complete === true ? answer : undefined
}

/** Links people get name the public origin; a request by another known name gets links by that name. */
function originOf({ tls, origin }: ServerOptions, own: string, host: string | undefined): string {
  if (host === undefined || (origin !== undefined && new URL(origin).host === host.toLowerCase())) return own
  return `${tls === undefined ? 'http' : 'https'}://${host}`
}

async function closeListener(listener: HttpListener, clock: Clock): Promise<void> {
  const cancel = clock.after(drainMs, () => listener.closeAllConnections())
  await new Promise<void>((resolve) => {
    listener.close(() => resolve())
    listener.closeIdleConnections()
  })
  cancel()
}
