import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import type { Reason } from '@ambit/core/decision'
import { isId, isObject, readMessage } from '@ambit/core/wire/mcp/message'
import type { JsonRpcId } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { OwnPlace } from '../../address/address.ts'
import type { Authentication } from '../../authority/authority.ts'
import { limits } from '../../kernel/limits.ts'
import type { Log } from '../../kernel/log.ts'
import { readBody } from '../body.ts'
import type { DataPath } from '../../kernel/data-path.ts'
import type { Gateway } from '../gateway.ts'
import type { View, Views } from './names/view.ts'
import { readHeaders } from './headers.ts'
import type { McpHeaders } from './headers.ts'
import { isModern } from './modern/ingress.ts'
import type { ModernIngress } from './modern/ingress.ts'
import { replyError, replyFault, replyUnknown } from './reply.ts'
import type { Hub } from './subscriptions/hub.ts'
import { parseForeign } from './foreign-json.ts'

export interface McpIngressOptions {
  readonly gateway: Gateway
  readonly views: Views
  readonly modern: ModernIngress
  readonly legacy: LegacyHandler
  readonly hub: Pick<Hub, 'close'>
  readonly log: Log
}

/** Clients of the eras with sessions. `message` is undefined for GET and DELETE. */
export interface LegacyHandler {
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    message: unknown,
    authentication: Authentication,
    /** Of the address `/mcp/<slug>`; left out at `/mcp`. */
    slug?: string,
  ): void
  /** Ends the streams of clients. */
  close(): void
}

export interface McpIngress extends DataPath {
  /** Answers at the address of one server alone, at `/mcp`, as `/mcp/<slug>` does. */
  own(request: IncomingMessage, response: ServerResponse, place: OwnPlace): void
}

const path = '/mcp'
/** Longest slug of a record. */
const slugCharactersMax = 63

type Admitted = Extract<Authentication, { ok: true }>

/**
 * The MCP addresses of the node: `/mcp` for all servers of a mandate, `/mcp/<slug>` for one of them. The token selects
 * the mandate; the first look at a message tells its era.
 */
export function createMcpIngress(options: McpIngressOptions): McpIngress {
  return {
    claims: (asked) => asked === path || asked.startsWith(`${path}/`),
    close() {
      options.legacy.close()
      options.modern.close()
      // What listens to servers is acts as well: a node that stops would wait for them.
      options.hub.close()
    },
    handle(request, response) {
      answer(options, request, response, () => slugOf(request.url ?? path))
    },
    own(request, response, { target }) {
      answer(options, request, response, (organization) =>
        // A server of another organisation may have that name among its own.
        organization === target.organization ? target.slug : elsewhere,
      )
    },
  }
}

/** The name of no server. */
const elsewhere = '-'

function answer(
  options: McpIngressOptions,
  request: IncomingMessage,
  response: ServerResponse,
  slugFor: (organization: string) => string | undefined,
): void {
  const headers = readHeaders(request)
  const authentication = options.gateway.authenticate(headers.authorization, request)
  if (!authentication.ok) {
    // The body is not read: whoever is not known here is not listened to.
    const fault = new Fault(authentication.code, { detail: authentication.detail })
    replyUnknown(response, fault, options.gateway.challenge(request, authentication))
    request.resume()
    return
  }
  const slug = slugFor(authentication.holder.organization)
  const view = options.views.at(authentication.holder, slug)
  if (view === undefined) {
    replyError(response, 404, null, errorCodes.invalidRequest, noSuchServer, { slug })
    request.resume()
    return
  }
  if (request.method !== 'POST') {
    options.legacy.handle(request, response, undefined, undefined, authentication, slug)
    return
  }
  readBody(request, limits.actBodyBytesMax, (fault, body) => {
    if (fault !== undefined) replyFault(response, null, fault)
    else postSafely(options, request, response, headers, authentication, body, view)
  })
}

/** Nothing stands above the callback of a stream that would catch what is thrown there. */
function postSafely(...[options, request, response, ...rest]: Parameters<typeof post>): void {
  try {
    post(options, request, response, ...rest)
  } catch (error) {
    const fault = Fault.from(error)
    if (fault.code === 'internal') options.log.error('mcp.request-failed', { error: String(error) })
    replyFault(response, null, fault)
  }
}

function post(
  options: McpIngressOptions,
  request: IncomingMessage,
  response: ServerResponse,
  headers: McpHeaders,
  authentication: Admitted,
  body: Buffer,
  view: View,
): void {
  const text = body.toString('utf8')
  const parsed = parseForeign(text)
  if (parsed === undefined) {
    replyError(response, 400, null, errorCodes.parse, 'the body is not JSON of ordinary depth')
    return
  }
  if (view.slug !== undefined && view.servers.length === 0 && isShowing(parsed)) {
    const message = `/mcp/${view.slug} shows nothing: ${view.missing.map(sentenceOf).join(' ')}`
    replyError(response, 200, idOf(parsed), errorCodes.invalidRequest, message, { reasons: view.missing })
    return
  }
  if (!isModern(headers, parsed)) {
    options.legacy.handle(request, response, body, parsed, authentication, view.slug)
    return
  }
  const read = readMessage(parsed)
  if (read.form === 'request') {
    const { holder } = authentication
    options.modern.handle({ request, response, headers, holder, view, message: read.message, body, text })
  } else if (read.form === 'notification') {
    response.writeHead(202).end()
  } else {
    const what = read.form === 'invalid' ? read.what : 'this node asked nothing, so it takes no answers'
    replyError(response, 400, read.form === 'invalid' ? read.id : null, errorCodes.invalidRequest, what)
  }
}

/** What shows a server. Any other request goes on to be decided, so that its refusal has its reason and is recorded. */
const showing: ReadonlySet<unknown> = new Set([methods.initialize, methods.discover, methods.toolsList])

function isShowing(message: unknown): boolean {
  return isObject(message) && showing.has(message['method'])
}

function idOf(message: unknown): JsonRpcId | null {
  const id = isObject(message) ? message['id'] : undefined
  return isId(id) ? id : null
}

function sentenceOf({ what, howToAsk }: Reason): string {
  return howToAsk === undefined ? what : `${what} ${howToAsk}`
}

/** Undefined at `/mcp`, and at `/mcp/`, which some clients make of it. */
function slugOf(url: string): string | undefined {
  const end = url.indexOf('?')
  const slug = url.slice(path.length + 1, end < 0 ? undefined : end)
  return slug === '' ? undefined : slug.slice(0, slugCharactersMax + 1)
}

const noSuchServer =
  'no MCP server with that name is registered here; `/mcp` shows all servers that the mandate allows'
