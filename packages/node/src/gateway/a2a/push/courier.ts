import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { Log } from '../../../kernel/log.ts'
import type { Target } from '../../../registry/target.ts'
import type { Gateway } from '../../gateway.ts'
import { openBody, openConfig } from './callback.ts'
import { deliver } from './delivery.ts'
import type { DeliveryAnswer, DeliveryParts } from './delivery.ts'
import { pushIntake } from './push-act.ts'
import type { CallbackRow, PushReader, PushRow, PushWriter } from './push-store.ts'

/** Deliveries at once, of the node and of one holder: a receiver that answers slowly holds up nobody else's. */
const deliveriesMax = 32
const perHolderMax = 4
/** Pauses between attempts double from the first to the last of these, each with chance in it. */
const firstPauseMs = 1000
const lastPauseMs = 15 * 60_000
/** After so long a push is tried once more and then given up; the caller asks for the task instead. */
const giveUpMs = 86_400_000
/** When the store does not answer, or the node takes no acts. */
const storePauseMs = 5000

export interface CourierParts extends DeliveryParts {
  readonly gateway: Pick<Gateway, 'back'>
  readonly store: PushReader & PushWriter
  readonly holderOf: (row: CallbackRow) => Holder | undefined
  readonly target: (record: string) => Target | undefined
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
}

/** Everything that waits for one callback, delivered in order. */
interface Lane {
  readonly callback: string
  readonly holder: string
  /** Wakes it when the next attempt is due. */
  timer: (() => void) | undefined
  /** Something came while it was being looked at. */
  again: boolean
}

