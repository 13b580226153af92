import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import {
  a2aError,
  foreignAsRest,
  foreignAsRpc,
  restErrorBody,
  rpcErrorBody,
} from '@ambit/core/wire/a2a/error'
import type { A2aError, ForeignError, RpcId } from '@ambit/core/wire/a2a/error'
import { a2aMediaType, extensionsHeader, jsonMediaType, streamMediaType } from '@ambit/core/wire/a2a/version'
import type { Binding } from '@ambit/core/wire/a2a/version'
import { sseText } from '@ambit/core/wire/sse'

/**
 * Writes answers in the form of the binding they are for. A stream opens with its first event, so that an error that
 * comes before one is still an ordinary answer. Writing to a caller that went away does nothing.
 */
export interface Reply {
  /** Headers of the answer, names and values in turn; of use before anything was written. */
  headers?(headers: readonly string[]): void
  /** The whole answer; `wire` are its bytes in this binding, as the target sent them. */
  result(value: unknown, wire?: Uint8Array): void
  error(error: A2aError, headers?: OutgoingHttpHeaders): void
  /** An error that the target wrote, with its own words. */
  foreignError(error: ForeignError, wire?: Uint8Array): void
  /** One `StreamResponse`; `wire` are its own bytes, without an envelope. False asks to wait for `drain`. */
  event(value: unknown, wire?: Uint8Array): boolean
  end(): void
}

export function createReply(response: ServerResponse, form: Form): Reply {
  let streaming = false
  function open(): void {
    if (streaming) return
    streaming = true
    response.writeHead(200, streamHeaders)
  }
  function error(status: number, body: string, headers?: OutgoingHttpHeaders): void {
    if (!writable(response)) return
    if (form.streamsErrors === true && status === 200) open()
    if (streaming) response.end(form.errorEvent(body))
    else whole(response, status, form.mediaType, body, headers)
  }
  function refuseWords(): void {
    const of = a2aError('INVALID_AGENT_RESPONSE', "the agent's answer has no form in the version you speak")
    error(form.status(of), form.error(of))
  }
  return {
    headers(headers) {
      if (response.headersSent) return
      for (let at = 0; at < headers.length; at += 2) {
        const name = headers[at]!
        response.setHeader(name === extensionsHeader ? form.extensionsHeader : name, headers[at + 1]!)
      }
    },
    result(value, wire) {
      if (!writable(response)) return
      const body = wire ?? form.result(value)
      if (body === undefined) refuseWords()
      else whole(response, 200, form.mediaType, body)
    },
    error(of, headers) {
      error(form.status(of), form.error(of), headers)
    },
    foreignError(of, wire) {
      const { status, body } = form.foreignError(of)
      const isSame = of.form === form.errorForm && form.streamsErrors !== true
      if (wire !== undefined && isSame && !streaming && writable(response))
        whole(response, status, form.mediaType, wire)
      else error(status, body)
    },
    event(value, wire) {
      if (!writable(response)) return true
      const text = form.event(value, wire)
      if (text === undefined) {
        refuseWords()
        return true
      }
      open()
      return response.write(text)
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

/** How answers are written in one binding of one version. */
export interface Form {
  readonly mediaType: string
  /** What it calls the header that tells the extensions. */
  readonly extensionsHeader: string
  /** Undefined when what the agent said has no form here; the same of an event. */
  result(value: unknown): string | undefined
  /** `wire` is the event as the agent wrote it, in 1.0. */
  event(value: unknown, wire?: Uint8Array): string | undefined
  error(error: A2aError): string
  errorEvent(json: string): string
  status(error: A2aError): number
  foreignError(error: ForeignError): { readonly status: number; readonly body: string }
  /** An error that is an answer of the protocol is an event as well, where a stream was asked for. */
  readonly streamsErrors?: boolean
  /** The form of errors whose bytes can go on as they are: an agent may answer in that of another binding. */
  readonly errorForm: ForeignError['form'] | undefined
}

export function formOf(binding: Binding, id: RpcId): Form {
  return binding === 'JSONRPC' ? rpcForm(id) : restForm
}

function rpcForm(id: RpcId): Form {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`
  return {
    mediaType: jsonMediaType,
    errorForm: 'rpc',
    extensionsHeader,
    result: (value) => `${head}"result":${JSON.stringify(value ?? null)}}`,
    event: (value, wire) => sseText(`${head}"result":${jsonOf(value, wire)}}`),
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
export function rpcStatus(error: A2aError): number {
  return [401, 405, 413, 429].includes(error.http) || error.http >= 500 ? error.http : 200
}

const restForm: Form = {
  mediaType: a2aMediaType,
  errorForm: 'rest',
  extensionsHeader,
  result: (value) => JSON.stringify(value ?? {}),
  event: (value, wire) => sseText(jsonOf(value, wire)),
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

function jsonOf(value: unknown, wire: Uint8Array | undefined): string {
  if (wire === undefined) return JSON.stringify(value)
  return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength).toString('utf8')
}
