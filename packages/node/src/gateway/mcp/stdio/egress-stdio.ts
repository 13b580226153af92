import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import { BoundedMap } from '../../../kernel/bounded-map.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { digestValue } from '../../../kernel/digest.ts'
import type { Log } from '../../../kernel/log.ts'
import type { Target } from '../../../registry/target.ts'
import type { Egress } from '../../egress.ts'
import { greet } from '../legacy/handshake.ts'
import { performCall } from '../legacy/performing.ts'
import { Session } from '../legacy/session.ts'
import { SessionPool } from '../legacy/session-pool.ts'
import { Child } from './child.ts'
import type { ChildSpec } from './child.ts'
import { Guardian } from './guardian.ts'

const stdioEgressLimits = {
  /** As long as callers of the official SDKs wait for an answer. */
  answerTimeoutMs: 60_000,
  /** A call that makes progress may take this long. */
  callMsMax: 3_600_000,
  /** Until the program answered `initialize`: runners may first have to unpack it. */
  startTimeoutMs: 30_000,
  /** Programs running at once; each takes tens of megabytes. */
  sessionsMax: 64,
  /** A program unused for this long is ended. */
  idleMs: 600_000,
  /** The first restart is at once, the second after this; each further one after twice as long. */
  backoffMs: 1000,
  backoffMsMax: 60_000,
  /** A program that ran this long was healthy, whatever ended it. */
  healthyMs: 60_000,
} as const

type StdioEgressLimits = Record<keyof typeof stdioEgressLimits, number>

/** What every child gets of the node's environment; `config.ts` reads it. */
export type ChildEnvironment = Readonly<Partial<Record<'PATH' | 'HOME' | 'LANG', string>>>

export interface StdioEgressOptions {
  readonly clock: Clock
  readonly log: Log
  readonly environment: ChildEnvironment
  /**
   * Another user for the children, e.g. `nobody`. Only a node that runs as root can change the user; without this
   * setting children run as the node's own user and can read what it can read.
   */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly limits?: Partial<StdioEgressLimits>
}

export interface StdioEgress extends Egress {
  /** The last of what a target's newest program wrote for people; undefined when none ran yet. Text of a third party. */
  stderr(targetId: string): string | undefined
}

function stdioInterface(target: Target): Interface | undefined {
  return target.interfaces.find((entry) => entry.protocol === 'mcp' && entry.transport === 'stdio')
}

interface Failures {
  count: number
  notBeforeMs: number
}

/** Records whose failures and last words are remembered. */
const rememberedMax = 1000

/**
 * Sends acts to server programs on this machine: one supervised child for each record and holder, started on demand,
 * restarted with a growing pause, ended when idle and with the node. `Outbound.headers` holds names and values of its
 * environment; only names that the record's command lists are passed.
 */
export function createStdioEgress(options: StdioEgressOptions): StdioEgress {
  const { clock, log } = options
  const limits = { ...stdioEgressLimits, ...options.limits }
  const pool = new SessionPool(clock, limits)
  const guardian = new Guardian()
  const failures = new BoundedMap<string, Failures>(rememberedMax)
  const newest = new BoundedMap<string, Child>(rememberedMax)

  async function open(key: string, target: Target, spec: ChildSpec): Promise<Session> {
    const waitMs = (failures.get(key)?.notBeforeMs ?? 0) - clock.monotonicMs()
    if (waitMs > 0) {
      throw new Fault('upstream.unreachable', {
        detail: `its program ended again and again; it is started again in ${Math.ceil(waitMs / 1000)} s`,
        where: target.slug,
        remedy: 'What it wrote last stands on its page in the registry.',
      })
    }
    const startedMs = clock.monotonicMs()
    const child = new Child(spec, { clock, guardian })
    newest.set(target.id, child)
    const session = new Session(child, clock, limits)
    let failed = false
    const noteFailure = () => {
      if (!failed) failures.set(key, failureAfter(failures.get(key), clock.monotonicMs(), startedMs, limits))
      failed = true
    }
    child.receive = (value) => void session.receive(value)
    child.ended = (fault) => {
      if (!child.closing) {
        log.warn('mcp.child.ended', { target: target.slug, code: fault.code })
        noteFailure()
      }
      pool.lost(session)
      session.fail(fault)
    }
    const greeting = await greet(session, limits.startTimeoutMs).catch(async (error: unknown) => {
      noteFailure()
      await session.close()
      throw error
    })
    log.info('mcp.child.started', { target: target.slug, version: greeting.version })
    return session
  }

  return {
    protocol: 'mcp',
    perform(outbound, sink) {
      return performCall(outbound, sink, async () => {
        const spec = specOf(outbound.target, outbound.headers, options)
        const key = `${outbound.holder}\n${outbound.target.id}`
        const variant = digestValue([spec.program, spec.args, spec.env])
        return await pool.take(key, variant, async () => await open(key, outbound.target, spec))
      })
    },
    stderr: (targetId) => newest.get(targetId)?.stderr,
    async close() {
      await pool.close()
      guardian.close()
    },
  }
}

function failureAfter(
  before: Failures | undefined,
  nowMs: number,
  startedMs: number,
  limits: StdioEgressLimits,
): Failures {
  const count = nowMs - startedMs >= limits.healthyMs ? 0 : (before?.count ?? 0)
  const pauseMs = count === 0 ? 0 : Math.min(limits.backoffMs * 2 ** (count - 1), limits.backoffMsMax)
  return { count: count + 1, notBeforeMs: nowMs + pauseMs }
}

function specOf(target: Target, credentials: readonly string[], options: StdioEgressOptions): ChildSpec {
  const command = stdioInterface(target)?.command
  if (command === undefined) {
    throw new Fault('upstream.unreachable', { detail: 'its record names no program', where: target.slug })
  }
  const env: Record<string, string> = { ...options.environment }
  for (let at = 0; at + 1 < credentials.length; at += 2) {
    const name = credentials[at]!
    if (command.env.includes(name)) env[name] = credentials[at + 1]!
  }
  return { program: command.program, args: command.args, env, user: options.user }
}
