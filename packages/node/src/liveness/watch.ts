import type { Interface } from '@ambit/core/record'
import { createLoneRequests } from '../net/lone-request.ts'
import { countHearts } from './counting.ts'
import { Descriptions } from './descriptions.ts'
import type { Clock } from '../kernel/clock.ts'
import { Heart, heartBudget, NotNow } from './heart.ts'
import type { HeartBudget } from './heart.ts'
import { createKeeping } from './keeping.ts'
import type { Keeping } from './keeping.ts'
import type { LivenessReader, LivenessRow, LivenessWriter } from './liveness-store.ts'
import type { LivenessParts } from './liveness.ts'
import { Pace } from './pace.ts'
import type { Pulse } from './pulse.ts'
import { askerOf } from './share.ts'
import { nameOf } from './slots.ts'
import type { Slots } from './slots.ts'
import { differing, standingOf } from './standing.ts'
import type { LivenessState } from '../registry/registry.ts'
import type { Troubles } from './troubles.ts'

/** Opens what asks; nothing is asked before its heart is started. */
export function openWatch(
  parts: LivenessParts,
  store: LivenessReader & LivenessWriter,
  slots: Slots,
  troubles: Troubles,
): Watch {
  const { clock, log, metrics, records } = parts
  const counting = countHearts(metrics, slots, troubles)
  const budget = { ...heartBudget, ...parts.budget }
  const keeping = createKeeping({ store, clock, log, row: (record) => watch.row(record) })
  const descriptions = new Descriptions({
    clock,
    log,
    async describe(record, signal) {
      const organization = records.target(record)?.organization
      if (organization === undefined) return
      counting.described()
      await records.probe(record, organization, signal)
    },
  })
  const heart = new Heart({
    slots,
    clock,
    budget,
    pulses: parts.pulses,
    send: createLoneRequests(parts.guard, clock, budget, pacing(budget, clock)),
    target: (record) => records.target(record),
    source: async (record) => await records.source(record),
    runs: parts.runs,
    beaten(record, { answered, changed }) {
      counting.asked(answered)
      keeping.touched(record)
      if (answered) descriptions.answered(record, changed)
      watch.judge(record)
    },
  })
  const watch = new Watch({ ...parts, rows: store, slots, troubles, keeping, descriptions, heart })
  return watch
}

/** Many names may lead to one address, and whoever names them need not be its owner. */
function pacing({ perHostPerSecondMax }: HeartBudget, clock: Clock): (address: string) => void {
  const pace = new Pace(perHostPerSecondMax, () => clock.monotonicMs())
  return (address) => {
    const waitMs = pace.take(address)
    if (waitMs > 0) throw new NotNow(waitMs)
  }
}

interface WatchParts extends LivenessParts {
  readonly rows: LivenessReader
  readonly slots: Slots
  readonly troubles: Troubles
  readonly keeping: Keeping
  readonly descriptions: Descriptions
  readonly heart: Heart
}

/** Records that are taken up in one go. */
const enteredAtOnce = 200

/** Which interfaces are asked here, and how their records stand: follows records and replicas as they come and go. */
export class Watch implements AsyncDisposable {
  readonly #parts: WatchParts
  #ended = false

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  get heart(): Heart {
    return this.#parts.heart
  }

