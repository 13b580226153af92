import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'
import type { LegacyVersion } from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { View } from '../names/view.ts'
import { traceIdOf } from '../trace.ts'
import type { ClientSession } from './session-handle.ts'

/** One request of a client that was authenticated. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly holder: Holder
  readonly view: View
  /** Undefined for clients that keep none. */
  readonly session: ClientSession | undefined
  readonly version: LegacyVersion
}

/** To whom questions, streams and subscriptions belong: the session where there is one, else the holder. */
export function ownerOf({ holder, session }: Pick<Visit, 'holder' | 'session'>): string {
  return `${holder.key}\n${session?.id ?? ''}`
}

export function accepts(request: IncomingMessage, type: string): boolean {
  const accept = request.headers.accept?.toLowerCase()
  if (accept === undefined) return type === 'application/json'
  return accept.includes(type) || accept.includes('*/*') || accept.includes(`${type.split('/')[0]}/*`)
}

/** Both are welcome, and the stream was named first. */
export function prefersStream(request: IncomingMessage): boolean {
  const accept = request.headers.accept?.toLowerCase() ?? ''
  const stream = accept.indexOf('text/event-stream')
  const json = accept.indexOf('application/json')
  return stream >= 0 && (json < 0 || stream < json)
}

/** The W3C trace id, from the message or else from the header. */
export function traceOf(request: IncomingMessage, params: JsonObject): string | undefined {
  const meta = params['_meta']
  return traceIdOf(
    (isObject(meta) ? meta[metaKeys.traceparent] : undefined) ?? request.headers['traceparent'],
  )
}
