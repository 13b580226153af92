import { notificationMessage } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Target } from '../../../registry/target.ts'
import type { Gateway } from '../../gateway.ts'
import type { Views } from '../names/view.ts'
import { Feed } from './feed.ts'
import type { FeedListener, Why } from './feed.ts'
import type { Hub, SubscribeRequest, Subscriber, Subscription, SubscriptionFilter } from './hub.ts'
import { Member } from './member.ts'
import type { Wanted } from './member.ts'
import { isWithin, union } from './filter.ts'

/** Clients that listen, of all holders: each is a stream that an ingress keeps, and little more. */
const subscribersMax = 20_000
/** Of one holder: a client opens one or two; more are left behind by clients that crashed. */
const subscribersPerHolderMax = 1000
/** Streams to servers: each is a connection. */
const feedsMax = 5000
/** Several changes within this time are told once: one registration makes several. */
const gatherMs = 100

export interface HubOptions {
  readonly gateway: Pick<Gateway, 'submit'>
  readonly views: Views
  readonly clock: Clock
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
  /** A server says that its tools changed: a chance to look before the next probe. */
  toolsChanged?(target: Target, holder: Holder): void
}

interface HeldFeed {
  readonly feed: Feed
  readonly members: Set<Member>
}

export function openHub(options: HubOptions): Hub {
  return new ListeningHub(options)
}

class ListeningHub implements Hub {
  readonly #options: HubOptions
  readonly #members = new Map<string, Set<Member>>()
  /** By holder and record. */
  readonly #feeds = new Map<string, HeldFeed>()
  readonly #stopListening: () => void
  #size = 0
  #stopGathering: (() => void) | undefined

  constructor(options: HubOptions) {
    this.#options = options
    this.#stopListening = options.onChange(() => {
      this.#stopGathering ??= options.clock.after(gatherMs, () => this.#changed())
    })
  }

  subscribe(request: SubscribeRequest, subscriber: Subscriber): Subscription | undefined {
    const { key } = request.holder
    const own = this.#members.get(key) ?? new Set<Member>()
    if (this.#size >= subscribersMax || own.size >= subscribersPerHolderMax) return undefined
    const member = new Member(request, subscriber, () => this.#forget(member))
    this.#members.set(key, own)
    own.add(member)
    this.#size += 1
    this.#plan(member, request.filter)
    return {
      update: (filter) => this.#plan(member, filter),
      end: () => member.leave(),
    }
  }

  close(): void {
    this.#stopListening()
    this.#stopGathering?.()
    for (const { feed } of this.#feeds.values()) feed.stop()
    this.#feeds.clear()
    this.#members.clear()
  }

  /** Works out which servers a subscriber listens to, and begins and ends what that changes. */
  #plan(member: Member, filter: SubscriptionFilter): void {
    if (member.over) return
    const { holder, slug } = member.request
    const view = holder.chain.revoked ? undefined : this.#options.views.at(holder, slug)
    if (view === undefined) {
      member.end(holder.chain.revoked ? revoked : gone)
      return
    }
    const wanted = member.plan(view, filter)
    for (const id of member.feeds.keys()) if (!wanted.has(id)) this.#leave(`${holder.key} ${id}`, member)
    for (const [id, part] of wanted) {
      this.#join(`${holder.key} ${id}`, member, part)
    }
    member.acknowledge()
  }

  /** Lets a subscriber hear a server too; the first one has it listened to. */
  #join(name: string, member: Member, { server: { target }, capability, filter }: Wanted): void {
    const held = this.#feeds.get(name)
    if (held !== undefined) {
      const { feed, members } = held
      members.add(member)
      member.feeds.set(target.id, feed)
      const whole = isWithin(filter, feed.subject.filter)
      if (whole && feed.subject.target === target) return
      feed.change({
        target,
        capability,
        filter: whole ? feed.subject.filter : union(filter, feed.subject.filter),
      })
      return
    }
    if (this.#feeds.size >= feedsMax) {
      member.stopped(target.id, full)
      return
    }
    const { holder, callerCapabilities } = member.request
    const { gateway, clock } = this.#options
    const members = new Set([member])
    const listener = this.#listenerOf(name, { target, holder }, members)
    const feed = new Feed(
      { gateway, clock, holder, callerCapabilities },
      { target, capability, filter },
      listener,
    )
    this.#feeds.set(name, { feed, members })
    member.feeds.set(target.id, feed)
    feed.open()
  }

  #listenerOf(
    name: string,
    { target, holder }: { readonly target: Target; readonly holder: Holder },
    members: ReadonlySet<Member>,
  ): FeedListener {
    return {
      settled: () => members.forEach((member) => member.acknowledge()),
      notification: (method, params) => {
        if (method === notifications.toolsListChanged) this.#options.toolsChanged?.(target, holder)
        members.forEach((member) => member.hear(target.id, method, params))
      },
      healed: () => members.forEach((member) => member.heal(target.id)),
      stopped: (why: Why) => {
        this.#feeds.delete(name)
        // The feed is gone before its members hear of it, so that none of them holds on to it.
        for (const member of members) member.stopped(target.id, why)
      },
    }
  }

  #leave(name: string, member: Member): void {
    const held = this.#feeds.get(name)
    if (held?.members.delete(member) !== true) return
    member.feeds.delete(held.feed.subject.target.id)
    if (held.members.size > 0) return
    this.#feeds.delete(name)
    held.feed.stop()
  }

  #forget(member: Member): void {
    const { key } = member.request.holder
    for (const id of member.feeds.keys()) this.#leave(`${key} ${id}`, member)
    const own = this.#members.get(key)
    if (own?.delete(member) !== true) return
    this.#size -= 1
    if (own.size === 0) this.#members.delete(key)
  }

  /** Records, rulings or mandates changed: other servers may be there, and what was refused may be allowed. */
  #changed(): void {
    this.#stopGathering = undefined
    const message = notificationMessage(notifications.toolsListChanged)
    for (const own of this.#members.values()) {
      for (const member of own) {
        this.#plan(member, member.filter)
        if (!member.over && member.filter.toolsListChanged === true) member.tell(message)
      }
    }
  }
}

const revoked: Why = { code: 'mandate.revoked', detail: 'the mandate, or one above it, was revoked' }
const gone: Why = { code: 'record.not-active', detail: 'no MCP server here has that name' }
const full: Why = { code: 'act.busy', detail: 'this node listens to as many servers as it can' }
