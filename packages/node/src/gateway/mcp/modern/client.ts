import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'
import { tasksExtension } from '../capabilities.ts'
import { opensAddresses as canOpen } from '../input-required.ts'
import { traceIdOf } from '../trace.ts'

/** What a request of 2026-07-28 says of its client in `_meta`. */
export function metaOf(params: JsonObject): JsonObject {
  const meta = params['_meta']
  return isObject(meta) ? meta : {}
}

export function capabilitiesOf(params: JsonObject): JsonObject {
  const capabilities = metaOf(params)[metaKeys.clientCapabilities]
  return isObject(capabilities) ? capabilities : {}
}

/** With the level of log messages beside them, as an egress takes it. */
export function callerCapabilities(params: JsonObject): JsonObject {
  const level = metaOf(params)[metaKeys.logLevel]
  const capabilities = capabilitiesOf(params)
  return level === undefined ? capabilities : { ...capabilities, [metaKeys.logLevel]: level }
}

/** The token under which the client wants to hear of progress. */
export function progressTokenOf(params: JsonObject): unknown {
  return metaOf(params)[metaKeys.progressToken]
}

/** The client can be asked to open an address. */
export function opensAddresses(params: JsonObject): boolean {
  return canOpen(capabilitiesOf(params))
}

/** The client knows the tasks extension. */
export function followsTasks(params: JsonObject): boolean {
  const { extensions } = capabilitiesOf(params)
  return isObject(extensions) && isObject(extensions[tasksExtension])
}

/** The W3C trace id that the request belongs to. */
export function traceOf(params: JsonObject): string | undefined {
  return traceIdOf(metaOf(params)[metaKeys.traceparent])
}
