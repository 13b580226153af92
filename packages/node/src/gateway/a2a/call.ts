import { isUtf8 } from 'node:buffer'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError, RpcId } from '@ambit/core/wire/a2a/error'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { isTooDeep } from '@ambit/core/wire/depth'
import { isMethod } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import {
  readListRequest,
  readPushListRequest,
  readPushNameRequest,
  readPushRequest,
  readSendRequest,
  readTaskRequest,
} from '@ambit/core/wire/a2a/request'
import type { RequestReading, RequestVerdict } from '@ambit/core/wire/a2a/request'
import { readRestPath, readRestQuery } from '@ambit/core/wire/a2a/rest'
import { a2aVersion } from '@ambit/core/wire/a2a/version'
import type { A2aVersion, Binding } from '@ambit/core/wire/a2a/version'

/** One request of A2A in the terms of 1.0, whichever binding and version it came by. */
export interface Call {
  readonly binding: Binding
  /** The version its bytes are of. */
  readonly version: A2aVersion
  readonly method: Method
  /** Of the JSON-RPC request; null in the other bindings. */
  readonly id: RpcId
  readonly params: Readonly<Record<string, unknown>>
  readonly paramsText: string
  /** The parsed body. */
  readonly message: unknown
  readonly bytes: Buffer
  /** Whether the bytes say the same to every reader: one spelling, no member twice. */
  readonly forward: boolean
  readonly reading: RequestReading
}

export type CallReading = { readonly ok: true; readonly call: Call } | RefusedCall

export interface RefusedCall {
  readonly ok: false
  readonly id: RpcId
  readonly error: A2aError
  /** The verbs that the address takes. */
  readonly allow?: readonly string[]
}

export interface Parsed {
  readonly value: unknown
  readonly text: string
  readonly plain: boolean
}

/** A JSON-RPC request before its method is looked at. */
export interface Envelope {
  readonly ok: true
  /** Null also where there is none. */
  readonly id: RpcId
  /** It has an id. */
  readonly answerable: boolean
  readonly method: string
  readonly params: unknown
  readonly parsed: Parsed
  /** It has no members but those of JSON-RPC. */
  readonly bare: boolean
}

/** Reads a JSON-RPC request (section 9). */
export function readRpcCall(body: Buffer): CallReading {
  const envelope = readEnvelope(body)
  if (!envelope.ok) return envelope
  const { id, method, params, parsed, bare } = envelope
  if (!envelope.answerable) return refuse(null, wrongId())
  if (!isMethod(method)) {
    return refuse(id, a2aError('METHOD_NOT_FOUND', `A2A 1.0 has no method \`${method.slice(0, 100)}\``))
  }
  return finish('JSONRPC', method, id, params, parsed, body, parsed.plain && bare)
}

export function readEnvelope(body: Buffer): Envelope | RefusedCall {
  const parsed = parseBody(body)
  if (parsed === undefined) return refuse(null, unreadable())
  const { value } = parsed
  if (!isObject(value)) {
    return refuse(
      null,
      a2aError('INVALID_REQUEST', 'the body is not a JSON-RPC request object; batches are not taken'),
    )
  }
  const { jsonrpc, id = null, method } = value
  if (!isRpcId(id)) return refuse(null, wrongId())
  if (jsonrpc !== '2.0') return refuse(id, a2aError('INVALID_REQUEST', '`jsonrpc` must be "2.0"'))
  if (typeof method !== 'string') return refuse(id, a2aError('INVALID_REQUEST', '`method` must be a string'))
  const bare = Object.keys(value).every((name) => rpcMembers.has(name))
  const answerable = value['id'] !== undefined
  return { ok: true, id, answerable, method, params: value['params'], parsed, bare }
}

/** For a request whose id is none, or that has none: JSON-RPC answers no notification, and A2A has none. */
export function wrongId(): A2aError {
  return a2aError('INVALID_REQUEST', '`id` must be a string, a whole number or null: every call is answered')
}

const rpcMembers: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params'])

/** Reads an HTTP+JSON request (section 11). `path` is what stands below the interface's address. */
export function readRestCall(verb: string, path: string, query: URLSearchParams, body: Buffer): CallReading {
  const reading = readRestPath(verb, path)
  if (!reading.ok) return refuse(null, pathError(reading), reading.why === 'verb' ? reading.verbs : undefined)
  const said = readRestParts(query, body)
  if (!said.ok) return said
  const { method, members } = reading.address
  const { queried, parsed } = said
  const params: Record<string, unknown> = { ...said.given }
  for (const [name, value] of [...Object.entries(queried), ...Object.entries(members)]) {
    if (
      params[name] !== undefined &&
      params[name] !== null &&
      params[name] !== '' &&
      params[name] !== value
    ) {
      return refuse(
        null,
        a2aError(
          'INVALID_PARAMS',
          `\`${name.slice(0, 100)}\` says one thing in the address and another in the body`,
        ),
      )
    }
    params[name] = value
  }
  const whole = verb === 'GET' || (Object.keys(queried).length === 0 && members['tenant'] === undefined)
  return finish('HTTP+JSON', method, null, params, parsed, body, parsed.plain && whole)
}

