import { call } from './call.ts'

/** What a person can be told of; `feed` is anything done in their name, `notices` what concerns an operator. */
export type ChannelTopic = 'asked' | 'held' | 'ended' | 'feed' | 'notices'

/** One way to reach a person. Its address is a secret: only the host is known. */
export interface Channel {
  readonly id: string
  readonly label: string
  readonly host: string
  readonly created: string
  readonly lastSent?: string
  /** `why` is an HTTP status or a code of the fault table. */
  readonly failing?: { readonly since: string; readonly why: string }
}

/** Hours of a clock on the wall (`22:00`) in an IANA zone; `days` on which they begin, 1 Monday … 7 Sunday. */
export interface QuietHours {
  readonly zone: string
  readonly from: string
  readonly to: string
  readonly days: readonly number[]
}

export interface ChannelWishes {
  readonly quiet?: QuietHours
  readonly tell: readonly ChannelTopic[]
}

export interface ChannelList {
  readonly push: readonly (Channel & { readonly language: 'en' | 'zh' })[]
  readonly webhooks: readonly Channel[]
  readonly wishes: ChannelWishes
  readonly quietUntil?: string
  /** What a browser subscribes with. */
  readonly pushKey: string
}

export interface NewPush {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  readonly label: string
  readonly language: 'en' | 'zh'
}

export async function listChannels(signal: AbortSignal): Promise<ChannelList> {
  return await call<ChannelList>('GET', '/channels', { signal })
}

export async function setWishes(wishes: ChannelWishes): Promise<ChannelWishes> {
  return await call<ChannelWishes>('PUT', '/channels/wishes', { body: wishes })
}

export async function addPush(subscription: NewPush): Promise<Channel> {
  return await call<Channel>('POST', '/channels/push', { body: subscription })
}

/** The secret is given here and never again. */
export async function addWebhook(webhook: {
  readonly url: string
  readonly label: string
}): Promise<Channel & { readonly secret: string }> {
  return await call<Channel & { readonly secret: string }>('POST', '/channels/webhooks', { body: webhook })
}

export async function testChannel(id: string): Promise<void> {
  await call('POST', `/channels/${encodeURIComponent(id)}/test`)
}

export async function removeChannel(id: string): Promise<void> {
  await call('DELETE', `/channels/${encodeURIComponent(id)}`)
}
