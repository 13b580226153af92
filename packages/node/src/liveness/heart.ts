import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import type { Clock } from '../kernel/clock.ts'
import type { LoneRequests } from '../net/lone-request.ts'
import type { Target } from '../registry/target.ts'
import { Pace } from './pace.ts'
import type { Beat, Pulse } from './pulse.ts'
import { moved, pauseMs } from './schedule.ts'
import type { Slots } from './slots.ts'
import type { Problem } from './state.ts'
import { Wheel } from './wheel.ts'

/** What heartbeats may cost. */
export const heartBudget = {
  /** Begun in a second: 10⁵ interfaces at one in five minutes are 333. */
  perSecondMax: 500,
  /** Waiting for an answer at the same time. */
  underWayMax: 256,
  /** Of them at one host: many agents on one platform must not be a wave for it. */
  perHostMax: 4,
  /** Begun in a second at one host, and at one address whatever names lead to it. */
  perHostPerSecondMax: 20,
  /** Of one answer. */
  bytesMax: 64 * 1024,
  headerBytesMax: 16 * 1024,
  /** For one question, connecting included. */
  timeoutMs: 10_000,
  /** When the process comes so late to its ticks it has acts to do: then one heartbeat a tick. */
  lateMs: 100,
  /** What found its host busy comes again after this. */
  hostBusyMs: 1000,
} as const
export type HeartBudget = Readonly<Record<keyof typeof heartBudget, number>>

const markCharactersMax = 128

/** The address that a name led to was asked often enough. */
export class NotNow extends Error {
  readonly waitMs: number

  constructor(waitMs: number) {
    super('that address was asked often enough')
    this.waitMs = waitMs
  }
}

export interface HeartParts {
  readonly slots: Slots
  readonly clock: Clock
  readonly pulses: readonly Pulse[]
  readonly send: LoneRequests
  readonly budget: HeartBudget
  /** By AIC. */
  target(record: string): Target | undefined
  /** Where a record was read from, from the store. */
  source(record: string): Promise<string | undefined>
  /** Whether the program of a record runs now. */
  runs(record: string): boolean
  /** Told after each heartbeat that was asked for. */
  beaten(record: string, sign: { readonly answered: boolean; readonly changed: boolean }): void
}

/** Asks every interface in its slot again and again, within the budget. */
export class Heart implements Disposable {
  readonly #parts: HeartParts
  readonly #wheel: Wheel
  #everyMs = 0
  readonly #ready: number[] = []
  readonly #hosts = new Map<string, number>()
  readonly #pace: Pace
  /** Slots that were told when their turn is. */
  readonly #turns = new Set<number>()
  #underWay = 0
  #tokens = 0
  #lastTick = 0
  #cancel: () => void = () => undefined
  #ended = false

  constructor(parts: HeartParts) {
    this.#parts = parts
    this.#wheel = new Wheel(parts.clock.now())
    this.#pace = new Pace(parts.budget.perHostPerSecondMax, () => parts.clock.monotonicMs())
  }

  get underWay(): number {
    return this.#underWay
  }

