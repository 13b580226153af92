import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError, RpcId } from '@ambit/core/wire/a2a/error'
import {
  a2aVersion,
  cardPath,
  isJsonMediaType,
  versionHeader,
  versionWithoutHeader,
} from '@ambit/core/wire/a2a/version'
import type { Binding } from '@ambit/core/wire/a2a/version'
import type { Holder } from '../../authority/authority.ts'
import type { Clock } from '../../kernel/clock.ts'
import { limits } from '../../kernel/limits.ts'
import type { Target } from '../../registry/target.ts'
import { readBody } from '../body.ts'
import type { DataPath } from '../../kernel/data-path.ts'
import type { Gateway } from '../gateway.ts'
import { createApprovalDesk } from './approval-desk.ts'
import type { OnApproval } from './approval-desk.ts'
import { readRestCall, readRpcCall } from './call.ts'
import type { CallReading } from './call.ts'
import { submitCall } from './call-submission.ts'
import type { IngressParts } from './call-submission.ts'
import { readHeaders, traceOf } from './headers.ts'
import type { A2aHeaders } from './headers.ts'
import { authenticationError, challengeOf, faultError } from './refusal.ts'
import { createReply } from './reply.ts'
import { serveCard } from './served-card.ts'
import type { TaskOwners } from './task-owners.ts'

export interface A2aIngressOptions {
  readonly gateway: Gateway
  /** By slug; of any protocol and in any state. */
  readonly registry: { target(slug: string): Target | undefined }
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
  readonly owners: TaskOwners
  readonly onApproval: OnApproval
  readonly clock: Clock
}

const prefix = '/a2a/'
const slugForm = /^[a-z0-9][a-z0-9-]{0,62}$/

/**
 * Agents as A2A 1.0 servers: `/a2a/<slug>` takes JSON-RPC, the addresses below it HTTP+JSON, and the agent's card
 * stands at `/a2a/<slug>/.well-known/agent-card.json`.
 */
export function createA2aIngress(options: A2aIngressOptions): DataPath {
  const { gateway, owners } = options
  const parts: IngressParts = { gateway, owners, desk: createApprovalDesk(options) }
  return {
    claims: (path) => path.startsWith(prefix),
    close: () => parts.desk.close(),
    handle(request, response) {
      const address = readAddress(request.url ?? '/')
      const target = slugForm.test(address.slug) ? options.registry.target(address.slug) : undefined
      const agent =
        target?.interfaces.some((offered) => offered.protocol === 'a2a') === true ? target : undefined
      if (isCard(request, address.rest)) {
        serveCard(request, response, agent, `${options.origin()}${prefix}${address.slug}`)
      } else {
        answer(parts, request, response, address, agent)
      }
    },
  }
}

interface Address {
  readonly slug: string
  /** What stands below `/a2a/<slug>`: empty for JSON-RPC. */
  readonly rest: string
  readonly query: string
}

function readAddress(url: string): Address {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const end = path.indexOf('/', prefix.length)
  const rest = end < 0 ? '' : path.slice(end)
  return {
    slug: end < 0 ? path.slice(prefix.length) : path.slice(prefix.length, end),
    rest: rest === '/' ? '' : rest,
    query: mark < 0 ? '' : url.slice(mark + 1),
  }
}

function isCard(request: IncomingMessage, rest: string): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    (rest === cardPath || rest === '/agent-card.json')
  )
}

function answer(
  parts: IngressParts,
  request: IncomingMessage,
  response: ServerResponse,
  address: Address,
  target: Target | undefined,
): void {
  const binding: Binding = address.rest === '' ? 'JSONRPC' : 'HTTP+JSON'
  const headers = readHeaders(request)
  const early = createReply(response, binding, null)
  if (headers.duplicate !== undefined) {
    early.error(
      a2aError('INVALID_REQUEST', `the header ${headers.duplicate.slice(0, 50)} comes twice or is too long`),
    )
    return
  }
  const authentication = parts.gateway.authenticate(headers.authorization)
  if (!authentication.ok) {
    early.error(authenticationError(authentication), { 'www-authenticate': challengeOf(authentication) })
    return
  }
  if (binding === 'JSONRPC' && request.method !== 'POST') {
    early.error(
      { ...a2aError('INVALID_REQUEST', 'JSON-RPC requests are sent with POST'), http: 405 },
      { allow: 'POST' },
    )
    return
  }
  const { holder } = authentication
  readBody(request, limits.actBodyBytesMax, (fault, body) => {
    if (fault !== undefined) {
      early.error(faultError(fault), { connection: 'close' })
      return
    }
    take(parts, request, response, { address, binding, headers, holder, target, body })
  })
}

interface Taken {
  readonly address: Address
  readonly binding: Binding
  readonly headers: A2aHeaders
  readonly holder: Holder
  readonly target: Target | undefined
  readonly body: Buffer
}

function take(parts: IngressParts, request: IncomingMessage, response: ServerResponse, taken: Taken): void {
  const { address, binding, headers, holder, target, body } = taken
  const query = new URLSearchParams(address.query)
  const reading: CallReading =
    binding === 'JSONRPC' ? readRpcCall(body) : readRestCall(request.method ?? '', address.rest, query, body)
  const id: RpcId = reading.ok ? reading.call.id : reading.id
  const reply = createReply(response, binding, id)
  const wrong = wrongVersion(headers, query) ?? wrongContent(headers, body)
  if (wrong !== undefined) {
    reply.error(wrong)
    return
  }
  if (!reading.ok) {
    reply.error(reading.error, reading.allow === undefined ? undefined : { allow: reading.allow.join(', ') })
    return
  }
  const trace = traceOf(headers.traceparent)
  submitCall(parts, {
    call: reading.call,
    holder,
    target,
    trace,
    extensions: headers.extensions,
    response,
    reply,
  }).catch((error: unknown) => reply.error(faultError(Fault.from(error))))
}

/** Header or query parameter; without either the request speaks 0.3 (section 3.6.2), which this node does not. */
function wrongVersion(headers: A2aHeaders, query: URLSearchParams): A2aError | undefined {
  if (headers.version === a2aVersion) return undefined
  const asked = headers.version?.trim() || queried(query) || versionWithoutHeader
  if (asked === a2aVersion) return undefined
  const why =
    asked === versionWithoutHeader ? ' (which is what a request without the header A2A-Version means)' : ''
  return a2aError(
    'VERSION_NOT_SUPPORTED',
    `this node speaks A2A ${a2aVersion}, not ${asked.slice(0, 20)}${why}; send the header A2A-Version: ${a2aVersion}`,
  )
}

function queried(query: URLSearchParams): string | undefined {
  for (const [name, value] of query) if (name.toLowerCase() === versionHeader) return value.trim()
  return undefined
}

function wrongContent(headers: A2aHeaders, body: Buffer): A2aError | undefined {
  if (body.length === 0) return undefined
  if (headers.contentType !== undefined && !isJsonMediaType(headers.contentType)) {
    return a2aError('CONTENT_TYPE_NOT_SUPPORTED', 'send the body as application/json or application/a2a+json')
  }
  const encoding = headers.contentEncoding?.trim().toLowerCase()
  if (encoding === undefined || encoding === 'identity') return undefined
  return a2aError('CONTENT_TYPE_NOT_SUPPORTED', 'send the body without a Content-Encoding')
}
