import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError, RpcId } from '@ambit/core/wire/a2a/error'
import type { Method } from '@ambit/core/wire/a2a/method'
import {
  a2aVersion,
  a2aVersion03,
  isJsonMediaType,
  readVersion,
  versionHeader,
} from '@ambit/core/wire/a2a/version'
import type { A2aVersion, Binding } from '@ambit/core/wire/a2a/version'
import type { OwnPlace } from '../../address/address.ts'
import type { Holder } from '../../authority/authority.ts'
import type { Clock } from '../../kernel/clock.ts'
import { limits } from '../../kernel/limits.ts'
import type { Target } from '../../registry/target.ts'
import { readBody } from '../body.ts'
import type { DataPath } from '../../kernel/data-path.ts'
import type { Gateway } from '../gateway.ts'
import type { Planning } from '../planning.ts'
import { createApprovalDesk } from './approval-desk.ts'
import type { OnApproval } from './approval-desk.ts'
import { readRestCall, readRpcCall } from './call.ts'
import type { CallReading } from './call.ts'
import { submitCall } from './call-submission.ts'
import type { IngressParts } from './call-submission.ts'
import { asksForCard, createCardDesk, keyDocument, keySetPath } from './cards/card-desk.ts'
import { sendDocument } from './cards/card-answer.ts'
import type { CardSigner } from './cards/card-signer.ts'
import { createDetachments } from './detachment.ts'
import { readHeaders, traceOf } from './headers.ts'
import type { A2aHeaders } from './headers.ts'
import { authenticationError, faultError } from './refusal.ts'
import { readRestCall03, readRpcCall03 } from './legacy/call.ts'
import { formOf03 } from './legacy/reply.ts'
import { createReply, formOf } from './reply.ts'
import type { Form } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

export interface A2aIngressOptions {
  readonly gateway: Gateway
  /** By slug in an organisation, left out: in that which runs the node; of any protocol and in any state. */
  readonly registry: {
    target(slug: string, organization?: string): Target | undefined
    /** The document that a record was made of, as it came: an agent's own card, text for text. */
    document(record: string): Promise<string | undefined>
  }
  readonly cardSigner: CardSigner
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
  /** Host and port of A2A over gRPC, for cards; left out, or undefined, where that is not served. */
  readonly grpcAddress?: () => string | undefined
  readonly owners: TaskOwners
  readonly onApproval: OnApproval
  readonly clock: Clock
  /** Left out: no agent is asked for push notifications. */
  readonly callbacks?: IngressParts['callbacks']
  /** Left out: no lists of messages are taken. */
  readonly planning?: Planning
}

/** The parts are what the other bindings answer with as well. */
export interface A2aIngress extends DataPath {
  readonly parts: IngressParts
  /**
   * Answers at the address of one agent alone: JSON-RPC at `/a2a`, HTTP+JSON below it, the card where the root of a host
   * has it. Whoever calls, nobody else is reached there.
   */
  own(request: IncomingMessage, response: ServerResponse, place: OwnPlace): void
}

const prefix = '/a2a/'
/** Where an agent's own address takes JSON-RPC. */
const ownPath = '/a2a'
const slugForm = /^[a-z0-9][a-z0-9-]{0,62}$/

/**
 * Agents as A2A servers, of 1.0 and of 0.3: `/a2a/<slug>` takes JSON-RPC, the addresses below it HTTP+JSON, and the
 * agent's card stands at `/a2a/<slug>/.well-known/agent-card.json`.
 */
export function createA2aIngress(options: A2aIngressOptions): A2aIngress {
  const { gateway, owners, callbacks, clock, cardSigner: signer, origin } = options
  const desk = createApprovalDesk(options)
  const cards = createCardDesk({
    signer,
    origin,
    grpcAddress: () => options.grpcAddress?.(),
    pushes: callbacks !== undefined,
    original: async (record) => await options.registry.document(record),
    clock,
  })
  const keys = keyDocument(signer, clock)
  const detachments = createDetachments(clock)
  const { planning } = options
  const parts: IngressParts = { gateway, owners, desk, cards, detachments, callbacks, planning }
  return {
    parts,
    claims: (path) => path.startsWith(prefix) || path === keySetPath,
    close: () => parts.desk.close(),
    handle(request, response) {
      const url = request.url ?? '/'
      if (!url.startsWith(prefix)) {
        sendDocument(request, response, keys)
        return
      }
      const address = readAddress(url)
      const { slug, rest } = address
      const find: FindAgent = (organization) => agentAt(options.registry, slug, organization)
      if (asksForCard(request, rest))
        cards.serve(request, response, { slug, rest, target: find(organizationOf(gateway, request)) })
      else answer(parts, request, response, address, find)
    },
    own(request, response, { target, origin: own }) {
      const address = readOwnAddress(request.url ?? '/', target.slug)
      const { slug, rest } = address
      const speaks = target.interfaces.some((offered) => offered.protocol === 'a2a')
      const agent = speaks ? target : undefined
      if (asksForCard(request, rest)) cards.serve(request, response, { slug, rest, target: agent, own })
      else {
        answer(parts, request, response, address, (organization) =>
          organization === target.organization ? agent : undefined,
        )
      }
    },
  }
}

