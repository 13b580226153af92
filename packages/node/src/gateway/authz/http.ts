import type { IncomingMessage, ServerResponse } from 'node:http'
import { limits } from '../../kernel/limits.ts'
import type { DataPath } from '../../kernel/data-path.ts'
import { readBody } from '../body.ts'
import { faulty } from './answer.ts'
import type { PlaneAnswer } from './answer.ts'
import { admit, decideFor } from './decision-desk.ts'
import type { DeskOptions } from './decision-desk.ts'
import { readHeaders } from './headers.ts'
import type { PlaneHeaders } from './headers.ts'
import { unclear } from './question.ts'
import type { Question } from './question.ts'

const prefix = '/ext-authz'

/**
 * The decision point over HTTP. Envoy's `http_service` puts the client's address behind the prefix and keeps its method;
 * nginx's `auth_request` asks at the prefix itself and says both in headers. 200 lets the request through.
 */
export function createAuthzHttp(options: DeskOptions): DataPath {
  return {
    claims: (path) => path === prefix || path.startsWith(`${prefix}/`),
    handle(request, response) {
      const headers = readHeaders(request.rawHeaders, options.placeHeader)
      const admitted = admit(options, headers)
      if (!('holder' in admitted)) {
        // The body is not read: whoever is not known here is not listened to.
        send(response, admitted)
        request.resume()
        return
      }
      readBody(request, limits.actBodyBytesMax, (fault, body) => {
        const question = fault === undefined ? questionOf(request, headers, body) : undefined
        if (fault !== undefined) send(response, faulty(fault))
        else if (question === undefined) send(response, faulty(contradiction()))
        else void decideFor(options, admitted, question).then((answer) => send(response, answer))
      })
    },
  }
}

/** Undefined when the address says one thing and the headers another, or neither says anything. */
function questionOf(request: IncomingMessage, headers: PlaneHeaders, body: Buffer): Question | undefined {
  const { target, capability, originalUrl, originalMethod, originalHost, host } = headers
  const said = { headers, target: given(target), capability: given(capability), body }
  const behind = (request.url ?? '').slice(prefix.length)
  if (behind.startsWith('/')) {
    if (originalUrl !== undefined || originalMethod !== undefined) return undefined
    return { ...said, method: request.method ?? '', url: behind, host }
  }
  if (originalUrl === undefined || originalMethod === undefined) return undefined
  // The host of this request is this node's own.
  return { ...said, method: originalMethod, url: originalUrl, host: originalHost }
}

/** Data planes that take a header away may leave it empty. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function contradiction() {
  return unclear(
    `send the client's address either behind ${prefix} or, with its method, in X-Original-URI and X-Original-Method`,
  )
}

function send(response: ServerResponse, { status, headers, body, remove }: PlaneAnswer): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    // Envoy's name for it; others do not read it.
    ...(remove.length === 0 ? {} : { 'x-envoy-auth-headers-to-remove': remove.join(',') }),
  })
  response.end(body)
}
