import type { Bus } from '../bus/bus.ts'
import { erasedSubject } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { AddressGuard } from '../net/address.ts'
import type { Upstream } from '../net/upstream.ts'
import type { Replicas } from '../replica/replica.ts'
import type { Store } from '../store/store.ts'
import { giveUpMs } from './attempt.ts'
import { openChannelStore } from './channel-store.ts'
import type { ChannelStore } from './channel-store.ts'
import { createCourier } from './courier.ts'
import type { Courier } from './courier.ts'
import { createHearers } from './hearers.ts'
import type { Hearers } from './hearers.ts'
import { createHearing } from './hearing.ts'
import type { ChannelSources } from './hearing.ts'
import type { Notice } from './notice.ts'
import { createVapid } from './vapid.ts'

export type { ChannelSources } from './hearing.ts'
export type { ApprovalFact } from './notice.ts'

export interface ChannelOptions {
  readonly store: Store
  readonly keyring: Keyring
  readonly bus: Bus
  readonly replicas: Pick<Replicas, 'self' | 'gone'>
  readonly guard: AddressGuard
  /** Connections of its own: receivers that answer slowly hold up no act. */
  readonly upstream: Upstream
  /** Where people reach the console; known once the node listens. */
  readonly origin: () => string
  /** Where push services reach whoever runs the node; left out: the console, or for a node without a name its host. */
  readonly contact: string | undefined
  /** The roles of somebody who may sign in; undefined for anybody else. */
  readonly mayHear: (person: string) => Promise<boolean>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** What the routes of this room work with. */
export interface ChannelParts extends Pick<ChannelOptions, 'guard' | 'keyring' | 'clock' | 'ids'> {
  readonly store: ChannelStore
  readonly hearers: Hearers
  readonly courier: Courier
  /** What browsers subscribe with. */
  readonly pushKey: string
}

/** How people hear of what waits for them where they are: web push and signed webhooks, and not in their quiet hours. */
export interface Channels extends AsyncDisposable {
  readonly parts: ChannelParts
  /** When a person's quiet hours end, in ms, where `now` lies in them. From memory. */
  quietUntil(person: string, now: number): number | undefined
  /** Begins to tell: once there is somewhere to look, and after what was left before the start. */
  start(sources: ChannelSources): Promise<void>
}

/** How often what other replicas left is looked for, and what is over is forgotten. */
const sweepMs = 60_000
/** Longer than anything is told for, so that it is not told again. */
const keepMs = 2 * giveUpMs

export async function openChannels(options: ChannelOptions): Promise<Channels> {
  const { bus, keyring, clock, log, origin } = options
  const store = await openChannelStore(options.store)
  const hearers = createHearers(store, bus)
  await hearers.load()
  const vapid = createVapid(keyring, () => options.contact ?? contactOf(origin()))
  let sources: ChannelSources | undefined
  const courier = createCourier({
    ...options,
    store,
    hearers,
    vapid,
    aliveUntil: async (notice) => await aliveUntil(sources, notice),
  })
  let stopHearing = async (): Promise<void> => undefined
  let cancel = (): void => undefined
  let closed = false
  async function sweep(): Promise<void> {
    await courier.look()
    await store.purge(clock.now() - keepMs)
  }
  // One after the other: a slow store must not have them pile up.
  function tick(): void {
    sweep()
      .catch((error: unknown) => log.error('channel.sweep-failed', { error: String(error) }))
      .finally(() => {
        if (!closed) cancel = clock.after(sweepMs, tick)
      })
  }
  const unsubscribe = bus.subscribe(erasedSubject, ({ person }) => {
    if (typeof person !== 'string') return
    // How they are reached stays; what was said of their acts goes.
    store.dropOf(person).catch((error: unknown) => log.error('channel.not-erased', { error: String(error) }))
  })
  return {
    parts: { ...options, store, hearers, courier, pushKey: vapid.publicKey },
    quietUntil: (person, now) => hearers.quietUntil(person, now),
    async start(from) {
      sources = from
      const hearing = createHearing({ ...from, store, hearers, courier, bus, clock, log })
      stopHearing = async () => await hearing.close()
      await courier.look()
      await hearing.recover()
      cancel = clock.after(sweepMs, tick)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      cancel()
      unsubscribe()
      hearers.close()
      await stopHearing()
      await courier.close()
    },
  }
}

const waiting: ReadonlySet<string> = new Set(['pending', 'held'])

/** What asks for something is told while it can be answered; anything else for a day. */
async function aliveUntil(
  sources: ChannelSources | undefined,
  { about, of, topic, at }: Notice,
): Promise<number | undefined> {
  if (of === 'other' || topic === 'ended') return at + giveUpMs
  if (sources === undefined) return undefined
  if (of === 'plan') {
    const plan = await sources.plan(about)
    return plan?.state === 'pending' ? plan.expires : undefined
  }
  const fact = await sources.approval(about)
  if (fact === undefined || !waiting.has(fact.state)) return undefined
  return fact.due ?? fact.expires
}

/** Some push services take no message without an address (RFC 8292 section 2.1). */
function contactOf(origin: string): string {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' ? origin : `mailto:operator@${hostname}`
}
