import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { browserSubscription, startPushService } from '@ambit/testkit/push-service'
import type { StoreEngine } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { startWebhook } from '@ambit/testkit/webhook'
import type { Bus } from '../bus/bus.ts'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import type { Caller } from '../kernel/route.ts'
import { createAddressGuard } from '../net/address.ts'
import { createUpstream } from '../net/upstream.ts'
import type { Store } from '../store/store.ts'
import { addPush } from './adding.ts'
import { openChannels } from './channel.ts'
import type { ApprovalFact, Channels } from './channel.ts'
import type { Topic } from './channel-row.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const ann: Caller = { person: 'p_ann', organization: 'main', roles: ['owner'], by: 'session' }
export const bob: Caller = { person: 'p_bob', organization: 'main', roles: ['approver'], by: 'session' }
/** All of the day but a minute, so that a test can begin whenever it wants. */
export const night = { zone: 'UTC', from: 22 * 60, to: 7 * 60, days: [1, 2, 3, 4, 5, 6, 7] }
export const everything: readonly Topic[] = ['asked', 'held', 'ended', 'feed', 'notices']

interface Told {
  readonly type: string
  readonly approval?: { readonly id: string; readonly state: string }
  readonly events?: readonly Told[]
}

interface Node {
  readonly channels: Channels
  readonly bus: Bus
  close(): Promise<void>
}

interface World {
  readonly store: Store
  readonly clock: HandClock
  readonly facts: ReadonlyMap<string, ApprovalFact>
  readonly people: readonly { readonly id: string; readonly name: string; roles: Caller['roles'] }[]
  readonly open: (() => Promise<void>)[]
}

export type ChannelWorld = Awaited<ReturnType<typeof channelWorld>>

/** Channels on an empty store, with receivers on real sockets and a clock that stands still on a Monday at noon. */
export async function channelWorld(engine: StoreEngine) {
  const store = await engine.open()
  const service = await startPushService()
  const hook = await startWebhook()
  const clock = handClock(Date.UTC(2026, 0, 5, 12))
  const facts = new Map<string, ApprovalFact>()
  const people: { id: string; name: string; roles: Caller['roles'] }[] = [
    { id: 'p_ann', name: 'Ann', roles: ['owner'] },
    { id: 'p_bob', name: 'Bob ”\u202e', roles: ['approver'] },
  ]
  const open: (() => Promise<void>)[] = []

  const base = { store, clock, facts, people, open }

  function fact(id: string, more: Partial<ApprovalFact> = {}): ApprovalFact {
    const made: ApprovalFact = {
      id,
      act: `act_${id}`,
      organization: 'main',
      subject: 'p_ann',
      state: 'pending',
      mode: 'act',
      asked: clock.now(),
      expires: clock.now() + hourMs,
      due: null,
      agreedBy: null,
      sentence: { en: `An agent asks to use “${id}”.`, zh: `一个智能体请求使用“${id}”。` },
      ...more,
    }
    facts.set(id, made)
    return made
  }

  function say({ bus }: Node, step: string, { id, act, organization, subject, state }: ApprovalFact): void {
    bus.publish(`approval.${step}`, { id, act, organization, subject, state })
  }

  async function subscribe({ channels }: Node, caller = ann, path = '/one') {
    const browser = browserSubscription()
    const url = `${service.url}${path}`
    const channel = await addPush(channels.parts, caller, {
      url,
      ...browser.keys,
      label: 'this laptop',
      language: 'en',
    })
    const read = () =>
      service.received
        .filter((each) => each.path === path)
        .map(
          ({ body }) =>
            JSON.parse(browser.read(body)) as { title: string; body: string; url: string; tag: string },
        )
    return { channel, browser, read, url }
  }

  async function wish({ channels }: Node, tell: readonly Topic[], quiet?: typeof night, caller = ann) {
    const { person, organization } = caller
    await channels.parts.store.setWish({ person, organization, quiet, tell })
    await channels.parts.hearers.changed(person)
  }

  const told = () => hook.received.map(({ text }) => JSON.parse(text) as Told)

  return {
    store,
    service,
    hook,
    clock,
    facts,
    people,
    start: async (self = 'n_1', gone: readonly string[] = []) => await startNode(base, self, gone),
    fact,
    say,
    subscribe,
    wish,
    told,
    heard,
    settled,
    async [Symbol.asyncDispose]() {
      for (const close of open.toReversed()) await close()
      await Promise.all([service[Symbol.asyncDispose](), hook[Symbol.asyncDispose]()])
      await store[Symbol.asyncDispose]()
    },
  }
}

/** A replica of a node on that store. */
async function startNode(
  { store, clock, facts, people, open }: World,
  self: string,
  gone: readonly string[],
): Promise<Node> {
  const guard = createAddressGuard(['127.0.0.0/8'])
  const upstream = createUpstream(guard)
  const bus = createLocalBus(silentLog)
  const channels = await openChannels({
    store,
    keyring: createKeyring(Buffer.alloc(32, 7), clock),
    bus,
    replicas: { self, gone: async (ids) => ids.filter((id) => gone.includes(id)) },
    guard,
    upstream,
    origin: () => 'http://localhost:7100',
    contact: undefined,
    mayHear: async (id) => (people.find((person) => person.id === id)?.roles.length ?? 0) > 0,
    metrics: createMetrics(),
    clock,
    ids: createIds(clock),
    log: silentLog,
  })
  await channels.start({
    approval: async (id) => facts.get(id),
    plan: async () => undefined,
    waitingFor: async (person) =>
      [...facts.values()].filter(
        ({ subject, state }) => subject === person && ['pending', 'held'].includes(state),
      ),
    people: async () => people,
  })
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await channels[Symbol.asyncDispose]()
    await upstream.close()
  }
  open.push(close)
  return { channels, bus, close }
}

const heard = async (what: string, count: () => number, n: number) =>
  await until(what, () => count() >= n && count() === n)
/** Whatever was begun has been done. */
async function settled({ channels }: Node, waiting = 0): Promise<void> {
  await until('the store has it', async () => {
    const lanes = await channels.parts.store.lanes('')
    const rows = await Promise.all(
      lanes.map(async ({ channel }) => await channels.parts.store.waiting(channel)),
    )
    const busy = await Promise.all(
      ['p_ann', 'p_bob'].map(async (person) => await channels.parts.store.ofPerson(person)),
    )
    return rows.flat().length === waiting && busy.flat().every(({ busy_by }) => busy_by === null)
  })
}