  /** Takes up all records, and what was known of them before. */
  async begin(): Promise<void> {
    const { records, rows, slots, troubles } = this.#parts
    for await (const row of rows.rows()) troubles.load([row])
    let entered = 0
    for (const { id } of records.heads()) {
      this.#enter(id)
      // Among so many others wait.
      if (++entered % enteredAtOnce === 0) await new Promise<void>((go) => setImmediate(go))
      if (this.#ended) return
    }
    for await (const row of rows.rows()) slots.unpack(row.record, row.interfaces)
  }

  /** Follows what changes. The returned function ends it. */
  listen(): () => void {
    const { bus, replicas, log } = this.#parts
    const failed = (error: unknown) => log.error('liveness.not-followed', { error: String(error) })
    const changed = (record: unknown) => {
      if (typeof record === 'string') this.#follow(record).catch(failed)
    }
    const ends = [
      bus.subscribe('record.changed', ({ record }) => changed(record)),
      bus.subscribe('ruling.*', ({ record }) => changed(record)),
      replicas.onChange(() => {
        this.#share().catch(failed)
      }),
    ]
    return () => ends.forEach((end) => end())
  }

  stateOf(record: string): LivenessState {
    const { records, slots, troubles } = this.#parts
    const target = records.target(record)
    if (target === undefined) return 'unknown'
    const own = slots.of(record)
    const differs = differing(target).length > 0
    if (own.length > 0)
      return standingOf(
        own.map((slot) => slots.state(slot)),
        differs,
      )
    return troubles.of(record)?.state ?? (differs ? 'differs' : 'unknown')
  }

  /** Says how a record that is asked here stands, and has it written when that is news. */
  judge(record: string): void {
    const { records, slots, troubles, keeping, clock } = this.#parts
    const target = records.target(record)
    if (target === undefined || slots.of(record).length === 0) return
    const { slug, organization } = target
    const isNews = troubles.note({ record, slug, organization, state: this.stateOf(record), at: clock.now() })
    if (isNews) keeping.changed(record)
  }

  /** What is to stand in the store. */
  row(record: string): LivenessRow | undefined {
    const { records, slots, troubles } = this.#parts
    const target = records.target(record)
    if (target === undefined || slots.of(record).length === 0) return undefined
    const { organization } = target
    const { state, since } = troubles.of(record) ?? { state: this.stateOf(record), since: 0 }
    return { record, organization, state, since, interfaces: slots.pack(record) }
  }

  /** Takes up no more. */
  end(): void {
    this.#ended = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.heart[Symbol.dispose]()
    this.#parts.descriptions[Symbol.dispose]()
    await this.#parts.keeping[Symbol.asyncDispose]()
  }

  /** Takes over what changed in a record. */
  async #follow(record: string): Promise<void> {
    const { rows, slots } = this.#parts
    const isNew = this.#enter(record)
    // What was known of it when it was asked before, here or by another replica.
    const row = isNew ? await rows.row(record) : undefined
    if (row !== undefined) slots.unpack(record, row.interfaces)
    this.judge(record)
  }

  /** Another share is asked here from now on. */
  async #share(): Promise<void> {
    const { keeping, slots, records } = this.#parts
    await keeping.flush()
    const known = new Set(slots.records())
    for (const record of known) this.#enter(record)
    for (const { id } of records.heads()) if (!known.has(id)) await this.#follow(id)
  }

  /** Gives a record the slots it is to have; whether it had none before. */
  #enter(record: string): boolean {
    const { slots, heart } = this.#parts
    const { positions, names } = this.#wanted(record)
    const own = slots.of(record)
    const isSame =
      own.length === positions.length &&
      own.every(
        (slot, at) => slots.positionOf(slot) === positions[at] && slots.state(slot).name === names[at],
      )
    if (isSame) return false
    const packed = slots.pack(record)
    for (const slot of own) heart.leave(slot)
    if (positions.length === 0) this.#forget(record)
    else {
      for (const slot of slots.put(record, positions, names)) heart.enter(slot)
      slots.unpack(record, packed)
    }
    return own.length === 0 && positions.length > 0
  }

  #forget(record: string): void {
    const { slots, descriptions, keeping, troubles, records } = this.#parts
    slots.remove(record)
    descriptions.forget(record)
    keeping.forget(record)
    // Another replica asks it where it is still in use.
    if (records.target(record)?.state !== 'active') troubles.forget(record)
  }

  /** Which interfaces of a record are asked here, and by what names they are kept. */
  #wanted(record: string): { readonly positions: readonly number[]; readonly names: readonly number[] } {
    const { records, replicas, pulses } = this.#parts
    const target = records.target(record)
    if (target?.state !== 'active' || askerOf(record, replicas.living()) !== replicas.self)
      return { positions: [], names: [] }
    const positions = [...target.interfaces.keys()].filter((at) => isAsked(pulses, target.interfaces[at]!))
    return { positions, names: positions.map((at) => nameOf(target.interfaces[at]!)) }
  }
}

/** Programs are looked at without a question. */
function isAsked(pulses: readonly Pulse[], each: Interface): boolean {
  if (each.transport === 'stdio') return true
  return pulses.some((pulse) => pulse.protocol === each.protocol && pulse.covers(each))
}
