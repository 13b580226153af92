/** JSON-RPC 2.0 as the Model Context Protocol uses it: ids are strings or integers, params are objects, there are no batches. */

export type JsonRpcId = string | number

export type JsonObject = Readonly<Record<string, unknown>>

export interface JsonRpcRequest {
  readonly jsonrpc: '2.0'
  readonly id: JsonRpcId
  readonly method: string
  readonly params?: JsonObject
}

export interface JsonRpcNotification {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params?: JsonObject
}

export interface JsonRpcResult {
  readonly jsonrpc: '2.0'
  readonly id: JsonRpcId
  readonly result: JsonObject
}

export interface JsonRpcError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export interface JsonRpcErrorResponse {
  readonly jsonrpc: '2.0'
  readonly id: JsonRpcId | null
  readonly error: JsonRpcError
}

export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResult | JsonRpcErrorResponse

/** A message with its form made out. */
export type ReadMessage =
  | { readonly form: 'request'; readonly message: JsonRpcRequest }
  | { readonly form: 'notification'; readonly message: JsonRpcNotification }
  | { readonly form: 'result'; readonly message: JsonRpcResult }
  | { readonly form: 'error'; readonly message: JsonRpcErrorResponse }
  | {
      readonly form: 'invalid'
      /** In words for the sender. */
      readonly what: string
      /** The id, where the message has a proper one. */
      readonly id: JsonRpcId | null
    }

/** Longest id taken, so that an id can be kept and echoed at no cost. */
const idCharactersMax = 256

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isId(value: unknown): value is JsonRpcId {
  return typeof value === 'string' ? value.length <= idCharactersMax : Number.isSafeInteger(value)
}

/** Makes out what a parsed JSON value is. By hand and without copies, because every act passes here. */
export function readMessage(value: unknown): ReadMessage {
  if (Array.isArray(value))
    return invalid('batches of messages are not taken; send one message at a time', null)
  if (!isObject(value)) return invalid('a message is a JSON object', null)
  const id = isId(value['id']) ? value['id'] : null
  if (value['jsonrpc'] !== '2.0') return invalid('the member `jsonrpc` must be "2.0"', id)
  if ('method' in value) return readCall(value, id)
  if ('error' in value && 'result' in value) return invalid('an answer has a `result` or an `error`', id)
  if ('error' in value) return readError(value, id)
  if (!('result' in value)) return invalid('a message has a `method`, a `result` or an `error`', id)
  if (id === null) return invalid('the `id` of an answer is a string or an integer', null)
  if (!isObject(value['result'])) return invalid('the `result` must be an object', id)
  return { form: 'result', message: value as unknown as JsonRpcResult }
}

function readCall(value: JsonObject, id: JsonRpcId | null): ReadMessage {
  if (typeof value['method'] !== 'string') return invalid('the `method` must be a string', id)
  if (value['params'] !== undefined && !isObject(value['params']))
    return invalid('the `params` must be an object', id)
  if (value['id'] === undefined)
    return { form: 'notification', message: value as unknown as JsonRpcNotification }
  if (id === null) return invalid('the `id` of a request is a string or an integer', null)
  return { form: 'request', message: value as unknown as JsonRpcRequest }
}

function readError(value: JsonObject, id: JsonRpcId | null): ReadMessage {
  const error = value['error']
  if (!isObject(error) || !Number.isInteger(error['code']) || typeof error['message'] !== 'string')
    return invalid('the `error` must have an integer `code` and a `message`', id)
  return { form: 'error', message: { ...value, id } as unknown as JsonRpcErrorResponse }
}

function invalid(what: string, id: JsonRpcId | null): ReadMessage {
  return { form: 'invalid', what, id }
}

export function requestMessage(id: JsonRpcId, method: string, params?: JsonObject): JsonRpcRequest {
  return params === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params }
}

export function notificationMessage(method: string, params?: JsonObject): JsonRpcNotification {
  return params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params }
}

export function resultResponse(id: JsonRpcId, result: JsonObject): JsonRpcResult {
  return { jsonrpc: '2.0', id, result }
}
