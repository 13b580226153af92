import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject, readMessage, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import {
  isLegacyVersion,
  isMcpVersion,
  legacyVersions,
  mcpHeaders,
  methods,
  notifications,
  versionWithoutHeader,
} from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Ids } from '../../../kernel/ids.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { Gateway } from '../../gateway.ts'
import type { ToolNames } from '../names/tool-names.ts'
import type { LegacyHandler } from '../mcp.ts'
import { replyError, replyFault, replyJson } from '../reply.ts'
import { ChangeStreams } from './change-streams.ts'
import { SessionHandles } from './session-handle.ts'
import { accepts, ToolCalls } from './tool-calls.ts'
import type { Visit } from './tool-calls.ts'

export interface LegacyIngressOptions {
  readonly gateway: Gateway
  readonly names: ToolNames
  readonly clock: Clock
  readonly ids: Ids
  readonly keyring: Keyring
  readonly serverInfo: { readonly name: string; readonly version: string; readonly title?: string }
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
}

const instructions =
  'Every call passes an Ambit node and is recorded. A call may be refused: the answer then says which rule refused it ' +
  'and how to ask. Some calls first need a person: the answer then gives the address where they decide; afterwards ' +
  'make the same call again.'

interface Room {
  readonly options: LegacyIngressOptions
  readonly handles: SessionHandles
  readonly streams: ChangeStreams
  readonly calls: ToolCalls
}

/**
 * Clients of 2025-11-25, 2025-06-18 and 2025-03-26 over streamable HTTP. A session is nothing but a sealed version, so
 * that any replica can answer; a cancellation must reach the replica that has the call.
 */
export function createLegacyIngress(options: LegacyIngressOptions): LegacyHandler {
  const room: Room = {
    options,
    handles: new SessionHandles(options),
    streams: new ChangeStreams(options.clock, (listener) => options.onChange(listener)),
    calls: new ToolCalls(options),
  }
  return {
    handle(request, response, body, message, authentication) {
      try {
        if (authentication.ok) handle(room, request, response, body, message, authentication.holder)
        else replyFault(response, null, new Fault(authentication.code, { detail: authentication.detail }))
      } catch (error) {
        replyFault(response, null, Fault.from(error))
      }
    },
    close: () => room.streams.close(),
  }
}

function handle(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | undefined,
  message: unknown,
  holder: Holder,
): void {
  const initializing = isObject(message) && message['method'] === methods.initialize
  const visit = initializing
    ? { request, response, holder, session: undefined, version: legacyVersions[0] }
    : admit(room, request, response, holder)
  if (visit === undefined) return
  switch (request.method) {
    case 'POST':
      if (body !== undefined) post(room, visit, body, message)
      else replyError(response, 400, null, errorCodes.parse, 'the body is missing')
      return
    case 'GET':
      listen(room, visit)
      return
    case 'DELETE':
      if (visit.session !== undefined) room.handles.end(visit.session)
      response.writeHead(204).end()
      return
    default:
      replyError(
        response,
        405,
        null,
        errorCodes.invalidRequest,
        'this address takes POST, GET and DELETE',
        undefined,
        {
          allow: 'POST, GET, DELETE',
        },
      )
  }
}

/** Looks at the headers that every request after `initialize` carries; undefined when they were answered with an error. */
function admit(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
  holder: Holder,
): Visit | undefined {
  const handleText = request.headers[mcpHeaders.sessionId]
  const session = typeof handleText === 'string' ? room.handles.open(holder.key, handleText) : undefined
  if (handleText !== undefined && session === undefined) {
    const text = 'this node does not know that session; begin a new one with `initialize`'
    replyError(response, 404, null, errorCodes.invalidRequest, text)
    return undefined
  }
  const asked = request.headers[mcpHeaders.protocolVersion]
  if (asked !== undefined && !isMcpVersion(asked)) {
    const text = `MCP-Protocol-Version names a version this node does not speak; it speaks ${legacyVersions.join(', ')}`
    replyError(response, 400, null, errorCodes.invalidRequest, text)
    return undefined
  }
  if (asked !== undefined && session !== undefined && asked !== session.version) {
    const text = `MCP-Protocol-Version is not ${session.version}, which the session negotiated`
    replyError(response, 400, null, errorCodes.invalidRequest, text)
    return undefined
  }
  const version = session?.version ?? (isLegacyVersion(asked) ? asked : versionWithoutHeader)
  return { request, response, holder, session, version }
}

function listen(room: Room, visit: Visit): void {
  const { request, response, holder } = visit
  if (!accepts(request, 'text/event-stream')) {
    replyError(response, 406, null, errorCodes.invalidRequest, 'a GET must accept text/event-stream')
  } else if (!room.streams.open(holder.key, response)) {
    replyError(response, 503, null, errorCodes.internal, 'this node has as many open streams as it can carry')
  }
}

function post(room: Room, visit: Visit, body: Buffer, message: unknown): void {
  const { request, response } = visit
  if (request.headers['content-type']?.trim().toLowerCase().startsWith('application/json') !== true) {
    replyError(response, 415, null, errorCodes.invalidRequest, 'the body must be application/json')
    return
  }
  if (!accepts(request, 'application/json') && !accepts(request, 'text/event-stream')) {
    const text = 'the client must accept application/json or text/event-stream'
    replyError(response, 406, null, errorCodes.invalidRequest, text)
    return
  }
  if (message === undefined) {
    replyError(response, 400, null, errorCodes.parse, 'the body is not JSON')
    return
  }
  const read = readMessage(message)
  switch (read.form) {
    case 'request':
      answer(room, visit, body, read.message)
      return
    case 'notification':
      if (read.message.method === notifications.cancelled) room.calls.cancel(visit, read.message.params ?? {})
      response.writeHead(202).end()
      return
    case 'invalid':
      replyError(response, 400, read.id, errorCodes.invalidRequest, read.what)
      return
    default:
      // This node asks clients nothing, so an answer is to nobody's question.
      response.writeHead(202).end()
  }
}

function answer(room: Room, visit: Visit, body: Buffer, message: JsonRpcRequest): void {
  const { response, holder } = visit
  const params = message.params ?? {}
  switch (message.method) {
    case methods.initialize:
      initialize(room, visit, message.id, params)
      return
    case methods.ping:
      reply(response, message.id, {})
      return
    case methods.toolsList:
      if (params['cursor'] === undefined) {
        reply(response, message.id, { tools: room.options.names.list(holder).map((tool) => tool.definition) })
      } else {
        const text = 'the list has one page only: there is no such cursor'
        replyError(response, 200, message.id, errorCodes.invalidParams, text)
      }
      return
    case methods.toolsCall:
      room.calls.call(visit, body, message, params)
      return
    default:
      replyError(
        response,
        200,
        message.id,
        errorCodes.methodNotFound,
        'this node does not answer that method',
      )
  }
}

function initialize(room: Room, { response, holder }: Visit, id: JsonRpcId, params: JsonObject): void {
  const asked = params['protocolVersion']
  const version = isLegacyVersion(asked) ? asked : legacyVersions[0]
  const result = {
    protocolVersion: version,
    capabilities: { tools: { listChanged: true } },
    serverInfo: room.options.serverInfo,
    instructions,
  }
  const headers = { [mcpHeaders.sessionId]: room.handles.create(holder.key, version) }
  replyJson(response, 200, JSON.stringify(resultResponse(id, result)), headers)
}

function reply(response: ServerResponse, id: JsonRpcId, result: JsonObject): void {
  replyJson(response, 200, JSON.stringify(resultResponse(id, result)))
}
