import { createHash } from 'node:crypto'
import type { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Upstream } from '../net/upstream.ts'
import { openPush, openWebhook, subscriptionKeys } from './address.ts'
import type { ChannelRow } from './channel-store.ts'
import { pushPayload, webhookBody } from './message.ts'
import type { Message } from './message.ts'
import { post } from './post.ts'
import type { Posted } from './post.ts'
import { encryptPush } from './push-encryption.ts'
import type { Vapid } from './vapid.ts'
import { webhookHeaders } from './webhook-signature.ts'

export interface SendingParts {
  readonly upstream: Upstream
  readonly vapid: Vapid
  readonly keyring: Keyring
  readonly clock: Clock
  /** Where people reach the console. */
  readonly origin: () => string
}

/** What came of one attempt. */
export type Sent =
  | { readonly end: 'taken' }
  /** There is no such subscription any more (RFC 8030 section 7.3). */
  | { readonly end: 'gone' }
  /** Not now; `all`: nothing else of this channel either. */
  | {
      readonly end: 'failed'
      readonly why: string
      readonly all: boolean
      readonly waitMs: number | undefined
    }
  /** The node stops. */
  | { readonly end: 'given-up' }

const saltBytes = 16
const keyBytes = 32
/** A receiver that asks for longer is asked sooner all the same. */
const retryAfterMsMax = 3_600_000

/** Tries once. `aliveMs`: for how long the message means anything. Never rejects but for a broken store or key. */
export async function send(
  parts: SendingParts,
  channel: ChannelRow,
  message: Message,
  aliveMs: number,
  signal: AbortSignal,
): Promise<Sent> {
  const request =
    channel.kind === 'push'
      ? pushRequest(parts, channel, message, aliveMs)
      : webhookRequest(parts, channel, message)
  const posted = await post(parts.upstream, request, signal)
  return posted === undefined ? { end: 'given-up' } : sentOf(channel.kind, posted)
}

/** RFC 8030 section 5. */
function pushRequest(
  { keyring, clock, vapid }: SendingParts,
  channel: ChannelRow,
  message: Message,
  aliveMs: number,
) {
  const address = openPush(keyring, channel)
  const chance = { salt: clock.random(saltBytes), privateKey: messageKey(clock) }
  const payload = Buffer.from(pushPayload(message, channel.language))
  const asks = message.notices.some(({ topic }) => topic === 'asked' || topic === 'held')
  const headers = [
    'content-type',
    'application/octet-stream',
    'content-encoding',
    'aes128gcm',
    'ttl',
    String(Math.max(0, Math.ceil(aliveMs / 1000))),
    'urgency',
    asks ? 'high' : 'normal',
    // A later one about the same thing takes the place of one that the browser has not fetched (section 5.4).
    'topic',
    topicOf(message),
    'authorization',
    vapid.authorization(new URL(address.url).origin, clock.now()),
  ]
  return { url: address.url, headers, body: encryptPush(payload, subscriptionKeys(address), chance) }
}

/** At most 32 characters of base64url, and nothing that tells the push service what it is about. */
function topicOf({ notices }: Message): string {
  const name = notices.length === 1 ? notices[0]!.about : 'summary'
  return createHash('sha256').update(`channel ${name}`).digest().subarray(0, 24).toString('base64url')
}

/** A private key of P-256: chance below 2^255 is below the order of the curve, and it is never 0. */
function messageKey(clock: Clock): Buffer {
  const key = clock.random(keyBytes)
  key[0]! &= 0x7f
  key[keyBytes - 1]! |= 1
  return key
}

function webhookRequest({ keyring, clock, origin }: SendingParts, channel: ChannelRow, message: Message) {
  const { url, secret } = openWebhook(keyring, channel)
  const now = clock.now()
  const body = webhookBody(message, origin(), now)
  const signed = webhookHeaders(Buffer.from(secret, 'base64'), { id: message.id, body }, now)
  return { url, headers: ['content-type', 'application/json', ...signed], body: Buffer.from(body) }
}

function sentOf(kind: ChannelRow['kind'], posted: Posted): Sent {
  if ('fault' in posted) return failed(reasonOf(posted.fault), true)
  const { status, retryAfter } = posted
  if (status >= 200 && status <= 299) return { end: 'taken' }
  if (kind === 'push' && (status === 404 || status === 410)) return { end: 'gone' }
  const busy = status === 429 || status >= 500
  return failed(`HTTP ${status}`, busy, busy ? waitMsOf(retryAfter) : undefined)
}

function failed(why: string, all: boolean, waitMs?: number): Sent {
  return { end: 'failed', why, all, waitMs }
}

function reasonOf({ code }: Fault): string {
  return code
}

/** RFC 9110 section 10.2.3, in seconds; a date is not read, because two clocks would be compared. */
function waitMsOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined || !/^\d{1,9}$/.test(retryAfter)) return undefined
  return Math.min(retryAfterMsMax, Number(retryAfter) * 1000)
}
