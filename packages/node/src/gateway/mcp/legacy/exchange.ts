import type { ServerResponse } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { isId, isObject, notificationMessage, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, notifications } from '@ambit/core/wire/mcp/methods'
import { sseText } from '@ambit/core/wire/sse'
import type { Pending } from '../../../approval/approval.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { ActHandle, IngressSink } from '../../gateway.ts'
import { askFirst, askSentence, refusalResult } from '../refusal.ts'
import { replyJson } from '../reply.ts'

/** After this long without an answer a stream is opened, so that no proxy or client takes the silence for a failure. */
const silenceMs = 10_000
/** And something is written on it this often. */
const keepAliveMs = 15_000

export interface LegacyExchangeOptions {
  readonly response: ServerResponse
  readonly id: JsonRpcId
  readonly clock: Clock
  /** The client takes an answer as a stream of events. */
  readonly takesStream: boolean
  /** The client takes an answer as one JSON document. */
  readonly takesJson: boolean
  /** The client's own token, where it asked for progress. */
  readonly progressToken: JsonRpcId | undefined
  approvalUrl(id: string): string
  /** Called once when nothing more will be said. */
  over(): void
}

/** One tools/call of a client of the older eras: answered as JSON, or as a stream once something came before the answer. */
export class LegacyExchange implements IngressSink {
  readonly #options: LegacyExchangeOptions
  #handle: ActHandle | undefined
  #streaming = false
  #over = false
  #cancelledByClient = false
  #progress = 0
  #stopTimer: () => void = () => undefined

  constructor(options: LegacyExchangeOptions) {
    this.#options = options
    const { response } = options
    response.on('drain', () => this.#handle?.resume())
    // The protocol would let the call go on, for a client that takes the stream up again. This node keeps no streams, so
    // nobody could ever get the answer: the act is stopped.
    response.on('close', () => {
      if (!this.#over) this.#handle?.cancel('the caller closed the request')
      this.#finish()
    })
  }

  begin(handle: ActHandle): void {
    this.#handle = handle
    if (this.#over) return
    if (this.#options.response.destroyed) handle.cancel('the caller closed the request')
    else if (this.#options.takesStream) this.#waitMs(silenceMs)
  }

  /** The client sent `notifications/cancelled`: it wants no answer. */
  cancel(): void {
    this.#cancelledByClient = true
    this.#handle?.cancel('the caller cancelled the call')
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    const { progressToken, takesStream } = this.#options
    if (this.#over || event.type !== 'progress' || progressToken === undefined || !takesStream) return true
    return this.#write({
      ...notificationMessage(notifications.progress, {
        ...this.#progressOf(event.value),
        [metaKeys.progressToken]: progressToken,
      }),
    })
  }

  outcome(outcome: Outcome): void {
    if (this.#cancelledByClient) this.#endWithoutAnswer()
    else this.#answer(answerOf(outcome, this.#options.id))
  }

  asked(pending: Pending, decision: Decision): void {
    const url = this.#options.approvalUrl(pending.id)
    const message = `${askSentence} ${url} Then make the same call again.`
    this.#answer(
      errorResponse(this.#options.id, errorCodes.urlElicitationRequired, message, {
        elicitations: [{ mode: 'url', elicitationId: pending.id, url, message: askFirst }],
        reasons: decision.reasons,
      }),
    )
  }

  refused(decision: Decision, act: string): void {
    this.#answer(resultResponse(this.#options.id, refusalResult(decision, act)))
  }

  failed(fault: Fault): void {
    const { code, detail, remedy, retryable } = fault
    const data = { ...fault.extra, code, detail, remedy, retryable }
    this.#answer(errorResponse(this.#options.id, errorCodes.internal, `${fault.title}: ${detail}`, data))
  }

  #progressOf(value: unknown): JsonObject {
    const params = isObject(value) && isObject(value['params']) ? value['params'] : value
    const known = isObject(params) ? params : {}
    // Progress must grow (basic/utilities/progress); what comes without a number is counted.
    const given = known['progress']
    this.#progress = typeof given === 'number' ? given : this.#progress + 1
    return {
      progress: this.#progress,
      ...(typeof known['total'] === 'number' ? { total: known['total'] } : {}),
      ...(typeof known['message'] === 'string' ? { message: known['message'] } : {}),
    }
  }

  #answer(message: JsonRpcMessage): void {
    if (this.#over) return
    const text = JSON.stringify(message)
    if (!this.#streaming && this.#options.takesJson) {
      this.#finish()
      replyJson(this.#options.response, 200, text)
      return
    }
    this.#openStream()
    this.#finish()
    this.#options.response.end(sseText(text))
  }

  #endWithoutAnswer(): void {
    if (this.#over) return
    this.#finish()
    if (!this.#streaming) this.#options.response.writeHead(202)
    this.#options.response.end()
  }

  #write(message: JsonRpcMessage): boolean {
    this.#openStream()
    return this.#options.response.write(sseText(JSON.stringify(message)))
  }

  #openStream(): void {
    if (this.#streaming) return
    this.#streaming = true
    this.#options.response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    this.#waitMs(keepAliveMs)
  }

  #waitMs(ms: number): void {
    this.#stopTimer()
    this.#stopTimer = this.#options.clock.after(ms, () => {
      if (this.#over) return
      this.#openStream()
      if (!this.#options.response.writableNeedDrain) this.#options.response.write(': \n\n')
      this.#waitMs(keepAliveMs)
    })
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#stopTimer()
    this.#options.over()
  }
}

function answerOf(outcome: Outcome, id: JsonRpcId): JsonRpcMessage {
  const { value, error } = outcome
  if (error === undefined && outcome.status === 'completed') return resultOf(value, id)
  // The upstream's own error, where its protocol has the same form.
  const theirs = isObject(value) && isObject(value['error']) ? value['error'] : undefined
  if (theirs !== undefined && Number.isInteger(theirs['code']) && typeof theirs['message'] === 'string') {
    return errorResponse(id, theirs['code'] as number, theirs['message'], theirs['data'])
  }
  const { code, detail } = error ?? {
    code: 'upstream.invalid',
    detail: 'what became of the call is not known',
  }
  return errorResponse(id, errorCodes.internal, `${code}: ${detail}`, { code, detail })
}

/** A result of the newest era says of itself that it is complete, which the older ones do not know. */
function resultOf(value: unknown, id: JsonRpcId): JsonRpcMessage {
  if (!isObject(value)) {
    return resultResponse(id, { content: [{ type: 'text', text: JSON.stringify(value ?? null) }] })
  }
  const { resultType, ...rest } = value
  if (resultType === undefined) return resultResponse(id, value)
  if (resultType === 'complete') return resultResponse(id, rest)
  const detail = 'the server asks for more in a way that this version of the protocol does not have'
  return errorResponse(id, errorCodes.internal, detail, { code: 'upstream.invalid', detail })
}

/** The client's progress token, where it sent a proper one. */
export function progressTokenOf(params: JsonObject): JsonRpcId | undefined {
  const meta = params['_meta']
  const token = isObject(meta) ? meta[metaKeys.progressToken] : undefined
  return isId(token) ? token : undefined
}
