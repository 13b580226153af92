import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject, readMessage, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import {
  isLegacyVersion,
  isMcpVersion,
  legacyVersions,
  mcpHeaders,
  methods,
  notifications,
  versionWithoutHeader,
} from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import { sseText } from '@ambit/core/wire/sse'
import type { Holder } from '../../../authority/authority.ts'
import { readToolCall } from '../catalogue/tool-call.ts'
import type { IngressParts } from '../ingress-parts.ts'
import type { LegacyHandler } from '../mcp.ts'
import { greetingOf, leftOutMeta } from '../names/greeting.ts'
import type { View } from '../names/view.ts'
import { answerPlan } from '../plans/plan-desk.ts'
import type { PlanVisit } from '../plans/plan-desk.ts'
import { replyError, replyFault, replyJson } from '../reply.ts'
import { Calls } from './calls.ts'
import { declaredTo } from './client-capabilities.ts'
import { ClientStates } from './client-states.ts'
import { isLogLevel } from './log-level.ts'
import { SessionHandles } from './session-handle.ts'
import { accepts, ownerOf, prefersStream, traceOf } from './visit.ts'
import type { Visit } from './visit.ts'

interface Room {
  readonly parts: IngressParts
  readonly handles: SessionHandles
  readonly states: ClientStates
  readonly calls: Calls
}

/**
 * Clients of 2025-11-25, 2025-06-18 and 2025-03-26 over streamable HTTP. A session is a sealed handle, so that any
 * replica can answer; a cancellation, an answer to a question and the rest of a stream must reach the replica that has
 * the call.
 */
export function createLegacyIngress(parts: IngressParts): LegacyHandler {
  const states = new ClientStates(parts)
  const room: Room = { parts, handles: new SessionHandles(parts), states, calls: new Calls(parts, states) }
  return {
    handle(request, response, body, message, authentication, slug) {
      try {
        if (!authentication.ok) {
          replyFault(response, null, new Fault(authentication.code, { detail: authentication.detail }))
          return
        }
        const { holder } = authentication
        const view = parts.views.at(holder, slug)
        if (view === undefined) {
          const detail = 'no MCP server of your organisation has that name'
          replyFault(response, null, new Fault('input.not-found', { detail }))
        } else handle(room, request, response, { body, message, holder, view })
      } catch (error) {
        const fault = Fault.from(error)
        if (fault.code === 'internal') parts.log.error('mcp.request-failed', { error: String(error) })
        replyFault(response, null, fault)
      }
    },
    close() {
      parts.decisions?.close()
      states.close()
    },
  }
}

interface Arrival {
  readonly body: Buffer | undefined
  readonly message: unknown
  readonly holder: Holder
  readonly view: View
}

function handle(room: Room, request: IncomingMessage, response: ServerResponse, arrival: Arrival): void {
  const { body, message, holder, view } = arrival
  const initializing = isObject(message) && message['method'] === methods.initialize
  const visit = initializing
    ? { request, response, holder, view, session: undefined, version: legacyVersions[0] }
    : admit(room, request, response, arrival)
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
      room.states.end(visit)
      response.writeHead(204).end()
      return
    default: {
      const allow = 'POST, GET, DELETE'
      const text = 'this address takes POST, GET and DELETE'
      replyError(response, 405, null, errorCodes.invalidRequest, text, undefined, { allow })
    }
  }
}

/** Looks at the headers that every request after `initialize` carries; undefined when they were answered with an error. */
function admit(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
  { holder, view }: Arrival,
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
  // A session goes on in the version it negotiated, whichever of the older ones a request names.
  const version = session?.version ?? (isLegacyVersion(asked) ? asked : versionWithoutHeader)
  return { request, response, holder, view, session, version }
}

function listen(room: Room, visit: Visit): void {
  const { request, response } = visit
  if (!accepts(request, 'text/event-stream')) {
    replyError(response, 406, null, errorCodes.invalidRequest, 'a GET must accept text/event-stream')
    return
  }
  const last = request.headers['last-event-id']
  // An id of a stream that is over, or that another replica had: what comes from now on is better than nothing.
  if (typeof last === 'string' && room.calls.streams.resume(response, ownerOf(visit), last)) return
  room.states.listen(visit)
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
      room.calls.questions.answer(ownerOf(visit), read.message)
      response.writeHead(202).end()
  }
}

function answer(room: Room, visit: Visit, body: Buffer, message: JsonRpcRequest): void {
  switch (message.method) {
    case methods.initialize:
      initialize(room, visit, message)
      return
    case methods.ping:
      reply(visit, message, {})
      return
    case methods.toolsList:
      listTools(visit, message)
      return
    case methods.toolsCall:
      callTool(room, visit, body, message)
      return
    case methods.setLevel:
      setLevel(room, visit, message)
      return
    case methods.resourcesSubscribe:
    case methods.resourcesUnsubscribe:
      subscribe(room, visit, message)
      return
    default:
      if (isOperation(message.method)) {
        noteInterest(room, visit, message.method)
        room.calls.operation(visit, body, message)
      } else refuse(visit, message, errorCodes.methodNotFound, 'this node does not answer that method')
  }
}

