import type { QuietHours } from './quiet.ts'

export type Language = 'en' | 'zh'

/** One way to reach a person; times in ms. */
export interface ChannelRow {
  readonly id: string
  readonly person: string
  readonly organization: string
  readonly kind: 'push' | 'webhook'
  /** Keyed hash of a push endpoint, which is a secret; of a webhook its id, because two may have one address. */
  readonly address: string
  /** What is needed to reach it: `PushAddress` or `WebhookAddress`. */
  readonly sealed: Uint8Array
  /** The host of its address, which tells its person which one it is. */
  readonly host: string
  readonly label: string
  readonly language: Language
  readonly created: number
  /** When something was last taken. */
  readonly sent: number | null
  /** Since when nothing is taken, and why; null when the last attempt went well. */
  readonly failing: number | null
  readonly failure: string | null
  /** The replica that sends to it now. */
  readonly busy_by: string | null
}

/** What a person can be told of, each wanted or not. */
export const topics = ['asked', 'held', 'ended', 'feed', 'notices'] as const
export type Topic = (typeof topics)[number]

/** What is told to whoever said nothing: what waits for them, and what concerns them as an operator. */
export const defaultTopics: readonly Topic[] = ['asked', 'held', 'notices']

export interface Wish {
  readonly person: string
  readonly organization: string
  readonly quiet: QuietHours | undefined
  readonly tell: readonly Topic[]
}

/** One thing to be told through one channel. */
export interface NoticeRow {
  /** Made from what is told and the channel, so that nothing is told twice, whoever hears of it. */
  readonly id: string
  readonly channel: string
  readonly person: string
  readonly type: string
  /** What it is about; of one thing, the earlier is told before the later. */
  readonly about: string
  readonly rank: number
  readonly at: number
  /** Sealed; null once it was sent or given up. */
  readonly body: Uint8Array | null
  readonly state: 'waiting' | 'sent' | 'dropped'
  /** Not sent before then. */
  readonly next: number
  /** Given up then. */
  readonly expires: number
  readonly attempts: number
  /** 1: it was kept over quiet hours, and is told together with the others that were. */
  readonly quiet: number
}

export interface ChannelTables {
  channel: ChannelRow
  channel_wish: { person: string; organization: string; quiet: string | null; tell: string }
  channel_notice: NoticeRow
}
