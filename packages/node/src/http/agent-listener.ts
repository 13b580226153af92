import { constants } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { Fault } from '@ambit/core/fault'
import { revokedCertificates } from '../ca/ca.ts'
import type { CertificateAuthority, ListenerIdentity } from '../ca/ca.ts'
import type { ListeningAt } from '../address/address.ts'
import type { Bus } from '../bus/bus.ts'
import type { DataPath } from '../kernel/data-path.ts'
import { createHostNames } from '../kernel/host-names.ts'
import { listenAt } from '../kernel/listen.ts'
import { AgentConnections } from './agent-connections.ts'
import type { AgentConnection, AgentConnectionParts } from './agent-connections.ts'
import type { OwnAddresses } from './own-address.ts'
import { createNaming } from './own-naming.ts'
import type { WantsNamed } from './own-naming.ts'
import { faultOf, sendProblem } from './problem.ts'

/** A handshake is a few packets. */
const handshakeTimeoutMs = 10_000
const headersTimeoutMs = 15_000
const requestTimeoutMs = 60_000
const checkEveryMs = 5000
const keepAliveTimeoutMs = 65_000
const headerBytesMax = 16 * 1024
/** Open connections on one address, some 60 KiB each. */
const connectionsMax = 8192
/** Requests under way when the listener closes have this long to end. */
const drainMs = 10_000
/** Peers are looked at again so often: a certificate may end, or a word of it be lost, while a connection is open. */
const lookAgainMs = 10_000

export interface AgentListenerOptions extends Omit<AgentConnectionParts, 'ca'> {
  readonly ca: CertificateAuthority
  readonly bus: Bus
  readonly addresses: readonly string[]
  /** Where to listen for them; left out: at each. */
  readonly listening?: ListeningAt
  readonly port: number
  /** Names answered for beside those of loopback; they stand in the certificate too. */
  readonly hosts: readonly string[]
  readonly dataPaths: readonly DataPath[]
  /** Says whose request it is, before a data path gets it; a promise where something has to be fetched first. */
  readonly over: (request: IncomingMessage, connection: AgentConnection) => Promise<void> | undefined
  /** What answers at the addresses of agents; left out: they have none. */
  readonly own?: OwnAddresses | undefined
  /** Whether the record of the agent at an address wants its certificate to name that. */
  readonly wantsNamed?: WantsNamed | undefined
}

export interface AgentListener {
  readonly port: number
  readonly at: readonly string[]
  readonly connections: AgentConnections
  /** Takes no new requests, lets those under way end, then closes what is left. */
  close(): Promise<void>
}

const wildcards = new Set(['0.0.0.0', '::'])

/**
 * Serves agents over mutual TLS 1.3: nobody without a certificate of a trusted authority that names them, holds, and
 * whose record is in force. Throws `listen.failed`.
 */
export async function openAgentListener(options: AgentListenerOptions): Promise<AgentListener> {
  const { ca, addresses, port, hosts, log, clock } = options
  const own = addresses.filter((address) => !wildcards.has(address))
  const identity = await ca.listenerIdentity(namesOf([...hosts, ...own]))
  const connections = new AgentConnections(options)
  const handle = dispatcher(options, connections, createHostNames([...hosts, ...own]))
  const {
    port: opened,
    servers,
    at,
  } = await listenAt({
    addresses: options.listening?.addresses ?? addresses,
    admits: createNaming({ ...options, identity }),
    port,
    setting: 'AMBIT_AGENTS_PORT',
    log,
    create: () => createListener(contextOf(ca, identity), connections, handle),
  })
  const listeners = servers as readonly Server[]
  const stopFollowing = follow(options, connections)
  const stopRenewing = identity.onChange(() => {
    for (const listener of listeners) listener.setSecureContext(contextOf(ca, identity))
  })
  async function close(): Promise<void> {
    stopRenewing()
    stopFollowing()
    const cancel = clock.after(drainMs, () => listeners.forEach((listener) => listener.closeAllConnections()))
    await Promise.all(listeners.map(async (listener) => await closed(listener)))
    cancel()
  }
  return { port: opened, at, connections, close }
}

/** As a certificate has them: names apart from addresses, those of loopback always. */
function namesOf(names: readonly string[]) {
  const isAddress = (name: string) => name.includes(':') || /^[0-9.]+$/.test(name)
  const all = [...new Set(['localhost', '127.0.0.1', '::1', ...names])]
  return { dns: all.filter((name) => !isAddress(name)), ip: all.filter(isAddress) }
}

function contextOf(ca: CertificateAuthority, { key, chain }: ListenerIdentity): SecureContextOptions {
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }),
    cert: chain,
    // Clients may send their own certificate alone.
    ca: ca.trustBundle() + ca.intermediate(),
    minVersion: 'TLSv1.3',
    // A ticket would let its bearer in without the certificate being looked at.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

