import type { JsonRpcNotification } from '@ambit/core/wire/mcp/message'
import type { Holder } from '../../../authority/authority.ts'

/** What a client wants to hear of, with the names of 2026-07-28 (`SubscriptionFilter`). URIs are as its view shows them. */
export interface SubscriptionFilter {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
}

/**
 * Hears what happens, the first of it perhaps before `subscribe` returns; `ended` is the last thing heard, and nothing
 * is heard after `Subscription.end`.
 */
export interface Subscriber {
  /**
   * What is really listened to, once after `subscribe` and once after each `update`: when the servers have said what
   * they honour, or did not say so in time.
   */
  acknowledged(honoured: SubscriptionFilter): void
  /** As it goes to the client; `_meta` with a subscription id is the ingress's to add. */
  notification(message: JsonRpcNotification): void
  /** Nothing comes any more: the mandate ended, or every server refused. */
  ended(why: { readonly code: string; readonly detail: string }): void
}

export interface Subscription {
  /** The whole filter from now on. */
  update(filter: SubscriptionFilter): void
  end(): void
}

export interface SubscribeRequest {
  readonly holder: Holder
  /** The address's record, where it names one (`View.slug`). */
  readonly slug: string | undefined
  readonly filter: SubscriptionFilter
  /**
   * What the client declared. The first subscriber's count for all: servers of the older eras tell of changes within a
   * session, and this leads to the one in which the same client's calls are made.
   */
  readonly callerCapabilities?: Readonly<Record<string, unknown>>
}

/**
 * All subscriptions of clients. For each holder and server there is one act `subscriptions/listen`, however many
 * clients listen; an egress tells its events as `message` with the notification as value, first of all
 * `notifications/subscriptions/acknowledged` with what the server honours.
 */
export interface Hub {
  /** Undefined when there are as many subscribers as there may be. */
  subscribe(request: SubscribeRequest, subscriber: Subscriber): Subscription | undefined
  close(): void
}