  start(everyMs: number): void {
    this.#everyMs = everyMs
    this.#lastTick = this.#parts.clock.monotonicMs()
    for (const record of this.#parts.slots.records())
      for (const slot of this.#parts.slots.of(record)) this.enter(slot)
    this.#plan()
  }

  /** A slot that is new: spread over the first round, so that a start with 10⁵ of them is no wave. */
  enter(slot: number): void {
    if (this.#everyMs === 0 || this.#wheel.dueOf(slot) !== 0) return
    this.#wheel.add(slot, this.#parts.clock.now() + this.#everyMs * this.#chance())
  }

  /** Before a slot is given up. */
  leave(slot: number): void {
    this.#wheel.remove(slot)
    this.#turns.delete(slot)
  }

  [Symbol.dispose](): void {
    this.#ended = true
    this.#cancel()
  }

  #plan(): void {
    this.#cancel = this.#parts.clock.after(this.#wheel.tickMs, () => {
      this.#tick()
      if (!this.#ended) this.#plan()
    })
  }

  #tick(): void {
    const { clock, budget } = this.#parts
    const nowMs = clock.monotonicMs()
    const passedMs = nowMs - this.#lastTick
    this.#lastTick = nowMs
    const isLate = passedMs > this.#wheel.tickMs + budget.lateMs
    // What was not used does not add up to a wave.
    this.#tokens = Math.min(this.#tokens + (passedMs * budget.perSecondMax) / 1000, budget.perSecondMax)
    for (const slot of this.#wheel.take(clock.now())) this.#ready.push(slot)
    let left = isLate ? 1 : Math.min(Math.floor(this.#tokens), budget.underWayMax)
    // From the end: in which order those that are due are asked does not matter.
    while (left > 0 && this.#underWay < budget.underWayMax) {
      const slot = this.#ready.pop()
      if (slot === undefined) return
      if (!this.#begin(slot)) continue
      left -= 1
      this.#tokens -= 1
    }
  }

  /** False when nothing was asked. */
  #begin(slot: number): boolean {
    const { slots, clock, budget } = this.#parts
    const record = slots.recordOf(slot)
    const target = record === undefined ? undefined : this.#parts.target(record)
    const each = target?.interfaces[slots.positionOf(slot)]
    if (record === undefined || each === undefined) return false
    if (each.transport === 'stdio') {
      // A program is not started to see whether it runs.
      if (this.#parts.runs(record)) this.#end(record, slot, { answered: true, changed: false }, 0)
      else this.#wheel.add(slot, clock.now() + moved(this.#everyMs, this.#chance()))
      return false
    }
    const host = URL.parse(each.url)?.host ?? ''
    const atHost = this.#hosts.get(host) ?? 0
    if (atHost >= budget.perHostMax) {
      this.#wheel.add(slot, clock.now() + budget.hostBusyMs * (1 + this.#chance()))
      return false
    }
    // Whoever waited for its turn has it now.
    const waitMs = this.#turns.delete(slot) ? 0 : this.#pace.reserve(host)
    if (waitMs > 0) {
      this.#turns.add(slot)
      this.#wheel.add(slot, clock.now() + waitMs)
      return false
    }
    this.#hosts.set(host, atHost + 1)
    this.#underWay += 1
    void this.#ask(record, slot, each).finally(() => {
      this.#underWay -= 1
      const left = this.#hosts.get(host)! - 1
      if (left === 0) this.#hosts.delete(host)
      else this.#hosts.set(host, left)
    })
    return true
  }

  async #ask(record: string, slot: number, each: Interface): Promise<void> {
    const { slots, clock, pulses, send } = this.#parts
    const pulse = pulses.find(({ protocol }) => protocol === each.protocol)
    const startedMs = clock.monotonicMs()
    const mark = slots.markOf(slot)
    let beat: Beat
    try {
      if (pulse === undefined) throw new Fault('internal', { detail: 'nobody speaks that protocol' })
      beat = await pulse.beat({
        interface: each,
        address: slots.addressOf(slot),
        mark,
        source: async () => await this.#parts.source(record),
        send,
      })
    } catch (error) {
      // That too is an answer: it is not there, or is not what it says.
      this.#failed(record, slot, error)
      return
    }
    if (slots.recordOf(slot) !== record || this.#ended) return
    const next = beat.mark?.slice(0, markCharactersMax)
    slots.remember(slot, next, beat.address)
    const changed = mark !== undefined && next !== undefined && next !== mark
    this.#end(record, slot, { answered: true, changed }, clock.monotonicMs() - startedMs)
  }

  #failed(record: string, slot: number, error: unknown): void {
    const { slots, clock } = this.#parts
    // It may have been given up meanwhile, and the slot be another's.
    if (slots.recordOf(slot) !== record || this.#ended) return
    const notNow = Fault.is(error) && error.cause instanceof NotNow ? error.cause : undefined
    if (notNow !== undefined) {
      // It was not asked: that says nothing of it.
      const waitMs = this.#parts.budget.hostBusyMs * this.#chance() + notNow.waitMs
      if (this.#wheel.dueOf(slot) === 0) this.#wheel.add(slot, clock.now() + waitMs)
      return
    }
    const status = Fault.is(error) ? Number(error.extra?.['upstreamStatus'] ?? 0) : 0
    slots.remember(slot, slots.markOf(slot), undefined)
    slots.state(slot).failedAt(clock.now(), problemOf(error, status), status)
    this.#again(slot)
    this.#parts.beaten(record, { answered: false, changed: false })
  }

  #end(record: string, slot: number, sign: { answered: true; changed: boolean }, latencyMs: number): void {
    this.#parts.slots.state(slot).answeredAt(this.#parts.clock.now(), latencyMs)
    this.#again(slot)
    this.#parts.beaten(record, sign)
  }

  #again(slot: number): void {
    if (this.#wheel.dueOf(slot) !== 0) return
    const { failures } = this.#parts.slots.state(slot)
    this.#wheel.add(slot, this.#parts.clock.now() + pauseMs(this.#everyMs, failures, this.#chance()))
  }

  #chance(): number {
    return this.#parts.clock.random(1).readUInt8() / 255
  }
}

function problemOf(error: unknown, status: number): Problem {
  if (!Fault.is(error)) return 'internal'
  if (status > 0) return 'status'
  if (error.code === 'upstream.timeout') return 'timeout'
  if (error.code === 'upstream.unreachable') return 'unreachable'
  if (error.code === 'address.refused') return 'refused'
  return error.code === 'internal' ? 'internal' : 'protocol'
}
