import type { ActEvent, Outcome } from '@ambit/core/act'
import { isObject, notificationMessage } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, notifications } from '@ambit/core/wire/mcp/methods'
import { isWanted } from '../legacy/log-level.ts'
import { metaOf, progressTokenOf } from './client.ts'

/**
 * An event as this client understands it: as it came, or what a server of another era says, under the client's own
 * token. Undefined: nothing of it is for this client.
 */
export function eventText(event: Exclude<ActEvent, Outcome>, params: JsonObject): string | undefined {
  if (event.type === 'child') return undefined
  if (event.wire !== undefined) return Buffer.from(event.wire).toString('utf8')
  const { method, params: inner } = isObject(event.value) ? event.value : {}
  const said = method === undefined ? event.value : inner
  if (!isObject(said)) return undefined
  if (event.type === 'progress') return progressText(said, params)
  if (event.type !== 'message' || (method !== undefined && method !== notifications.message)) return undefined
  const level = metaOf(params)[metaKeys.logLevel]
  // Nothing is logged to a client that did not ask for it (2026-07-28, server/utilities/logging).
  if (typeof level !== 'string' || !isWanted(said['level'], level)) return undefined
  return JSON.stringify(notificationMessage(notifications.message, said))
}

function progressText(said: JsonObject, params: JsonObject): string | undefined {
  const progressToken = progressTokenOf(params)
  return progressToken === undefined
    ? undefined
    : JSON.stringify(notificationMessage(notifications.progress, { ...said, progressToken }))
}
