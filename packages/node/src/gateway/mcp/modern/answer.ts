import type { ServerResponse } from 'node:http'
import type { Outcome } from '@ambit/core/act'
import type { Fault } from '@ambit/core/fault'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId } from '@ambit/core/wire/mcp/message'
import { sseText } from '@ambit/core/wire/sse'
import { replyFault, replyJson } from '../reply.ts'

/** Without the last one some proxies keep events back until their buffer is full (2026-07-28, transports). */
export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const

/** The answer to one request of 2026-07-28: JSON in one piece, or a stream once something came before it. */
export class ModernAnswer {
  readonly response: ServerResponse
  readonly #id: JsonRpcId
  #streaming = false

  constructor(response: ServerResponse, id: JsonRpcId) {
    this.response = response
    this.#id = id
  }

  /** False asks to pause until the response drains. */
  event(text: string): boolean {
    if (this.response.destroyed) return false
    if (!this.#streaming) {
      this.#streaming = true
      this.response.writeHead(200, streamHeaders)
    }
    return this.response.write(sseText(text))
  }

  /** The upstream's own bytes, which answer this very request. */
  bytes(wire: Uint8Array, error: Outcome['error']): void {
    const status = error === undefined ? 200 : statusOf(Number(error.code))
    this.#end(Buffer.from(wire.buffer, wire.byteOffset, wire.length), status)
  }

  result(result: JsonObject): void {
    const whole = { resultType: 'complete', ...result }
    this.#end(JSON.stringify({ jsonrpc: '2.0', id: this.#id, result: whole }), 200)
  }

  error(code: number, message: string, data?: unknown): void {
    this.#end(JSON.stringify(errorResponse(this.#id, code, message, data)), statusOf(code))
  }

  /** An outcome without a result: the server's own error, or what went wrong on the way. */
  failed(outcome: Outcome): void {
    const theirs = errorIn(outcome)
    if (theirs !== undefined) {
      this.error(codeHere(theirs.code), theirs.message, theirs.data)
      return
    }
    const { code, detail } = outcome.error ?? { code: 'upstream.invalid', detail: 'there was no answer' }
    this.error(errorCodes.internal, `${code}: ${detail}`, { code, detail })
  }

  fault(fault: Fault): void {
    if (this.#streaming) {
      const { code, detail } = fault
      this.error(errorCodes.internal, `${code}: ${detail}`, { code, detail })
    } else {
      replyFault(this.response, this.#id, fault)
    }
  }

  #end(body: Buffer | string, status: number): void {
    if (!this.#streaming) {
      replyJson(this.response, status, body)
      return
    }
    this.response.end(sseText(typeof body === 'string' ? body : body.toString('utf8')))
  }
}

interface TheirError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** The JSON-RPC error that a server answered with, where its form holds. */
export function errorIn({ value }: Outcome): TheirError | undefined {
  const error = isObject(value) ? value['error'] : undefined
  if (!isObject(error) || !Number.isInteger(error['code']) || typeof error['message'] !== 'string')
    return undefined
  return { code: error['code'] as number, message: error['message'], data: error['data'] }
}

/** Codes of the older eras that 2026-07-28 forbids (basic, "Error Codes"). */
function codeHere(code: number): number {
  return code === errorCodes.resourceNotFound ? errorCodes.invalidParams : code
}

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
