import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { readMessage } from '@ambit/core/wire/mcp/message'
import type { Authentication } from '../../authority/authority.ts'
import { limits } from '../../kernel/limits.ts'
import { readBody } from '../body.ts'
import type { DataPath } from '../../kernel/data-path.ts'
import type { Gateway } from '../gateway.ts'
import { readHeaders } from './headers.ts'
import type { McpHeaders } from './headers.ts'
import { isModern } from './modern/ingress.ts'
import type { ModernIngress } from './modern/ingress.ts'
import { replyError, replyFault } from './reply.ts'

export interface McpIngressOptions {
  readonly gateway: Gateway
  readonly modern: ModernIngress
  readonly legacy: LegacyHandler
}

/** Clients of the eras with sessions. `message` is undefined for GET and DELETE. */
export interface LegacyHandler {
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    message: unknown,
    authentication: Authentication,
  ): void
  /** Ends the streams of clients. */
  close(): void
}

const path = '/mcp'

/** The one MCP address of the node. The token selects the mandate; the first look at a message tells its era. */
export function createMcpIngress(options: McpIngressOptions): DataPath {
  return {
    claims: (asked) => asked === path,
    close: () => options.legacy.close(),
    handle(request, response) {
      const headers = readHeaders(request)
      const authentication = options.gateway.authenticate(headers.authorization)
      if (!authentication.ok) {
        // The body is not read: whoever is not known here is not listened to.
        replyFault(response, null, new Fault(authentication.code, { detail: authentication.detail }))
        request.resume()
        return
      }
      if (request.method !== 'POST') {
        options.legacy.handle(request, response, undefined, undefined, authentication)
        return
      }
      readBody(request, limits.actBodyBytesMax, (fault, body) => {
        if (fault !== undefined) replyFault(response, null, fault)
        else post(options, request, response, headers, authentication, body)
      })
    },
  }
}

function post(
  options: McpIngressOptions,
  request: IncomingMessage,
  response: ServerResponse,
  headers: McpHeaders,
  authentication: Extract<Authentication, { ok: true }>,
  body: Buffer,
): void {
  const text = body.toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    replyError(response, 400, null, errorCodes.parse, 'the body is not JSON')
    return
  }
  if (!isModern(headers, parsed)) {
    options.legacy.handle(request, response, body, parsed, authentication)
    return
  }
  const read = readMessage(parsed)
  if (read.form === 'request') {
    const { holder } = authentication
    options.modern.handle({ request, response, headers, holder, message: read.message, body, text })
  } else if (read.form === 'notification') {
    response.writeHead(202).end()
  } else {
    const what = read.form === 'invalid' ? read.what : 'this node asked nothing, so it takes no answers'
    replyError(response, 400, read.form === 'invalid' ? read.id : null, errorCodes.invalidRequest, what)
  }
}
