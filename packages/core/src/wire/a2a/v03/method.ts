import type { Json } from '../json.ts'
import type { Method } from '../method.ts'
import { readRestPath, restRequest } from '../rest.ts'
import type { RestReading, RestRequest } from '../rest.ts'

/** The operations of 0.3 by their names in JSON-RPC, each as the operation of 1.0 that it is. */
const methods: Readonly<Record<string, Method>> = {
  'message/send': 'SendMessage',
  'message/stream': 'SendStreamingMessage',
  'tasks/get': 'GetTask',
  'tasks/cancel': 'CancelTask',
  'tasks/resubscribe': 'SubscribeToTask',
  'tasks/pushNotificationConfig/set': 'CreateTaskPushNotificationConfig',
  'tasks/pushNotificationConfig/get': 'GetTaskPushNotificationConfig',
  'tasks/pushNotificationConfig/list': 'ListTaskPushNotificationConfigs',
  'tasks/pushNotificationConfig/delete': 'DeleteTaskPushNotificationConfig',
  'agent/getAuthenticatedExtendedCard': 'GetExtendedAgentCard',
}
const names: ReadonlyMap<Method, string> = new Map(
  Object.entries(methods).map(([name, method]) => [method, name]),
)

/** Undefined when 0.3 has no method of that name. */
export function methodTo10(name: string): Method | undefined {
  return Object.hasOwn(methods, name) ? methods[name] : undefined
}

/** Undefined when 0.3 has no such operation (ListTasks). */
export function methodFrom10(method: Method): string | undefined {
  return names.get(method)
}

const prefix = '/v1'
const cardAddress = '/v1/card'

/** Reads a path of HTTP+JSON of 0.3 below an interface's address: `/v1/message:send`, `/v1/tasks/7`, `/v1/card`. */
export function readRestPath03(verb: string, path: string): RestReading {
  if (path === cardAddress) {
    return verb === 'GET'
      ? { ok: true, address: { method: 'GetExtendedAgentCard', members: {} } }
      : { ok: false, why: 'verb', verbs: ['GET'] }
  }
  if (!path.startsWith(`${prefix}/`)) return { ok: false, why: 'unknown' }
  const reading = readRestPath(verb, path.slice(prefix.length))
  if (!reading.ok) return reading
  const { method, members } = reading.address
  const known = names.has(method) && method !== 'GetExtendedAgentCard' && members['tenant'] === undefined
  return known ? reading : { ok: false, why: 'unknown' }
}

/**
 * An operation of 1.0 as an HTTP request of 0.3; `body` are its parameters in the form `proto`, which go into the body
 * where the operation has one. Undefined when a member cannot be written into an address, or 0.3 has no such operation.
 */
export function restRequest03(method: Method, params: Json, body: Json): RestRequest | undefined {
  if (!names.has(method)) return undefined
  if (method === 'GetExtendedAgentCard') return { verb: 'GET', path: cardAddress, query: [], body: undefined }
  const { tenant: _, ...members } = params
  const request = restRequest(method, members)
  if (request === undefined) return undefined
  const { verb, path } = request
  return verb === 'POST'
    ? { verb, path: prefix + path, query: [], body: bodyOf(method, body) }
    : { ...request, path: prefix + path }
}

/** What stands in the address is not said again: strict readers of ProtoJSON know no such member of the body. */
function bodyOf(method: Method, body: Json): Json {
  if (method !== 'CancelTask') return body
  const { id: _, ...rest } = body
  return rest
}