/** The agent that an address names for callers of an organisation. */
type FindAgent = (organization: string | undefined) => Target | undefined

function agentAt(
  registry: A2aIngressOptions['registry'],
  slug: string,
  organization: string | undefined,
): Target | undefined {
  const target = slugForm.test(slug) ? registry.target(slug, organization) : undefined
  return target?.interfaces.some((offered) => offered.protocol === 'a2a') === true ? target : undefined
}

/** Cards are for everyone to read; whoever is known reads those of their own organisation. */
function organizationOf(gateway: Gateway, request: IncomingMessage): string | undefined {
  const found = gateway.authenticate(request.headers.authorization, request)
  return found.ok ? found.holder.organization : undefined
}

interface Address {
  readonly slug: string
  /** What stands below `/a2a/<slug>`: empty for JSON-RPC. */
  readonly rest: string
  readonly query: string
}

/** At an address of its own an agent's name stands in no path. */
function readOwnAddress(url: string, slug: string): Address {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const rest = path === ownPath || path.startsWith(prefix) ? path.slice(ownPath.length) : path
  return { slug, rest: rest === '/' ? '' : rest, query: mark < 0 ? '' : url.slice(mark + 1) }
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

function answer(
  parts: IngressParts,
  request: IncomingMessage,
  response: ServerResponse,
  address: Address,
  find: FindAgent,
): void {
  const binding: Binding = address.rest === '' ? 'JSONRPC' : 'HTTP+JSON'
  const headers = readHeaders(request)
  const query = new URLSearchParams(address.query)
  const version = versionOf(headers, query)
  const early = createReply(response, form(binding, null, version, undefined))
  if (headers.duplicate !== undefined) {
    early.error(
      a2aError('INVALID_REQUEST', `the header ${headers.duplicate.slice(0, 50)} comes twice or is too long`),
    )
    return
  }
  const authentication = parts.gateway.authenticate(headers.authorization, request)
  if (!authentication.ok) {
    const challenge = parts.gateway.challenge(request, authentication)
    early.error(authenticationError(authentication), { 'www-authenticate': challenge })
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
  const target = find(holder.organization)
  readBody(request, limits.actBodyBytesMax, (fault, body) => {
    if (fault !== undefined) {
      early.error(faultError(fault), { connection: 'close' })
      return
    }
    take(parts, request, response, { address, query, binding, version, headers, holder, target, body })
  })
}

interface Taken {
  readonly address: Address
  readonly query: URLSearchParams
  readonly binding: Binding
  readonly version: A2aVersion | UnknownVersion
  readonly headers: A2aHeaders
  readonly holder: Holder
  readonly target: Target | undefined
  readonly body: Buffer
}

function take(parts: IngressParts, request: IncomingMessage, response: ServerResponse, taken: Taken): void {
  const { binding, version, headers, holder, target, body } = taken
  const reading = readCall(request.method ?? '', taken)
  const id: RpcId = reading.ok ? reading.call.id : reading.id
  const method = reading.ok ? reading.call.method : undefined
  const reply = createReply(response, form(binding, id, version, method))
  const wrong = typeof version === 'string' ? wrongContent(headers, body) : unknownVersion(version)
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
    extensions: version === a2aVersion03 ? (headers.extensions03 ?? headers.extensions) : headers.extensions,
    receipt: headers.receipt,
    response,
    reply,
  }).catch((error: unknown) => reply.error(faultError(Fault.from(error))))
}

function readCall(verb: string, { binding, version, address, query, body }: Taken): CallReading {
  if (version === a2aVersion03) {
    return binding === 'JSONRPC' ? readRpcCall03(body) : readRestCall03(verb, address.rest, query, body)
  }
  return binding === 'JSONRPC' ? readRpcCall(body) : readRestCall(verb, address.rest, query, body)
}

function form(
  binding: Binding,
  id: RpcId,
  version: A2aVersion | UnknownVersion,
  method: Method | undefined,
): Form {
  return version === a2aVersion03 ? formOf03(binding, id, method) : formOf(binding, id)
}

/** A version that this node does not speak, as it was asked for: answered in the form of 1.0. */
interface UnknownVersion {
  readonly asked: string
}

/** Header or query parameter; without either the request speaks 0.3 (section 3.6.2). */
function versionOf(headers: A2aHeaders, query: URLSearchParams): A2aVersion | UnknownVersion {
  if (headers.version === a2aVersion) return a2aVersion
  const asked = headers.version?.trim() || queried(query) || a2aVersion03
  return readVersion(asked) ?? { asked }
}

function unknownVersion({ asked }: UnknownVersion): A2aError {
  return a2aError(
    'VERSION_NOT_SUPPORTED',
    `this node speaks A2A ${a2aVersion} and ${a2aVersion03}, not ${asked.slice(0, 20)}; send the header A2A-Version: ${a2aVersion}`,
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
