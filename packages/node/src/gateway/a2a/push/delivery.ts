import { Fault } from '@ambit/core/fault'
import { notificationTokenHeader } from '@ambit/core/wire/a2a/push'
import { eventFrom10 } from '@ambit/core/wire/a2a/v03/answer'
import type { Signer } from '@ambit/core/signature'
import { a2aMediaType, a2aVersion, jsonMediaType, versionHeader } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../../../kernel/clock.ts'
import type { Upstream, UpstreamExchange } from '../../../net/upstream.ts'
import type { BackAnswer } from '../../back.ts'
import type { KeptConfig } from './callback.ts'
import { signatureHeader, signDelivery } from './signature.ts'

/** A2A 1.0, section 4.3.3, recommends 10 to 30 s. */
const headTimeoutMs = 15_000
/** What a receiver says beside its status is not read. */
const idleTimeoutMs = 1000

/** What is posted to a client's webhook. */
export interface Delivery {
  readonly config: KeptConfig
  readonly body: Uint8Array
  /** The act of the push: the same at every attempt, so that a receiver can tell a second delivery. */
  readonly act: string
  readonly late: boolean
}

export interface DeliveryParts {
  readonly upstream: Upstream
  readonly signer: Signer
  readonly clock: Clock
}

/** What came of one attempt; `gone`: the receiver wants no more of them (410). */
export interface DeliveryAnswer extends BackAnswer {
  readonly gone?: true
}

/** Tries once; the returned function gives the attempt up. `answered` is called once, unless it was given up. */
export function deliver(
  parts: DeliveryParts,
  stored: Delivery,
  answered: (answer: DeliveryAnswer) => void,
): () => void {
  let exchange: UpstreamExchange | undefined
  let stopped = false
  async function send(): Promise<void> {
    const delivery = { ...stored, body: toldIn(stored) }
    const headers = await headersOf(parts, delivery)
    if (!stopped) exchange = post(parts.upstream, delivery, headers, answered)
  }
  send().catch((error: unknown) => answered(failed(Fault.from(error))))
  return () => {
    stopped = true
    exchange?.abort()
  }
}

/** The push as the client reads it. */
function toldIn({ config, body }: Delivery): Uint8Array {
  if (config.version === undefined) return body
  const event: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
  return Buffer.from(JSON.stringify(eventFrom10(event, 'kind')))
}

function post(
  upstream: Upstream,
  { config, body }: Delivery,
  headers: readonly string[],
  answered: (answer: DeliveryAnswer) => void,
): UpstreamExchange {
  const exchange = upstream.send(
    {
      url: new URL(config.url),
      method: 'POST',
      headers,
      body: Buffer.from(body),
      headTimeoutMs,
      idleTimeoutMs,
    },
    {
      head(status) {
        answered(answerOf(status))
      },
      data(chunk) {
        // Small answers are read to their end, so that the connection can be used again.
        if (chunk.length > answerBytesMax) exchange.abort()
        return true
      },
      end: () => undefined,
      error: (fault) => answered(failed(fault)),
    },
  )
  return exchange
}

const answerBytesMax = 16 * 1024

function answerOf(status: number): DeliveryAnswer {
  if (status >= 200 && status <= 299) return { status: 'completed', value: { status } }
  const detail =
    status >= 300 && status <= 399
      ? `the receiver answered with the redirect ${status}, and redirects are not followed`
      : `the receiver answered with the HTTP status ${status}`
  const answer = failed(new Fault('push.not-delivered', { detail }))
  return status === 410 ? { ...answer, gone: true } : answer
}

function failed({ code, detail }: Fault): DeliveryAnswer {
  return { status: 'failed', error: { code, detail } }
}

async function headersOf({ signer, clock }: DeliveryParts, delivery: Delivery): Promise<readonly string[]> {
  const { config, body, act, late } = delivery
  const audience = new URL(config.url).origin
  const headers = [
    'content-type',
    config.version === undefined ? a2aMediaType : jsonMediaType,
    versionHeader,
    config.version ?? a2aVersion,
    'x-ambit-act',
    act,
    signatureHeader,
    await signDelivery(signer, { body, audience, act, at: clock.now() }),
  ]
  if (late) headers.push('x-ambit-late', 'true')
  if (config.token !== undefined) headers.push(notificationTokenHeader, config.token)
  const { authentication } = config
  if (authentication !== undefined) {
    const { scheme, credentials } = authentication
    headers.push('authorization', credentials === undefined ? scheme : `${scheme} ${credentials}`)
  }
  return headers
}