/**
 * Delivers what was stored to the clients' webhooks: at least once, in order for each callback, tried again with
 * growing pauses, and still there after a restart. Each attempt is an act of its own, child of the push, so that a
 * mandate that was revoked or an agent that was recalled meanwhile ends it.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #lanes = new Map<string, Lane>()
  readonly #ready: Lane[] = []
  readonly #running = new Map<string, number>()
  readonly #stops = new Set<() => void>()
  readonly #runs = new Set<Promise<void>>()
  #deliveries = 0
  #closed = false

  constructor(parts: CourierParts) {
    this.#parts = parts
  }

  /** Takes up what was left before the start. */
  async start(): Promise<void> {
    for (const { callback, holder } of await this.#parts.store.lanes()) this.wake(callback, holder)
  }

  /** Something may wait for this callback. */
  wake(callback: string, holder: string): void {
    if (this.#closed) return
    const known = this.#lanes.get(callback)
    if (known !== undefined) {
      known.again = true
      return
    }
    const lane: Lane = { callback, holder, timer: undefined, again: false }
    this.#lanes.set(callback, lane)
    this.#enqueue(lane)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const lane of this.#lanes.values()) lane.timer?.()
    for (const stop of this.#stops) stop()
    await Promise.all(this.#runs)
  }

  #enqueue(lane: Lane): void {
    if (this.#closed) return
    lane.timer = undefined
    this.#ready.push(lane)
    this.#next()
  }

  #next(): void {
    while (this.#deliveries < deliveriesMax) {
      const at = this.#ready.findIndex((lane) => (this.#running.get(lane.holder) ?? 0) < perHolderMax)
      const [lane] = at < 0 ? [] : this.#ready.splice(at, 1)
      if (lane === undefined) return
      this.#begin(lane)
    }
  }

  #begin(lane: Lane): void {
    const { holder } = lane
    this.#deliveries++
    this.#running.set(holder, (this.#running.get(holder) ?? 0) + 1)
    const run = this.#stepAndGoOn(lane).finally(() => this.#runs.delete(run))
    this.#runs.add(run)
  }

  async #stepAndGoOn(lane: Lane): Promise<void> {
    const pauseMs = await this.#step(lane)
    this.#deliveries--
    const left = (this.#running.get(lane.holder) ?? 1) - 1
    if (left === 0) this.#running.delete(lane.holder)
    else this.#running.set(lane.holder, left)
    this.#goOn(lane, pauseMs)
    this.#next()
  }

  /** A lane with nothing in it goes; what came while that was found out is seen by looking once more. */
  #goOn(lane: Lane, pauseMs: number | undefined): void {
    if (this.#closed) return
    const again = lane.again
    lane.again = false
    if (pauseMs === 0 || (pauseMs === undefined && again)) this.#enqueue(lane)
    else if (pauseMs !== undefined) lane.timer = this.#parts.clock.after(pauseMs, () => this.#enqueue(lane))
    else this.#lanes.delete(lane.callback)
  }

  /** One attempt of the oldest; gives the pause until the next look, none when nothing is left. Never rejects. */
  async #step(lane: Lane): Promise<number | undefined> {
    const { store, clock, log } = this.#parts
    try {
      const push = await store.head(lane.callback)
      if (push === undefined || this.#closed) return undefined
      const due = push.next - clock.now()
      if (due > 0) return due
      return await this.#try(push)
    } catch (error) {
      log.error('a2a.delivery-failed', { callback: lane.callback, error: String(error) })
      return storePauseMs
    }
  }

  async #try(push: PushRow): Promise<number> {
    const { store, clock, log, holderOf, target } = this.#parts
    const { callback, place } = push
    const row = await store.callback(callback)
    const holder = row === undefined ? undefined : holderOf(row)
    const from = target(push.record)
    if (row === undefined || holder === undefined || from === undefined) {
      // Nobody is left in whose name it could be delivered, or refused.
      log.warn('a2a.push-without-holder', { callback, act: push.act })
      await store.removeCallback(callback)
      return 0
    }
    const last = clock.now() - push.at >= giveUpMs
    const answer = await this.#attempt(row, push, { holder, target: from }, last)
    // Not tried at all: it is the node that stops.
    if (this.#closed || answer.error?.code === 'node.draining') return storePauseMs
    if (answer.gone === true) await store.removeCallback(callback)
    else if (answer.status === 'completed' || answer.refused || last) await store.removePush(callback, place)
    else {
      const attempts = push.attempts + 1
      await store.again(callback, place, attempts, clock.now() + pauseMs(clock, attempts))
    }
    return 0
  }

  async #attempt(
    row: CallbackRow,
    push: PushRow,
    of: { readonly holder: Holder; readonly target: Target },
    last: boolean,
  ): Promise<DeliveryAnswer & { readonly refused: boolean }> {
    const { gateway, keyring } = this.#parts
    const config = openConfig(keyring, row)
    const body = openBody(keyring, row.id, push.body)
    const late = push.late === 1
    const intake = pushIntake(
      { ...of, parent: push.act, trace: push.trace },
      { taskId: row.task, late, url: config.url, attempt: push.attempts + 1 },
    )
    return await new Promise((resolve) => {
      let gone = false
      const handle = gateway.back(intake, {
        deliver: (_, answered) =>
          deliver(this.#parts, { config, body, act: push.act, late }, (answer) => {
            gone = answer.gone === true
            answered(last && answer.status === 'failed' ? givenUp : { ...answer })
          }),
        over: (answer, decision) => {
          this.#stops.delete(stop)
          const refused = decision.class === 'refuse' && decision.reasons.length > 0
          resolve({ ...answer, refused, ...(gone ? { gone: true } : {}) })
        },
      })
      const stop = (): void => handle.stop('node.draining', 'the node stops')
      this.#stops.add(stop)
    })
  }
}

const givenUp: DeliveryAnswer = {
  status: 'failed',
  error: { code: 'push.given-up', detail: `not taken within ${giveUpMs / 3_600_000} hours` },
}

/** Full jitter above a half: receivers that come back are not met by everyone at once. */
function pauseMs(clock: Clock, attempts: number): number {
  const whole = Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20))
  return Math.round(whole / 2 + (whole / 2) * (clock.random(4).readUInt32BE() / 2 ** 32))
}
