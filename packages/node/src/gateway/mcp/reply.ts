import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Fault } from '@ambit/core/fault'
import { retryAfterHeaders, retryAfterMsOf } from '../retry-after.ts'
import type { JsonRpcId } from '@ambit/core/wire/mcp/message'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'

/** Writes one JSON message as the whole answer. */
export function replyJson(
  response: ServerResponse,
  status: number,
  body: Buffer | string,
  headers?: OutgoingHttpHeaders,
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
    ...headers,
  })
  response.end(body)
}

export function replyError(
  response: ServerResponse,
  status: number,
  id: JsonRpcId | null,
  code: number,
  message: string,
  data?: unknown,
  headers?: OutgoingHttpHeaders,
): void {
  replyJson(response, status, JSON.stringify(errorResponse(id, code, message, data)), headers)
}

/** What a fault of this node looks like in JSON-RPC: its own code, words and advice stand in `data`. */
export function replyFault(response: ServerResponse, id: JsonRpcId | null, fault: Fault): void {
  const { code, detail, remedy, retryable } = fault
  const retryAfterMs = retryAfterMsOf(fault)
  const data = { code, detail, remedy, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  const headers =
    fault.status === 401
      ? { 'www-authenticate': `Bearer realm="ambit", error="${challengeOf(fault)}"` }
      : retryAfterHeaders(fault)
  replyError(
    response,
    fault.status,
    id,
    errorCodes.internal,
    `${fault.title}: ${fault.detail}`,
    data,
    headers,
  )
}

function challengeOf(fault: Fault): string {
  return fault.code === 'auth.missing' ? 'invalid_request' : 'invalid_token'
}
