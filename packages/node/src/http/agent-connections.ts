import { createHash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@ambit/core/fault'
import type { CertificateAuthority, Peer } from '../ca/ca.ts'
import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Metric, Metrics } from '../kernel/metrics.ts'

/** Open connections of one agent: one for each process it runs, and some that are being replaced. */
const perAgentMax = 256
/** Lines about refused connections in a second: whoever knocks on and on fills no disk. They are all counted. */
const linesPerSecond = 5
/** Leaf, authorities between, root. */
const chainMax = 6

/** Who is at the other end of an open connection. */
export interface AgentConnection {
  readonly socket: TLSSocket
  readonly peer: Peer
  readonly certificate: X509Certificate
  readonly intermediates: readonly X509Certificate[]
  /** SHA-256 of the certificate, base64url (RFC 8705 section 3.1). */
  readonly fingerprint: string
}

export interface AgentConnectionParts {
  readonly ca: Pick<CertificateAuthority, 'peer' | 'meet' | 'holds'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Hears of each connection that is ended because its peer no longer counts. */
  readonly ended: (connection: AgentConnection, reason: string) => void
}

/**
 * The connections over mutual TLS that are open, by who is at their other end. Whoever is refused, or no longer counts,
 * is disconnected at once, with a named reason that is counted and logged.
 */
export class AgentConnections {
  readonly #parts: AgentConnectionParts
  readonly #open = new Map<TLSSocket, AgentConnection>()
  readonly #byAgent = new Map<string, Set<AgentConnection>>()
  readonly #refused: Metric
  readonly #ended: Metric
  readonly #lines = new Bucket(linesPerSecond)

  constructor(parts: AgentConnectionParts) {
    const { metrics } = parts
    this.#parts = parts
    this.#refused = metrics.counter(
      'ambit_agent_connections_refused_total',
      'Connections of agents refused.',
      ['reason'],
    )
    this.#ended = metrics.counter(
      'ambit_agent_connections_ended_total',
      'Connections of agents ended because their certificate or record no longer counts.',
      ['reason'],
    )
    metrics.gauge('ambit_agent_connections', 'Open connections of agents.', () => this.#open.size)
  }

  of(socket: unknown): AgentConnection | undefined {
    return this.#open.get(socket as TLSSocket)
  }

  get size(): number {
    return this.#open.size
  }

  /** After the handshake: lets the peer in, or disconnects it. A promise where something has to be fetched first. */
  admit(socket: TLSSocket): Promise<void> | undefined {
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return this.refuse(socket, 'no-certificate', 'it showed none')
    // Tickets are not given; should one come all the same, nothing of an earlier handshake counts.
    if (socket.isSessionReused()) return this.refuse(socket, 'resumed', 'it resumed an earlier session')
    const intermediates = above(certificate)
    try {
      this.#enter(socket, this.#parts.ca.peer(certificate, intermediates), certificate, intermediates)
    } catch (error) {
      const fault = Fault.from(error)
      if (reasonOf(fault) === 'list-missing') return this.#meet(socket, certificate, intermediates)
      this.refuse(socket, reasonOf(fault), fault.detail)
    }
    return undefined
  }

  async #meet(
    socket: TLSSocket,
    certificate: X509Certificate,
    intermediates: readonly X509Certificate[],
  ): Promise<void> {
    try {
      const peer = await this.#parts.ca.meet(certificate, intermediates)
      if (!socket.destroyed) this.#enter(socket, peer, certificate, intermediates)
    } catch (error) {
      const fault = Fault.from(error)
      this.refuse(socket, reasonOf(fault), fault.detail)
    }
  }

  #enter(
    socket: TLSSocket,
    peer: Peer,
    certificate: X509Certificate,
    intermediates: readonly X509Certificate[],
  ): void {
    const known = this.#byAgent.get(peer.aic)
    if (known !== undefined && known.size >= perAgentMax) {
      this.refuse(socket, 'too-many', `the agent has ${perAgentMax} connections open`)
      return
    }
    const fingerprint = createHash('sha256').update(certificate.raw).digest('base64url')
    const connection = { socket, peer, certificate, intermediates, fingerprint }
    this.#open.set(socket, connection)
    if (known === undefined) this.#byAgent.set(peer.aic, new Set([connection]))
    else known.add(connection)
    socket.once('close', () => this.#forget(connection))
  }

  #forget(connection: AgentConnection): void {
    this.#open.delete(connection.socket)
    const { aic } = connection.peer
    const known = this.#byAgent.get(aic)
    known?.delete(connection)
    if (known?.size === 0) this.#byAgent.delete(aic)
  }

  refuse(socket: TLSSocket, reason: string, detail: string): undefined {
    this.#refused.series(reason).value += 1
    const { clock, log } = this.#parts
    if (this.#lines.take(clock.monotonicMs()) === 0)
      log.info('agent.connection-refused', { reason, detail, address: socket.remoteAddress ?? '' })
    socket.destroy()
  }

  /** Whether a certificate that was let in holds still: looked at for every request. Ends the connection if not. */
  holds(connection: AgentConnection): boolean {
    const { ca, clock } = this.#parts
    const { peer, certificate } = connection
    const isCurrent =
      peer.organization === undefined
        ? clock.now() < certificate.validToDate.getTime()
        : ca.holds(peer.serial)
    if (!isCurrent) this.#judge(connection)
    return !connection.socket.destroyed
  }

  /** Ends the connections with these certificates at once. */
  end(aic: string, serials: ReadonlySet<string>, reason: string): void {
    for (const connection of this.#byAgent.get(aic) ?? [])
      if (serials.has(connection.peer.serial)) this.#end(connection, reason)
  }

  /** Looks again at everybody, or at one agent: something was ruled, or may have been missed. */
  lookAgain(aic?: string): void {
    const chosen = aic === undefined ? this.#open.values() : (this.#byAgent.get(aic) ?? [])
    for (const connection of chosen) this.#judge(connection)
  }

  #judge(connection: AgentConnection): void {
    try {
      const { aic } = this.#parts.ca.peer(connection.certificate, connection.intermediates)
      if (aic !== connection.peer.aic) this.#end(connection, 'name')
    } catch (error) {
      this.#end(connection, reasonOf(Fault.from(error)))
    }
  }

  #end(connection: AgentConnection, reason: string): void {
    if (connection.socket.destroyed) return
    this.#ended.series(reason).value += 1
    const { aic, serial } = connection.peer
    this.#parts.log.info('agent.connection-ended', { reason, agent: aic, serial })
    this.#parts.ended(connection, reason)
    connection.socket.destroy()
    this.#forget(connection)
  }
}

function reasonOf({ extra }: Fault): string {
  const reason = extra?.['reason']
  return typeof reason === 'string' ? reason : 'peer'
}

/** What the peer sent of the authorities above it, as far as it may matter. */
function above(certificate: X509Certificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  let at = certificate.issuerCertificate
  while (at !== undefined && chain.length < chainMax) {
    chain.push(at)
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return chain
}
