import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { createLocalBus } from '../bus/local.ts'
import type { BusMessage } from '../bus/bus.ts'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { createAddressGuard } from '../net/address.ts'
import type { Target } from '../registry/target.ts'
import { digestBytes } from '../kernel/digest.ts'
import { strictestProfile } from '@ambit/core/record'
import type { Store } from '../store/store.ts'
import { openLiveness } from './liveness.ts'
import type { Liveness, LivenessParts } from './liveness.ts'

export const everyMs = 300_000

/** A record with one capability. `held`: it serves something else. */
export function targetOf(id: string, more: Partial<Target> = {}, held = false): Target {
  const definition = digestBytes(id)
  return {
    id,
    slug: `slug-${id}`,
    organization: 'main',
    kind: 'tool-server',
    digest: definition,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: id,
    interfaces: [
      {
        protocol: 'mcp',
        version: '1',
        url: `https://${id}.example/mcp`,
        transport: 'streamable-http',
        security: [],
      },
    ],
    capabilities: new Map([
      ['work', { id: 'work', definition, profile: strictestProfile, accepted: true, held, served: {} }],
    ]),
    ...more,
  }
}

export interface World {
  readonly clock: HandClock
  readonly targets: Map<string, Target>
  /** Hosts that do not answer. */
  readonly down: Set<string>
  /** What each heartbeat asked, in order. */
  readonly asked: string[]
  readonly described: string[]
  readonly suspended: { record: string; person: string; note: string }[]
  readonly told: BusMessage[]
  mark: string
  /** Heartbeats that are not answered before `release`. */
  hold: boolean
  release(): void
  open(more?: Partial<LivenessParts>): Promise<Liveness>
  /** Lets what was begun come to its end. */
  settle(): Promise<void>
  change(id: string, target: Target | undefined): Promise<void>
  /** Lets so much time pass, tick by tick. */
  pass(ms: number): Promise<void>
}

/** A node of which only liveness is there: records in memory, upstreams that answer or do not. */
export function world(store: Store): World {
  const clock = handClock()
  const bus = createLocalBus(silentLog)
  const targets = new Map<string, Target>()
  const waiting: (() => void)[] = []
  const made: World = {
    clock,
    targets,
    down: new Set(),
    asked: [],
    described: [],
    suspended: [],
    told: [],
    mark: 'first',
    hold: false,
    release: () => waiting.splice(0).forEach((go) => go()),
    async open(more = {}) {
      return await openLiveness({
        store,
        bus,
        replicas: { self: 'n_1', living: () => ['n_1'], onChange: () => () => undefined },
        records: {
          target: (id) => targets.get(id),
          heads: () => targets.values(),
          source: async () => undefined,
          probe: async (record) => void made.described.push(record),
        },
        pulses: [
          {
            protocol: 'mcp',
            covers: ({ transport }) => transport === 'streamable-http',
            async beat({ interface: { url } }) {
              const { hostname } = new URL(url)
              made.asked.push(hostname)
              if (made.hold) await new Promise<void>((go) => waiting.push(go))
              if (made.down.has(hostname))
                throw new Fault('upstream.unreachable', { detail: 'nobody is there' })
              return { mark: made.mark }
            },
          },
        ],
        runs: () => false,
        suspend: async (order) => void made.suspended.push(order),
        guard: createAddressGuard([]),
        clock,
        log: silentLog,
        metrics: createMetrics(),
        ...more,
      })
    },
    async settle() {
      for (let turn = 0; turn < 20; turn++) await new Promise<void>((go) => setImmediate(go))
    },
    async change(id, target) {
      if (target === undefined) targets.delete(id)
      else targets.set(id, target)
      bus.publish('record.changed', { record: id, slug: target?.slug ?? id })
      await made.settle()
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.advance(250)
        await new Promise<void>((go) => setImmediate(go))
      }
      await made.settle()
    },
  }
  bus.subscribe('liveness.changed', (message) => made.told.push(message))
  return made
}
