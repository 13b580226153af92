import type { Clock } from './clock.ts'

export interface BreakerLimits {
  /** Failures one after the other that open it. */
  readonly failuresMax: number
  /** It also opens when this many failed within a window, and they are at least half of all. */
  readonly windowFailuresMax: number
  readonly windowMs: number
  /** The first pause; each further one, while nothing succeeds, is twice as long. */
  readonly pauseMs: number
  readonly pauseMsMax: number
  /** While open, one try is let through in this time, so that a try that hangs does not keep it open. */
  readonly trialMs: number
}

export interface BreakerState {
  /** `half-open`: its pause is over, and the next one is a try. */
  readonly state: 'closed' | 'open' | 'half-open'
  /** Failures since the last success. */
  readonly failures: number
  /** Of the last failure. */
  readonly reason: string | undefined
  /** Until the next try. */
  readonly retryAfterMs: number
}

/**
 * A circuit breaker: stops asking what fails again and again, and tries again after a pause that grows. Times are
 * monotonic milliseconds. While it is closed it costs a comparison on the way in and a few additions on the way out.
 */
export class Breaker {
  readonly #clock: Clock
  readonly #limits: BreakerLimits
  #open = false
  /** When it opened or closed: what began before says nothing of how things are since. */
  #changedMs = -Infinity
  #nextTrialMs = 0
  /** Pauses one after the other. */
  #pauses = 0
  #failures = 0
  #reason: string | undefined
  #windowEndsMs = 0
  #windowCalls = 0
  #windowFailures = 0

  constructor(clock: Clock, limits: BreakerLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** 0 lets it through. Otherwise the milliseconds for which nothing is sent. */
  enter(nowMs: number): number {
    if (!this.#open) return 0
    const waitMs = this.#nextTrialMs - nowMs
    if (waitMs > 0) return Math.ceil(waitMs)
    this.#nextTrialMs = nowMs + this.#limits.trialMs
    return 0
  }

  succeeded(startedMs: number, nowMs: number): void {
    if (startedMs < this.#changedMs) return
    this.#failures = 0
    this.#pauses = 0
    this.#count(nowMs, false)
    if (this.#open) this.#change(false, nowMs)
  }

  /** True when this failure opened it, or kept it open after a try. */
  failed(startedMs: number, nowMs: number, reason: string): boolean {
    if (startedMs < this.#changedMs) return false
    this.#failures += 1
    this.#reason = reason
    const many = this.#count(nowMs, true)
    if (!this.#open && this.#failures < this.#limits.failuresMax && !many) return false
    this.#pause(nowMs)
    return true
  }

  /** It ended without saying anything of the other side: the next one may try. */
  undecided(startedMs: number, nowMs: number): void {
    if (this.#open && startedMs >= this.#changedMs) this.#nextTrialMs = nowMs
  }

  state(nowMs: number): BreakerState {
    const waitMs = this.#open ? Math.max(0, Math.ceil(this.#nextTrialMs - nowMs)) : 0
    return {
      state: this.#open ? (waitMs > 0 ? 'open' : 'half-open') : 'closed',
      failures: this.#failures,
      reason: this.#reason,
      retryAfterMs: waitMs,
    }
  }

  /** Whether the failures of this window are too many. */
  #count(nowMs: number, failed: boolean): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + this.#limits.windowMs
      this.#windowCalls = 0
      this.#windowFailures = 0
    }
    this.#windowCalls += 1
    if (failed) this.#windowFailures += 1
    return (
      this.#windowFailures >= this.#limits.windowFailuresMax && this.#windowFailures * 2 >= this.#windowCalls
    )
  }

  #pause(nowMs: number): void {
    const { pauseMs, pauseMsMax } = this.#limits
    const wholeMs = Math.min(pauseMs * 2 ** Math.min(this.#pauses, doublingsMax), pauseMsMax)
    this.#pauses += 1
    this.#change(true, nowMs)
    this.#nextTrialMs = nowMs + jittered(wholeMs, this.#clock)
  }

  #change(open: boolean, nowMs: number): void {
    this.#open = open
    this.#changedMs = nowMs
    this.#windowEndsMs = 0
  }
}

/** Beyond this a pause is longer than any limit. */
const doublingsMax = 30

/** Between three quarters and all of it, so that many nodes do not come back in the same moment. */
export function jittered(ms: number, clock: Clock): number {
  return Math.round(ms * (0.75 + clock.random(1)[0]! / 1020))
}
