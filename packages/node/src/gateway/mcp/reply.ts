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
  replyWith(response, fault.status, id, fault, retryAfterHeaders(fault))
}

/** Whoever is not let in: always 401 (RFC 6750 section 3.1), upon which clients log in again by themselves. */
export function replyUnknown(response: ServerResponse, fault: Fault, challenge: string): void {
  replyWith(response, 401, null, fault, { 'www-authenticate': challenge })
}

function replyWith(
  response: ServerResponse,
  status: number,
  id: JsonRpcId | null,
  fault: Fault,
  headers: OutgoingHttpHeaders | undefined,
): void {
  const { code, detail, remedy, retryable } = fault
  const retryAfterMs = retryAfterMsOf(fault)
  const data = { code, detail, remedy, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  const message = `${fault.title}: ${fault.detail}`
  replyError(response, status, id, errorCodes.internal, message, data, headers)
}
