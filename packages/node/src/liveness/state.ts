import { interfaceStates } from '../registry/registry.ts'
import type { InterfaceState } from '../registry/registry.ts'
import { countLatency, latencyBelow, latencyBoundsMs } from './latency.ts'

/*
 * All that is known of one interface, in 128 bytes: 10⁵ of them are 13 MB, and what stands in the store is the same
 * bytes. Little endian; times in seconds since 1970.
 *
 *   0 u32 name       which interface: a hash of protocol, transport and address
 *   4 u32 asked      when it was asked last
 *   8 u32 answered   when it answered last; 0 never
 *  12 u32 since      since when it is in its state
 *  16 u32 hour       the hour (since 1970) that is counted now
 *  20 u16 failures   in a row
 *  22 u8  state      index in `interfaceStates`
 *  23 u8  problem    index in `problems`
 *  24 24 × u8        latencies by class
 *  48 24 × (u8, u8)  answered and asked of the last 24 hours, the hour h at h mod 24
 *  96 7 × (u16, u16) the same of the last 7 days
 * 124 u16 status     the HTTP status, where that was the problem
 * 126 u16            not used
 */
export const stateBytes = 128

/** Why the last heartbeat was none, in the order of their numbers in the store: only add at the end. */
export const problems = ['', 'unreachable', 'timeout', 'refused', 'status', 'protocol', 'internal'] as const
export type Problem = (typeof problems)[number]

/** So many failures in a row, and it is dead: one may be a restart, two a long one. */
export const failuresUntilDead = 3

const [dayHours, weekDays] = [24, 7] as const
const at = {
  name: 0,
  asked: 4,
  answered: 8,
  since: 12,
  hour: 16,
  failures: 20,
  state: 22,
  problem: 23,
} as const
const [latencyAt, hoursAt, daysAt, statusAt] = [24, 48, 96, 124] as const

/** One interface in its bytes. */
export class InterfaceBytes {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, stateBytes)
  }

  get name(): number {
    return this.#view.getUint32(at.name, true)
  }
  set name(value: number) {
    this.#view.setUint32(at.name, value, true)
  }
  /** In ms; 0: never. */
  get asked(): number {
    return this.#view.getUint32(at.asked, true) * 1000
  }
  get answered(): number {
    return this.#view.getUint32(at.answered, true) * 1000
  }
  get since(): number {
    return this.#view.getUint32(at.since, true) * 1000
  }
  get failures(): number {
    return this.#view.getUint16(at.failures, true)
  }
  get state(): InterfaceState {
    return interfaceStates[this.#view.getUint8(at.state)] ?? 'unknown'
  }
  get problem(): Problem {
    return problems[this.#view.getUint8(at.problem)] ?? ''
  }
  /** HTTP status of an answer that was none. */
  get status(): number {
    return this.#view.getUint16(statusAt, true)
  }

  /** Notes an answer that took so long. */
  answeredAt(now: number, latencyMs: number): void {
    this.#count(now, true)
    this.#view.setUint32(at.answered, seconds(now), true)
    this.#view.setUint16(at.failures, 0, true)
    this.#view.setUint8(at.problem, 0)
    this.#view.setUint16(statusAt, 0, true)
    countLatency(this.bytes.subarray(latencyAt, latencyAt + latencyBoundsMs.length), latencyMs)
    this.#enter('alive', now)
  }

  /** Notes that no answer came, or one that is none. */
  failedAt(now: number, problem: Problem, status: number): void {
    this.#count(now, false)
    const failures = Math.min(this.failures + 1, 0xffff)
    this.#view.setUint16(at.failures, failures, true)
    this.#view.setUint8(at.problem, problems.indexOf(problem))
    this.#view.setUint16(statusAt, status, true)
    this.#enter(failures >= failuresUntilDead ? 'dead' : 'failing', now)
  }

  /** Share of heartbeats that were answered in the last 24 hours or 7 days; undefined when none was asked. */
  availability(now: number, span: 'day' | 'week'): number | undefined {
    this.#turnTo(hourOf(now))
    let answered = 0
    let asked = 0
    if (span === 'day')
      for (let each = 0; each < dayHours; each++) {
        answered += this.#view.getUint8(hoursAt + 2 * each)
        asked += this.#view.getUint8(hoursAt + 2 * each + 1)
      }
    else
      for (let each = 0; each < weekDays; each++) {
        answered += this.#view.getUint16(daysAt + 4 * each, true)
        asked += this.#view.getUint16(daysAt + 4 * each + 2, true)
      }
    return asked === 0 ? undefined : answered / asked
  }

  /** The time in ms within which that share of the answers came. */
  latencyMs(share: number): number | undefined {
    return latencyBelow(this.bytes.subarray(latencyAt, latencyAt + latencyBoundsMs.length), share)
  }

  #enter(state: InterfaceState, now: number): void {
    if (this.state === state) return
    this.#view.setUint8(at.state, interfaceStates.indexOf(state))
    this.#view.setUint32(at.since, seconds(now), true)
  }

  #count(now: number, isAnswered: boolean): void {
    const hour = hourOf(now)
    this.#turnTo(hour)
    this.#view.setUint32(at.asked, seconds(now), true)
    const inHour = hoursAt + 2 * (hour % dayHours)
    const inDay = daysAt + 4 * (Math.floor(hour / dayHours) % weekDays)
    // An hour of one question a second would be full after four minutes; then it counts no further.
    if (this.#view.getUint8(inHour + 1) < 255) {
      if (isAnswered) this.#view.setUint8(inHour, this.#view.getUint8(inHour) + 1)
      this.#view.setUint8(inHour + 1, this.#view.getUint8(inHour + 1) + 1)
    }
    if (this.#view.getUint16(inDay + 2, true) < 0xffff) {
      if (isAnswered) this.#view.setUint16(inDay, this.#view.getUint16(inDay, true) + 1, true)
      this.#view.setUint16(inDay + 2, this.#view.getUint16(inDay + 2, true) + 1, true)
    }
  }

  /** Forgets the hours and days whose places the time since the last count takes. */
  #turnTo(hour: number): void {
    const before = this.#view.getUint32(at.hour, true)
    if (hour <= before) return
    for (let each = Math.max(before + 1, hour - dayHours + 1); each <= hour; each++)
      this.#view.setUint16(hoursAt + 2 * (each % dayHours), 0, true)
    const [dayBefore, day] = [Math.floor(before / dayHours), Math.floor(hour / dayHours)]
    for (let each = Math.max(dayBefore + 1, day - weekDays + 1); each <= day; each++)
      this.#view.setUint32(daysAt + 4 * (each % weekDays), 0, true)
    this.#view.setUint32(at.hour, hour, true)
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function hourOf(ms: number): number {
  return Math.floor(ms / 3_600_000)
}
