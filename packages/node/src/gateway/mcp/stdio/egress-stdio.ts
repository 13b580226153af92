import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import { BoundedMap } from '../../../kernel/bounded-map.ts'
import { Breaker } from '../../../kernel/breaker.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { digestValue } from '../../../kernel/digest.ts'
import type { Log } from '../../../kernel/log.ts'
import type { Target } from '../../../registry/target.ts'
import type { Egress } from '../../egress.ts'
import { declaredTo } from '../legacy/client-capabilities.ts'
import { greet } from '../legacy/handshake.ts'
import { performListen } from '../legacy/listening.ts'
import { performCall } from '../legacy/performing.ts'
import { Session } from '../legacy/session.ts'
import { SessionPool } from '../legacy/session-pool.ts'
import { Child } from './child.ts'
import type { ChildSpec } from './child.ts'
import { Guardian } from './guardian.ts'
import type { Homes } from './homes.ts'
import { MemoryWatch } from './memory-watch.ts'
import { Newest } from './newest.ts'
import type { ChildUser } from './user.ts'

/** Records and holders whose failures are remembered, and records whose last words are. */
const rememberedMax = 1000

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
  /** A program that nobody mends is started ten times an hour. */
  backoffMsMax: 360_000,
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
  readonly user?: ChildUser | undefined
  /** Left out, programs have the HOME of the environment. */
  readonly homes?: Homes
  readonly memoryBytesMax?: number
  /** A program ended that nobody had ended. */
  readonly failed?: () => void
  readonly limits?: Partial<StdioEgressLimits>
}

export interface StdioEgress extends Egress {
  /** The last of what a target's newest program wrote for people; undefined when none ran yet. Text of a third party. */
  stderr(targetId: string): string | undefined
  /** Whether the newest program of a target runs now. */
  runs(targetId: string): boolean
  /** Programs running now. */
  readonly running: number
}

function stdioInterface(target: Target): Interface | undefined {
  return target.interfaces.find((entry) => entry.protocol === 'mcp' && entry.transport === 'stdio')
}

/**
 * Sends acts to server programs on this machine: one supervised child for each record and holder, started on demand,
 * restarted with a growing pause, ended when idle and with the node. `Outbound.headers` holds names and values of its
 * environment; only names that the record's command lists are passed.
 */
export function createStdioEgress(options: StdioEgressOptions): StdioEgress {
  const { clock, log } = options
  const limits = { ...stdioEgressLimits, ...options.limits }
  const pool = new SessionPool(clock, limits)
  const [guardian, memory] = [new Guardian(), new MemoryWatch(clock)]
  const breakers = new BoundedMap<string, Breaker>(rememberedMax)
  const newest = new Newest(rememberedMax)

  /** Another program, or other credentials, get a chance of their own. */
  function breakerOf(key: string, { program, args, env }: ChildSpec): Breaker {
    const name = `${key}\n${digestValue([program, args, env])}`
    let breaker = breakers.get(name)
    if (breaker === undefined) {
      breaker = new Breaker(clock, {
        failuresMax: 2,
        windowFailuresMax: Infinity,
        windowMs: limits.backoffMsMax,
        pauseMs: limits.backoffMs,
        pauseMsMax: limits.backoffMsMax,
        trialMs: limits.startTimeoutMs,
      })
      breakers.set(name, breaker)
    }
    return breaker
  }

  async function open(
    key: string,
    target: Target,
    spec: ChildSpec,
    capabilities: JsonObject,
  ): Promise<Session> {
    const breaker = breakerOf(key, spec)
    refuseWhileOpen(breaker, clock, target)
    const startedMs = clock.monotonicMs()
    const home = await options.homes?.of(key)
    const child = new Child(
      { ...spec, env: { ...spec.env, ...home?.env }, cwd: home?.cwd },
      { clock, guardian, memory },
    )
    newest.put(target.id, child)
    const session = new Session(child, clock, limits)
    let over = false
    const noteEnd = (fault: Fault) => {
      if (over) return
      over = true
      const nowMs = clock.monotonicMs()
      // One that ran for long was healthy, whatever ended it.
      if (child.closing || nowMs - startedMs >= limits.healthyMs) breaker.succeeded(startedMs, nowMs)
      if (child.closing) return
      breaker.failed(startedMs, nowMs, fault.detail)
      options.failed?.()
    }
    child.receive = (value) => void session.receive(value)
    child.ended = (fault) => {
      newest.ended(child)
      if (!child.closing) log.warn('mcp.child.ended', { target: target.slug, code: fault.code })
      noteEnd(fault)
      home?.gone()
      pool.lost(session)
      session.fail(fault)
    }
    const greeting = await greet(session, limits.startTimeoutMs, capabilities).catch(
      async (error: unknown) => {
        noteEnd(Fault.from(error))
        await session.close()
        throw error
      },
    )
    log.info('mcp.child.started', { target: target.slug, version: greeting.version })
    return session
  }

  return {
    protocol: 'mcp',
    perform(outbound, sink) {
      const perform = outbound.operation === methods.listen ? performListen : performCall
      return perform(outbound, sink, async () => {
        const spec = specOf(outbound.target, outbound.headers, options)
        const capabilities = declaredTo(outbound.callerCapabilities)
        const key = `${outbound.holder}\n${outbound.target.id}`
        const variant = digestValue([spec.program, spec.args, spec.env, capabilities])
        return await pool.take(key, variant, async () => await open(key, outbound.target, spec, capabilities))
      })
    },
    ...newest.reading,
    get running() {
      return pool.size
    },
    async close() {
      await pool.close()
      guardian.close()
    },
  }
}

/** Throws `upstream.unreachable` while a program that ended again and again is given a rest. */
function refuseWhileOpen(breaker: Breaker, clock: Clock, target: Target): void {
  const nowMs = clock.monotonicMs()
  const waitMs = breaker.enter(nowMs)
  if (waitMs === 0) return
  const { failures, reason } = breaker.state(nowMs)
  throw new Fault('upstream.unreachable', {
    detail: `its program ended again and again (${failures} times, at last: ${reason}); it is started again in ${Math.ceil(waitMs / 1000)} s`,
    where: target.slug,
    remedy: 'Its operator sees what it wrote last with `ambit logs`.',
    extra: { retryAfterMs: waitMs },
  })
}

function specOf(target: Target, credentials: readonly string[], options: StdioEgressOptions): ChildSpec {
  const command = stdioInterface(target)?.command
  if (command === undefined) {
    throw new Fault('upstream.unreachable', { detail: 'its record names no program', where: target.slug })
  }
  const env: Record<string, string> = { ...options.environment }
  const secrets: string[] = []
  for (let at = 0; at + 1 < credentials.length; at += 2) {
    const name = credentials[at]!
    if (!command.env.includes(name)) continue
    env[name] = credentials[at + 1]!
    secrets.push(credentials[at + 1]!)
  }
  const { user, memoryBytesMax } = options
  return { program: command.program, args: command.args, env, user, memoryBytesMax, secrets }
}
