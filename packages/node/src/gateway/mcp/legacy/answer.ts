import type { Outcome } from '@ambit/core/act'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { isId, isObject, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcMessage, JsonRpcNotification } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'

/** An outcome as clients of the older eras read it. */
export function outcomeMessage(outcome: Outcome, id: JsonRpcId): JsonRpcMessage {
  const { error } = outcome
  const value = valueOf(outcome)
  if (error === undefined && outcome.status === 'completed') return resultOf(value, id)
  // The upstream's own error, where its protocol has the same form.
  const theirs = isObject(value) && isObject(value['error']) ? value['error'] : undefined
  if (theirs !== undefined && Number.isInteger(theirs['code']) && typeof theirs['message'] === 'string') {
    return errorResponse(id, theirs['code'] as number, theirs['message'], theirs['data'])
  }
  const { code, detail } = error ?? {
    code: 'upstream.invalid',
    detail: 'what became of the call is not known',
  }
  return errorResponse(id, errorCodes.internal, `${code}: ${detail}`, { code, detail })
}

/** The result or `{error}`, also where it came as the bytes of a whole answer (a round of 2026-07-28). */
function valueOf({ value, wire }: Outcome): unknown {
  if (value !== undefined || wire === undefined) return value
  const message: unknown = JSON.parse(Buffer.from(wire).toString('utf8'))
  if (!isObject(message)) return undefined
  return message['error'] === undefined ? message['result'] : { error: message['error'] }
}

/** Members of 2026-07-28 that the older eras do not know. */
const newerMembers = ['resultType', 'ttlMs', 'cacheScope'] as const

function resultOf(value: unknown, id: JsonRpcId): JsonRpcMessage {
  if (!isObject(value)) {
    return resultResponse(id, { content: [{ type: 'text', text: JSON.stringify(value ?? null) }] })
  }
  const { resultType } = value
  if (resultType === undefined) return resultResponse(id, value)
  if (resultType === 'complete') {
    const rest: Record<string, unknown> = { ...value }
    for (const name of newerMembers) delete rest[name]
    return resultResponse(id, rest)
  }
  const detail = 'the server asks for more in a way that this version of the protocol does not have'
  return errorResponse(id, errorCodes.internal, detail, { code: 'upstream.invalid', detail })
}

/** What is known of the progress; it must grow (basic/utilities/progress), so what comes without a number is counted. */
export function progressOf(
  value: unknown,
  before: number,
): { progress: number; total?: number; message?: string } {
  const params = isObject(value) && isObject(value['params']) ? value['params'] : value
  const known = isObject(params) ? params : {}
  const given = known['progress']
  return {
    progress: typeof given === 'number' ? given : before + 1,
    ...(typeof known['total'] === 'number' ? { total: known['total'] } : {}),
    ...(typeof known['message'] === 'string' ? { message: known['message'] } : {}),
  }
}

/** An event's value that is a notification of the protocol. */
export function notificationOf(value: unknown): JsonRpcNotification | undefined {
  if (!isObject(value) || value['jsonrpc'] !== '2.0' || 'id' in value) return undefined
  return typeof value['method'] === 'string' ? (value as unknown as JsonRpcNotification) : undefined
}

/** The client's progress token, where it sent a proper one. */
export function progressTokenOf(params: JsonObject): JsonRpcId | undefined {
  const meta = params['_meta']
  const token = isObject(meta) ? meta[metaKeys.progressToken] : undefined
  return isId(token) ? token : undefined
}
