import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { foreignAsRest, foreignAsRpc, restErrorBody, rpcErrorBody } from '@ambit/core/wire/a2a/error'
import type { A2aError, ForeignError, RpcId } from '@ambit/core/wire/a2a/error'
import { a2aMediaType, jsonMediaType, streamMediaType } from '@ambit/core/wire/a2a/version'
import type { Binding } from '@ambit/core/wire/a2a/version'
import { sseText } from '@ambit/core/wire/sse'

/**
 * Writes answers in the form of the binding they are for. A stream opens with its first event, so that an error that
 * comes before one is still an ordinary answer. Writing to a caller that went away does nothing.
 */
export interface Reply {
  /** The whole answer; `wire` are its bytes in this binding, as the target sent them. */
  result(value: unknown, wire?: Uint8Array): void
  error(error: A2aError, headers?: OutgoingHttpHeaders): void
  /** An error that the target wrote, with its own words. */
  foreignError(error: ForeignError, wire?: Uint8Array): void
  /** One `StreamResponse`; `wire` are its own bytes, without an envelope. False asks to wait for `drain`. */
  event(value: unknown, wire?: Uint8Array): boolean
  end(): void
}

export function createReply(response: ServerResponse, binding: Binding, id: RpcId): Reply {
  const form = binding === 'JSONRPC' ? rpcForm(id) : restForm
  let streaming = false
  function open(): void {
    if (streaming) return
    streaming = true
    response.writeHead(200, streamHeaders)
  }
  function error(status: number, body: string, headers?: OutgoingHttpHeaders): void {
    if (!writable(response)) return
    if (streaming) response.end(form.errorEvent(body))
    else whole(response, status, form.mediaType, body, headers)
  }
  return {
    result(value, wire) {
      if (writable(response)) whole(response, 200, form.mediaType, wire ?? form.result(value))
    },
    error(of, headers) {
      error(form.status(of), form.error(of), headers)
    },
    foreignError(of, wire) {
      const { status, body } = form.foreignError(of)
      if (wire !== undefined && !streaming && writable(response))
        whole(response, status, form.mediaType, wire)
      else error(status, body)
    },
    event(value, wire) {
      if (!writable(response)) return true
      open()
      return response.write(form.event(wire === undefined ? JSON.stringify(value) : utf8(wire)))
    },
    end() {
      if (!writable(response)) return
      open()
      response.end()
    },
  }
}

const streamHeaders: OutgoingHttpHeaders = {
  'content-type': streamMediaType,
  'cache-control': 'no-cache',
  // Proxies of the nginx family hold a stream back otherwise.
  'x-accel-buffering': 'no',
}

interface Form {
  readonly mediaType: string
  result(value: unknown): string
  event(json: string): string
  error(error: A2aError): string
  errorEvent(json: string): string
  status(error: A2aError): number
  foreignError(error: ForeignError): { readonly status: number; readonly body: string }
}

function rpcForm(id: RpcId): Form {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`
  return {
    mediaType: jsonMediaType,
    result: (value) => `${head}"result":${JSON.stringify(value ?? null)}}`,
    event: (json) => sseText(`${head}"result":${json}}`),
    error: (error) => JSON.stringify(rpcErrorBody(id, error)),
    errorEvent: (json) => sseText(json),
    status: rpcStatus,
    foreignError: (error) => ({
      status: 200,
      body: `${head}"error":${JSON.stringify(foreignAsRpc(error))}}`,
    }),
  }
}

/** Errors of the protocol are answers (200); those of the way there (who you are, how much, this node) are HTTP's. */
function rpcStatus(error: A2aError): number {
  return error.http === 401 || error.http === 413 || error.http === 405 || error.http >= 500
    ? error.http
    : 200
}

const restForm: Form = {
  mediaType: a2aMediaType,
  result: (value) => JSON.stringify(value ?? {}),
  event: (json) => sseText(json),
  error: (error) => JSON.stringify(restErrorBody(error)),
  errorEvent: (json) => sseText(json, 'error'),
  status: (error) => error.http,
  foreignError(error) {
    const body = foreignAsRest(error)
    return { status: body.code, body: JSON.stringify({ error: body }) }
  },
}

function whole(
  response: ServerResponse,
  status: number,
  mediaType: string,
  body: Uint8Array | string,
  headers?: OutgoingHttpHeaders,
): void {
  response.writeHead(status, {
    'content-type': mediaType,
    'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
    ...headers,
  })
  response.end(body)
}

function writable(response: ServerResponse): boolean {
  return !response.destroyed && !response.writableEnded
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
