import { Fault } from '@ambit/core/fault'
import { faultRows } from '@ambit/core/faults/table'
import type { Outcome } from '@ambit/core/act'
import type { Interface } from '@ambit/core/record'
import type { Holder } from '../authority/authority.ts'
import { Breaker } from '../kernel/breaker.ts'
import type { BreakerLimits, BreakerState } from '../kernel/breaker.ts'
import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import { WeakValues } from '../kernel/weak-values.ts'
import type { Target } from '../registry/target.ts'

export interface TrafficLimits {
  /** Acts of one holder under way at once. */
  readonly callerActsMax: number
  /** Acts of one holder a second. */
  readonly callerPerSecond: number
  /** Acts under way at once at one address of one record. */
  readonly upstreamActsMax: number
  readonly upstreamPerSecond: number
}

const breakerLimits: BreakerLimits = {
  // A restart fails a few calls; more than these in a row are an outage.
  failuresMax: 5,
  windowFailuresMax: 20,
  windowMs: 10_000,
  pauseMs: 1000,
  // An upstream that is back is used again within a minute.
  pauseMsMax: 60_000,
  trialMs: 5000,
}

/** An upstream to which nothing is sent for the moment. */
export interface TroubledUpstream extends BreakerState {
  readonly organization: string
  readonly record: string
}

/**
 * How much one caller and one upstream may take of this node, and which upstreams are given a rest. Nothing is kept
 * here for longer than the holder or the plans of the path live, but for upstreams that are given a rest.
 */
export class Traffic {
  readonly #clock: Clock
  readonly #limits: TrafficLimits
  readonly #shares = new WeakMap<Holder, Share>()
  readonly #gates = new WeakValues<Gate>()
  /** So that what a dead upstream did is not forgotten while nobody calls it, for an hour. */
  readonly #troubled = new Set<Gate>()
  readonly #opened: () => void

  /** `opened` is called when an upstream begins to be given a rest. */
  constructor(clock: Clock, limits: TrafficLimits, opened: () => void = () => undefined) {
    this.#clock = clock
    this.#limits = limits
    this.#opened = opened
  }