/** Methods of 2026-07-28 alone are none here. */
function isOperation(method: string): boolean {
  return method !== methods.listen && !method.startsWith('tasks/') && Object.hasOwn(operations, method)
}

function initialize(room: Room, visit: Visit, message: JsonRpcRequest): void {
  const params = message.params ?? {}
  const asked = params['protocolVersion']
  const version = isLegacyVersion(asked) ? asked : legacyVersions[0]
  const given = params['capabilities']
  const result = {
    protocolVersion: version,
    ...greetingOf(visit.view),
    serverInfo: room.parts.serverInfo,
  }
  const capabilities = declaredTo(isObject(given) ? given : undefined)
  const headers = { [mcpHeaders.sessionId]: room.handles.create(visit.holder.key, version, capabilities) }
  replyJson(visit.response, 200, JSON.stringify(resultResponse(message.id, result)), headers)
}

function listTools(visit: Visit, message: JsonRpcRequest): void {
  if (message.params?.['cursor'] !== undefined) {
    refuse(visit, message, errorCodes.invalidParams, 'the list has one page only: there is no such cursor')
    return
  }
  const meta = leftOutMeta(visit.view)
  const more = meta === undefined ? '' : `,"_meta":${JSON.stringify(meta)}`
  // The text of the list was made once for all who see the same.
  const list = `{"tools":${visit.view.catalogue.text}${more}}`
  replyText(visit, `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${list}}`)
}

function callTool(room: Room, visit: Visit, body: Buffer, message: JsonRpcRequest): void {
  const call = readToolCall(visit.view, message.params ?? {})
  if (call.form === 'invalid') refuse(visit, message, errorCodes.invalidParams, call.what)
  else if (call.form === 'answer') reply(visit, message, call.result)
  else if (call.form === 'plan') handIn(room, visit, message, call.call)
  else room.calls.tool(visit, body, message, call)
}

/** For clients of these eras a list is an answer with the address in it: there is no call that goes on with it. */
function handIn({ parts }: Room, visit: Visit, message: JsonRpcRequest, call: PlanVisit['call']): void {
  const { request, response, holder, version } = visit
  if (parts.planning === undefined) return
  const trace = traceOf(request, message.params ?? {})
  answerPlan(parts.planning, { holder, call, protocolIn: `mcp/${version}`, trace })
    .then(({ result }) => reply(visit, message, result))
    .catch((error: unknown) => {
      const { title, code, detail, remedy, retryable } = Fault.from(error)
      const data = { code, detail, remedy, retryable }
      replyError(response, 200, message.id, errorCodes.internal, `${title}: ${detail}`, data)
    })
}

function setLevel(room: Room, visit: Visit, message: JsonRpcRequest): void {
  const level = message.params?.['level']
  if (!isLogLevel(level)) {
    refuse(visit, message, errorCodes.invalidParams, '`level` is one of the severities of RFC 5424')
    return
  }
  room.states.of(visit).logLevel = level
  reply(visit, message, {})
}

function subscribe(room: Room, visit: Visit, message: JsonRpcRequest): void {
  const uri = message.params?.['uri']
  if (typeof uri !== 'string') {
    refuse(visit, message, errorCodes.invalidParams, '`params.uri` is a string')
  } else if (message.method === methods.resourcesUnsubscribe) {
    room.states.unsubscribe(visit, uri)
    reply(visit, message, {})
  } else {
    room.states.subscribe(visit, uri, (refused) => {
      if (refused === undefined) reply(visit, message, {})
      else refuse(visit, message, errorCodes.invalidParams, refused)
    })
  }
}

/** Whoever has read such a list is told when it changes. */
function noteInterest(room: Room, visit: Visit, method: string): void {
  if (method === methods.promptsList) room.states.find(visit)?.followList('promptsListChanged')
  else if (method === methods.resourcesList) room.states.find(visit)?.followList('resourcesListChanged')
}

function reply(visit: Visit, message: JsonRpcRequest, result: JsonObject): void {
  replyText(visit, JSON.stringify(resultResponse(message.id, result)))
}

/** As the client prefers it: a document, or a stream of one event. */
function replyText({ request, response }: Visit, text: string): void {
  if (!prefersStream(request)) {
    replyJson(response, 200, text)
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' })
  response.end(sseText(text))
}

function refuse({ response }: Visit, message: JsonRpcRequest, code: number, text: string): void {
  replyError(response, 200, message.id, code, text)
}
