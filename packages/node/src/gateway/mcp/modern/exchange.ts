import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { isObject, notificationMessage } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId } from '@ambit/core/wire/mcp/message'
import { metaKeys, notifications } from '@ambit/core/wire/mcp/methods'
import { sseText } from '@ambit/core/wire/sse'
import type { Pending } from '../../../approval/approval.ts'
import type { ActHandle, Gateway, IngressSink } from '../../gateway.ts'
import { askResult, askSentence, refusalResult } from '../refusal.ts'
import { replyFault, replyJson } from '../reply.ts'

/** Begins the `requestState` of our own questions, so that an upstream's is told apart and passed on. */
export const approvalState = 'ambit-approval:'

/** One tools/call of a client of 2026-07-28: gives the answer as JSON, or as a stream once something came before it. */
export class ModernExchange implements IngressSink {
  readonly #response: ServerResponse
  readonly #id: JsonRpcId
  readonly #params: JsonObject
  readonly #gateway: Gateway
  #handle: ActHandle | undefined
  #streaming = false

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    id: JsonRpcId,
    params: JsonObject,
    gateway: Gateway,
  ) {
    this.#response = response
    this.#id = id
    this.#params = params
    this.#gateway = gateway
    response.on('close', () => {
      if (!response.writableFinished) this.#handle?.cancel('the caller closed the request')
    })
    response.on('drain', () => this.#handle?.resume())
    request.on('error', () => this.#handle?.cancel('the connection of the caller failed'))
  }

  begin(handle: ActHandle): void {
    this.#handle = handle
    if (this.#response.destroyed) handle.cancel('the caller closed the request')
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    if (this.#response.destroyed) return false
    const text = event.type === 'child' ? undefined : eventText(event, this.#params)
    if (text === undefined) return true
    if (!this.#streaming) {
      this.#streaming = true
      this.#response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
      })
    }
    return this.#response.write(sseText(text))
  }

  outcome(outcome: Outcome): void {
    const { wire } = outcome
    if (wire !== undefined) {
      const status = outcome.error === undefined ? 200 : statusOf(Number(outcome.error.code))
      this.#answer(Buffer.from(wire.buffer, wire.byteOffset, wire.length), status)
    } else if (isObject(outcome.value) && outcome.error === undefined) {
      this.#result(outcome.value)
    } else {
      this.#error(outcome)
    }
  }

  asked(pending: Pending): void {
    const url = this.#gateway.approvalUrl(pending.id)
    if (!opensAddresses(this.#params)) {
      this.#result(askResult(url, askSentence))
      return
    }
    const message = `${askSentence} ${url}`
    this.#result({
      resultType: 'input_required',
      inputRequests: {
        'ambit-approval': { method: 'elicitation/create', params: { mode: 'url', message, url } },
      },
      requestState: `${approvalState}${pending.id}`,
    })
  }

  /** The approved act is under way: the client is asked to come back with the same state, without a question. */
  wait(pending: Pending): void {
    this.#result({ resultType: 'input_required', requestState: `${approvalState}${pending.id}` })
  }

  refused(decision: Decision, act: string): void {
    this.#result(refusalResult(decision, act))
  }

  failed(fault: Fault): void {
    if (this.#streaming) this.#answer(errorText(this.#id, fault.code, fault.detail))
    else replyFault(this.#response, this.#id, fault)
  }

  #result(result: JsonObject): void {
    const whole = { resultType: 'complete', ...result }
    this.#answer(JSON.stringify({ jsonrpc: '2.0', id: this.#id, result: whole }))
  }

  #error(outcome: Outcome): void {
    const value = outcome.value
    if (isObject(value) && isObject(value['error'])) {
      this.#answer(
        JSON.stringify({ jsonrpc: '2.0', id: this.#id, error: value['error'] }),
        statusOf(value['error']['code']),
      )
      return
    }
    const { code, detail } = outcome.error ?? { code: 'upstream.invalid', detail: 'there was no answer' }
    this.#answer(errorText(this.#id, code, detail))
  }

  #answer(body: Buffer | string, status?: number): void {
    if (!this.#streaming) {
      replyJson(this.#response, status ?? 200, body)
      return
    }
    this.#response.end(sseText(typeof body === 'string' ? body : body.toString('utf8')))
  }
}

/** An event as this client understands it: as it came, or progress of a server of another era under the client's own token. */
function eventText(
  event: Exclude<ActEvent, Outcome | { type: 'child' }>,
  params: JsonObject,
): string | undefined {
  if (event.wire !== undefined) return Buffer.from(event.wire).toString('utf8')
  const progressToken = progressTokenOf(params)
  if (event.type === 'progress' && progressToken !== undefined && isObject(event.value)) {
    return JSON.stringify(notificationMessage(notifications.progress, { ...event.value, progressToken }))
  }
  return isObject(event.value) && event.value['jsonrpc'] === '2.0' ? JSON.stringify(event.value) : undefined
}

/** The token under which the client wants to hear of progress. */
export function progressTokenOf(params: JsonObject): unknown {
  const meta = params['_meta']
  return isObject(meta) ? meta[metaKeys.progressToken] : undefined
}

function opensAddresses(params: JsonObject): boolean {
  const meta = params['_meta']
  const capabilities = isObject(meta) ? meta[metaKeys.clientCapabilities] : undefined
  const elicitation = isObject(capabilities) ? capabilities['elicitation'] : undefined
  return isObject(elicitation) && isObject(elicitation['url'])
}

function errorText(id: JsonRpcId, code: string, detail: string): string {
  return JSON.stringify(errorResponse(id, errorCodes.internal, `${code}: ${detail}`, { code, detail }))
}

/** The HTTP status that 2026-07-28 gives an error answer (transports, streamable HTTP). */
function statusOf(code: unknown): number {
  switch (code) {
    case errorCodes.methodNotFound:
      return 404
    case errorCodes.headerMismatch:
    case errorCodes.missingClientCapability:
    case errorCodes.unsupportedVersion:
    case errorCodes.invalidParams:
      return 400
    default:
      return 200
  }
}
