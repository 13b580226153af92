import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { Clock } from '../../../kernel/clock.ts'
import type { Log } from '../../../kernel/log.ts'
import type { Upstream } from '../../../net/upstream.ts'
import type { Target } from '../../../registry/target.ts'
import type { Egress } from '../../egress.ts'
import { declaredTo } from './client-capabilities.ts'
import { initialize } from './handshake.ts'
import { performListen } from './listening.ts'
import { HttpTransport } from './http-transport.ts'
import { performCall } from './performing.ts'
import { Session } from './session.ts'
import { SessionPool } from './session-pool.ts'

const legacyEgressLimits = {
  /** As long as callers of the official SDKs wait for an answer. */
  answerTimeoutMs: 60_000,
  /** A call that makes progress may take this long. */
  callMsMax: 3_600_000,
  /** Until `initialize` is answered: an upstream that needs longer is not up. */
  startTimeoutMs: 15_000,
  /** Holders times targets of this era in use at once; a session takes a few kilobytes. */
  sessionsMax: 10_000,
  /** Shorter than upstreams keep theirs, longer than people pause. */
  idleMs: 300_000,
} as const

export interface LegacyEgressOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<Record<keyof typeof legacyEgressLimits, number>>
}

/** The interface of a target that this egress serves: MCP before 2026-07-28 over streamable HTTP. */
function legacyInterface(target: Target): Interface | undefined {
  return target.interfaces.find(
    (entry) =>
      entry.protocol === 'mcp' && entry.transport === 'streamable-http' && entry.version !== modernVersion,
  )
}

/** Sends acts to MCP servers of the eras before 2026-07-28: one session for each holder and target. */
export function createLegacyEgress(options: LegacyEgressOptions): Egress {
  const { upstream, clock, log } = options
  const limits = { ...legacyEgressLimits, ...options.limits }
  const pool = new SessionPool(clock, limits)

  async function open(url: URL, transport: HttpTransport, capabilities: JsonObject): Promise<Session> {
    const session = new Session(transport, clock, limits)
    transport.receive = (value, from) => session.receive(value, from)
    transport.paused = (message) => session.paused(message)
    try {
      await initialize(
        session,
        (version) => (transport.version = version),
        limits.startTimeoutMs,
        capabilities,
      )
    } catch (error) {
      log.warn('mcp.session.failed', { host: url.host, code: Fault.from(error).code })
      await session.close()
      throw error
    }
    if (hearsQuestions(capabilities)) {
      hear(session)
      await session.listening()
    }
    return session
  }

  return {
    protocol: 'mcp',
    perform(outbound, sink) {
      const perform = outbound.operation === methods.listen ? performListen : performCall
      return perform(outbound, sink, async () => {
        const { headers } = outbound
        const url = addressOf(outbound.target)
        // A server asks for what its client declared, so callers that declare other things get another session.
        const capabilities = declaredTo(outbound.callerCapabilities)
        const key = `${outbound.holder}\n${outbound.target.id}\n${JSON.stringify(capabilities)}`
        // A server may look at credentials only when a session begins: another one, or none, begins a new one.
        const variant = [url.href, ...headers].join('\n')
        const lease = await pool.take(key, variant, async () => {
          const { answerTimeoutMs } = limits
          const transport = new HttpTransport({ upstream, clock, url, answerTimeoutMs })
          transport.headers = headers
          return await open(url, transport, capabilities)
        })
        // It was given up because the server was away for long.
        if (hearsQuestions(capabilities) && !lease.session.isListening) hear(lease.session)
        return lease
      })
    },
    close: async () => await pool.close(),
  }
}

/** Some servers put their questions on the stream of the session and not on that of the call (2025-11-25 transports). */
function hearsQuestions(capabilities: JsonObject): boolean {
  return Object.keys(capabilities).length > 0
}

/** Keeps the session's own stream open for as long as the session lives. */
function hear(session: Session): void {
  session.listen(
    () => undefined,
    () => undefined,
  )
}

function addressOf(target: Target): URL {
  const entry = legacyInterface(target)
  if (entry === undefined || !URL.canParse(entry.url)) {
    throw new Fault('upstream.unreachable', {
      detail: 'its record names no address of an MCP server of the eras before 2026-07-28',
      where: target.slug,
    })
  }
  return new URL(entry.url)
}