/** What the query and the body of an HTTP+JSON request say. */
interface RestParts {
  readonly ok: true
  readonly queried: Json
  readonly parsed: Parsed
  /** The members of the body. */
  readonly given: Json
}

const nothing: Parsed = { value: undefined, text: '', plain: true }

export function readRestParts(query: URLSearchParams, body: Buffer): RestParts | RefusedCall {
  const queried = readRestQuery(query)
  if ('wrong' in queried) {
    const where = queried.wrong.slice(0, 100)
    const what = `\`${where}\` in the query is given twice or is not of its type`
    return refuse(null, a2aError('INVALID_PARAMS', what))
  }
  const parsed = body.length === 0 ? nothing : parseBody(body)
  if (parsed === undefined) return refuse(null, unreadable())
  // Some clients send `null` where there is nothing to say.
  const given = parsed.value ?? {}
  if (!isObject(given)) return refuse(null, a2aError('INVALID_PARAMS', 'the body must be a JSON object'))
  return { ok: true, queried: queried.members, parsed, given }
}

function unreadable(): A2aError {
  return a2aError('PARSE_ERROR', 'the body is not one JSON text in UTF-8 of ordinary depth')
}

export function pathError(reading: Exclude<ReturnType<typeof readRestPath>, { ok: true }>): A2aError {
  if (reading.why === 'malformed')
    return a2aError('INVALID_PARAMS', 'the address is not percent-encoded as it should be')
  if (reading.why !== 'verb') return a2aError('METHOD_NOT_FOUND', 'A2A has no operation at this address')
  return { ...a2aError('METHOD_NOT_FOUND', `this address takes ${reading.verbs.join(' or ')}`), http: 405 }
}

function finish(
  binding: Binding,
  method: Method,
  id: RpcId,
  given: unknown,
  parsed: Parsed,
  bytes: Buffer,
  plain: boolean,
): CallReading {
  const params = inOneSpelling(method, given ?? (method === 'ListTasks' ? {} : given))
  if (!isObject(params)) return refuse(id, a2aError('INVALID_PARAMS', '`params` must be an object'))
  const verdict = readParams(method, params)
  if (!verdict.ok) return refuse(id, a2aError(verdict.reason, verdict.message))
  const paramsText = JSON.stringify(params)
  const forward = plain && params === given && (binding === 'HTTP+JSON' || given !== undefined)
  const call = {
    binding,
    version: a2aVersion,
    method,
    id,
    params,
    paramsText,
    message: parsed.value,
    bytes,
    forward,
    reading: verdict.reading,
  }
  return { ok: true, call }
}

/**
 * ProtoJSON parsers also take a member's original name, and clients of push notifications use it. What is rewritten is
 * sent on in the spelling that was read, so that nobody reads another task in it; `task_id` beside `taskId` is refused
 * with the missing member. In messages there is one spelling only (request.ts).
 */
function inOneSpelling(method: Method, params: unknown): unknown {
  if (!method.includes('PushNotificationConfig') || !isObject(params)) return params
  const { task_id: taskId, ...rest } = params
  if (taskId === undefined) return params
  return Object.hasOwn(rest, 'taskId') ? { ...rest, taskId: undefined } : { ...rest, taskId }
}

const nothingRead: RequestVerdict = { ok: true, reading: { taskIds: [], contextId: undefined } }

/** What the node must know of a request, whichever binding it came by. */
export function readParams(method: Method, params: unknown): RequestVerdict {
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return readSendRequest(params)
    case 'GetTask':
    case 'CancelTask':
    case 'SubscribeToTask':
      return readTaskRequest(params)
    case 'ListTasks':
      return readListRequest(params)
    case 'CreateTaskPushNotificationConfig':
      return readPushRequest(params)
    case 'GetTaskPushNotificationConfig':
    case 'DeleteTaskPushNotificationConfig':
      return readPushNameRequest(params)
    case 'ListTaskPushNotificationConfigs':
      return readPushListRequest(params)
    default:
      return nothingRead
  }
}

/** Undefined when the bytes are no JSON in UTF-8, or nested too deeply. */
function parseBody(body: Buffer): Parsed | undefined {
  // Bytes that are not UTF-8 would be read in one way here and in another by the target.
  if (!isUtf8(body)) return undefined
  const text = body.toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (isTooDeep(value)) return undefined
    return { value, text, plain: JSON.stringify(value) === text }
  } catch {
    // Neither what is wrong nor where matters to the caller's next step: the body is not JSON.
    return undefined
  }
}

export function refuse(id: RpcId, error: A2aError, allow?: readonly string[]): RefusedCall {
  return allow === undefined ? { ok: false, id, error } : { ok: false, id, error, allow }
}

function isRpcId(id: unknown): id is RpcId {
  return id === null || typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id))
}