  /** Of a holder: one object as long as the mandate is held, whatever tokens it has. */
  shareOf(holder: Holder): Share {
    let share = this.#shares.get(holder)
    if (share === undefined) {
      share = new Share(this.#limits.callerActsMax, this.#limits.callerPerSecond)
      this.#shares.set(holder, share)
    }
    return share
  }

  gateOf(target: Target, offered: Interface): Gate {
    const name = `${target.id} ${addressOf(offered)}`
    let gate = this.#gates.get(name)
    if (gate === undefined) {
      const { upstreamActsMax, upstreamPerSecond } = this.#limits
      gate = new Gate(upstreamActsMax, upstreamPerSecond, {
        organization: target.organization,
        record: target.slug,
        // Programs fail for each holder apart, and their supervisor has breakers of its own.
        breaker: offered.command === undefined ? new Breaker(this.#clock, breakerLimits) : undefined,
        changed: (of) => this.#note(of),
      })
      this.#gates.set(name, gate)
    }
    return gate
  }

  /** Upstreams whose breaker is open. */
  troubled(): readonly TroubledUpstream[] {
    const nowMs = this.#clock.monotonicMs()
    this.#forget(nowMs)
    return [...this.#troubled].flatMap((gate) => gate.trouble(nowMs) ?? [])
  }

  #note(gate: Gate): void {
    if (!gate.isOpen) this.#troubled.delete(gate)
    else if (!this.#troubled.has(gate)) {
      this.#forget(this.#clock.monotonicMs())
      this.#troubled.add(gate)
      this.#opened()
    }
  }

  /** Most likely its record is retired, or nobody needs it any more. */
  #forget(nowMs: number): void {
    for (const gate of this.#troubled) if (nowMs - gate.failedMs > forgottenMs) this.#troubled.delete(gate)
  }
}

/** An upstream that nobody tried for so long is forgotten, so that those of retired records do not pile up. */
const forgottenMs = 3_600_000

/** What one caller takes of the node, or all callers of one upstream: a noisy one does not take the places of others. */
export class Share {
  underWay = 0
  /** The second in which a refusal of this caller was last recorded. */
  recordedS = -1
  readonly #actsMax: number
  readonly #bucket: Bucket

  constructor(actsMax: number, perSecond: number) {
    this.#actsMax = actsMax
    this.#bucket = new Bucket(perSecond)
  }

  /** Takes a place, or throws and takes none. */
  enter(nowMs: number, whose: string): void {
    if (this.underWay >= this.#actsMax) {
      throw new Fault('act.busy', {
        detail: `${this.#actsMax} acts ${whose} are under way`,
        extra: { retryAfterMs: busyRetryMs },
      })
    }
    const waitMs = this.#bucket.take(nowMs)
    if (waitMs > 0) {
      throw new Fault('act.rate-limited', {
        detail: `there are more acts ${whose} than this node takes in a second`,
        extra: { retryAfterMs: waitMs },
      })
    }
    this.underWay += 1
  }

  leave(): void {
    this.underWay -= 1
  }
}

/** Nobody knows when an act ends; this keeps those who try again from being a load themselves. */
const busyRetryMs = 1000

interface GateOptions {
  readonly organization: string
  readonly record: string
  readonly breaker: Breaker | undefined
  readonly changed: (gate: Gate) => void
}

/** The way to one address of one record. */
export class Gate extends Share {
  /** Of the last failure that counted. */
  failedMs = 0
  readonly #options: GateOptions

  constructor(actsMax: number, perSecond: number, options: GateOptions) {
    super(actsMax, perSecond)
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#options.breaker?.isOpen === true
  }

  override enter(nowMs: number): void {
    super.enter(nowMs, 'at this agent or server')
    const waitMs = this.#options.breaker?.enter(nowMs) ?? 0
    if (waitMs === 0) return
    this.leave()
    throw this.#closedFault(nowMs, waitMs)
  }

  /** The target said something: it is there. */
  heard(startedMs: number, nowMs: number): void {
    this.#options.breaker?.succeeded(startedMs, nowMs)
    this.#options.changed(this)
  }

  /** What an act that was sent came to. Only a transport that fails counts against the upstream, never its own errors. */
  ended({ status, error }: Pick<Outcome, 'status' | 'error'>, startedMs: number, nowMs: number): void {
    const { breaker, changed } = this.#options
    if (breaker === undefined) return
    const wasOpen = breaker.isOpen
    if (status === 'completed') breaker.succeeded(startedMs, nowMs)
    else if (status !== 'failed' || error === undefined) breaker.undecided(startedMs, nowMs)
    else if (error.code === 'upstream.unreachable' || error.code === 'upstream.timeout') {
      this.failedMs = nowMs
      breaker.failed(startedMs, nowMs, error.detail)
    } else if (Object.hasOwn(faultRows, error.code)) breaker.undecided(startedMs, nowMs)
    else breaker.succeeded(startedMs, nowMs)
    if (breaker.isOpen !== wasOpen) changed(this)
  }

  /** It was let through and then not sent. */
  unused(startedMs: number, nowMs: number): void {
    this.#options.breaker?.undecided(startedMs, nowMs)
  }

  trouble(nowMs: number): TroubledUpstream | undefined {
    const { breaker, organization, record } = this.#options
    return breaker?.isOpen === true ? { organization, record, ...breaker.state(nowMs) } : undefined
  }

  #closedFault(nowMs: number, waitMs: number): Fault {
    const { breaker, record } = this.#options
    const { failures, reason } = breaker!.state(nowMs)
    const last = reason === undefined ? '' : ` (at last: ${reason})`
    return new Fault('upstream.unreachable', {
      detail: `it failed ${failures} times in a row${last}; it is tried again in ${Math.ceil(waitMs / 1000)} s`,
      where: record,
      extra: { retryAfterMs: waitMs },
    })
  }
}

/** What a connection goes to; addresses that cannot be read stand for themselves. */
function addressOf({ url }: Interface): string {
  return URL.canParse(url) && url.startsWith('http') ? new URL(url).origin : url
}
