import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** What a person can be told of; `feed` is anything done in their name, `notices` what concerns an operator. */
export type ChannelTopic = 'asked' | 'held' | 'ended' | 'feed' | 'notices'

/** One way to reach a person. */
export interface Channel {
  readonly id: string
  readonly label: string
  /** Of its address, which is not given again. */
  readonly host: string
  readonly created: string
  readonly lastSent?: string
  readonly failing?: { readonly since: string; readonly why: string }
}

/** Hours of a clock on the wall, such as `22:00`, in an IANA time zone; `days` on which they begin, 1 Monday … 7 Sunday. */
export interface QuietHours {
  readonly zone: string
  readonly from: string
  readonly to: string
  readonly days: readonly number[]
}

export interface ChannelWishes {
  /** Left out: a person may be disturbed at any time. */
  readonly quiet?: QuietHours
  readonly tell: readonly ChannelTopic[]
}

export interface ChannelList {
  readonly push: readonly (Channel & { readonly language: 'en' | 'zh' })[]
  readonly webhooks: readonly Channel[]
  readonly wishes: ChannelWishes
  readonly quietUntil?: string
  /** What a browser subscribes with: `applicationServerKey`. */
  readonly pushKey: string
}

/** What a browser gives with `subscription.toJSON()`, and how its person calls it. */
export interface NewPush {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  readonly label: string
  readonly language?: 'en' | 'zh'
}

/**
 * How you are told of what waits for you. Everything but reading needs a session.
 *
 * @example
 * ```ts
 * const { secret } = await ambit.channels.addWebhook({ url: 'https://example.com/ambit', label: 'chat' })
 * await ambit.channels.wish({
 *   quiet: { zone: 'Europe/Berlin', from: '22:00', to: '07:00', days: [1, 2, 3, 4, 5, 6, 7] },
 *   tell: ['asked', 'held'],
 * })
 * ```
 */
export function channelCalls({ call }: Connection) {
  return {
    async list({ signal }: Options = {}) {
      return await call<ChannelList>('GET', '/api/channels', { signal })
    },
    async key({ signal }: Options = {}) {
      return (await call<{ key: string }>('GET', '/api/channels/key', { signal })).key
    },
    async wish(wishes: ChannelWishes, { signal }: Options = {}) {
      return await call<ChannelWishes>('PUT', '/api/channels/wishes', { body: wishes, signal })
    },
    async addPush(subscription: NewPush, { signal }: Options = {}) {
      return await call<Channel>('POST', '/api/channels/push', { body: subscription, signal })
    },
    /** `secret` is what its signatures are checked with (Standard Webhooks); it is not given again. */
    async addWebhook(webhook: { readonly url: string; readonly label: string }, { signal }: Options = {}) {
      const options = { body: webhook, signal }
      return await call<Channel & { readonly secret: string }>('POST', '/api/channels/webhooks', options)
    },
    async test(id: string, { signal }: Options = {}) {
      await call<undefined>('POST', path`/api/channels/${id}/test`, { signal })
    },
    async remove(id: string, { signal }: Options = {}) {
      await call<undefined>('DELETE', path`/api/channels/${id}`, { signal })
    },
  }
}