function createListener(
  context: SecureContextOptions,
  connections: AgentConnections,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      ...context,
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: checkEveryMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: headerBytesMax,
    },
    handle,
  )
  server.maxConnections = connectionsMax
  // Before HTTP hears of it: nothing is read from whoever is not let in.
  server.prependListener('secureConnection', (socket) => {
    const meeting = connections.admit(socket)
    if (meeting !== undefined) meetings.set(socket, meeting)
  })
  server.on('tlsClientError', (error, socket) => {
    const { reason, detail } = handshakeProblem(error, socket)
    connections.refuse(socket, reason, detail)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** Peers of whom something has to be fetched first; their requests wait for it. */
const meetings = new WeakMap<TLSSocket, Promise<void>>()

/** Names for what the handshake itself refused. */
function handshakeProblem(error: Error, socket: TLSSocket): { reason: string; detail: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
  // Of the chain; as OpenSSL names it.
  const chain = socket.authorizationError as unknown
  if (typeof chain === 'string' && chain !== '') return { reason: reasonOfChain(chain), detail: chain }
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return { reason: 'no-certificate', detail: code }
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { reason: 'timeout', detail: code }
  if (code.includes('PROTOCOL') || code.includes('VERSION') || code.includes('HTTP_REQUEST'))
    return { reason: 'protocol', detail: code }
  return { reason: code === 'ECONNRESET' ? 'broken-off' : 'handshake', detail: code }
}

function reasonOfChain(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'expired'
  if (code === 'CERT_NOT_YET_VALID') return 'not-yet'
  return code === 'INVALID_PURPOSE' ? 'usage' : 'untrusted'
}

function dispatcher(
  { dataPaths, over, log, own }: AgentListenerOptions,
  connections: AgentConnections,
  names: ReturnType<typeof createHostNames>,
): (request: IncomingMessage, response: ServerResponse) => void {
  function serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.of(request.socket)
    if (connection === undefined || !connections.holds(connection)) {
      request.destroy()
      return
    }
    const place = own?.at(request.socket.localAddress)
    if (place !== undefined) {
      place.serve(request, response, () =>
        // Whoever was disconnected meanwhile begins nothing.
        over(request, connection)?.then(() => connections.holds(connection)),
      )
      return
    }
    const fault = refusal(names, request)
    const path = pathOf(request.url ?? '')
    const dataPath = fault === undefined ? dataPaths.find((each) => each.claims(path)) : undefined
    if (dataPath === undefined) {
      const nothing = 'agents reach the protocols of this node here, and nothing stands at that address'
      sendProblem(response, fault ?? new Fault('input.not-found', { detail: nothing, where: 'path' }))
      return
    }
    const waiting = over(request, connection)
    // Whoever was disconnected while it waited begins nothing: what ends with a connection was looked for before.
    const go = () =>
      connections.holds(connection) ? pass(dataPath, request, response) : void request.destroy()
    if (waiting === undefined) pass(dataPath, request, response)
    else void waiting.then(go)
  }
  function pass(dataPath: DataPath, request: IncomingMessage, response: ServerResponse): void {
    try {
      dataPath.handle(request, response)
    } catch (error) {
      log.error('http.data-path-failed', { error: String(error) })
      sendProblem(response, faultOf(error))
    }
  }
  return (request, response) => {
    const meeting = meetings.get(request.socket as TLSSocket)
    if (meeting === undefined) serve(request, response)
    else void meeting.then(() => serve(request, response))
  }
}

function refusal(names: ReturnType<typeof createHostNames>, { url = '', headers }: IncomingMessage) {
  if (!url.startsWith('/'))
    return new Fault('input.invalid', { detail: 'the request target is not a path', where: 'path' })
  if (!names.knowsHost(headers.host))
    return new Fault('request.host', { detail: 'this node does not answer for that name', where: 'host' })
  // A page cannot send a request with the certificate of an agent in earnest.
  if (headers.origin !== undefined)
    return new Fault('request.host', { detail: 'this address is not for web pages', where: 'origin' })
  return undefined
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** Hears what ends a peer, and looks again by itself. The returned function stops both. */
function follow({ bus, clock }: AgentListenerOptions, connections: AgentConnections): () => void {
  const ends = [
    bus.subscribe(revokedCertificates, ({ aic, serials }) => {
      if (typeof aic !== 'string' || !Array.isArray(serials)) return
      connections.end(aic, new Set(serials as readonly string[]), 'revoked')
    }),
    ...['ruling.*', 'record.*'].map((subject) =>
      bus.subscribe(subject, ({ record }) => {
        if (typeof record === 'string') connections.lookAgain(record)
      }),
    ),
    bus.onGap(async () => await Promise.resolve(connections.lookAgain())),
  ]
  let cancel = clock.after(lookAgainMs, again)
  function again(): void {
    cancel = clock.after(lookAgainMs, again)
    connections.lookAgain()
  }
  return () => {
    cancel()
    for (const end of ends) end()
  }
}

async function closed(listener: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    listener.close(() => resolve())
    listener.closeIdleConnections()
  })
}
