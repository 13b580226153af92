import type { ServerResponse } from 'node:http'
import { Fault, problemOf } from '@ambit/core/fault'
import { limits } from '../kernel/limits.ts'
import { securityHeaders } from './security-headers.ts'

export const problemType = 'application/problem+json; charset=utf-8'

/** The fault as RFC 9457 problem details: its own words and never a stack or a cause. */
export function problemText(fault: Fault): string {
  return JSON.stringify(problemOf(fault))
}

/** Answers outside of any route; closes the connection, because the body of the request may still be on its way. */
export function sendProblem(response: ServerResponse, fault: Fault): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = problemText(fault)
  response.writeHead(fault.status, {
    ...securityHeaders,
    ...challenge(fault),
    'cache-control': 'no-store',
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  response.end(body)
}

/** RFC 9110 section 15.5.2: a 401 says how to prove oneself. */
export function challenge(fault: Fault): Readonly<Record<string, string>> {
  return fault.status === 401 ? { 'www-authenticate': 'Bearer realm="ambit"' } : {}
}

/** What the HTTP framework throws, in our words; anything unknown is `internal`. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  switch (frameworkCode(error)) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Fault('input.too-large', {
        detail: `the body is larger than ${limits.controlBodyBytesMax} bytes`,
        where: 'body',
        remedy: 'Send less; lists can be sent in parts.',
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Fault('request.media-type', {
        detail: 'this address takes a body of JSON only',
        where: 'content-type',
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Fault('input.invalid', {
        detail: 'the body has another length than its header says',
        where: 'content-length',
      })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Fault('input.invalid', { detail: 'the path is not one of this node', where: 'path' })
    default:
      return Fault.from(error)
  }
}

function frameworkCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
