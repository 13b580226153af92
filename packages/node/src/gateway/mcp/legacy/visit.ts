import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'
import type { LegacyVersion } from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { View } from '../names/view.ts'
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
  const accept = request.headers.accept
  if (accept === undefined) return type === 'application/json'
  return accept.includes(type) || accept.includes('*/*') || accept.includes(`${type.split('/')[0]}/*`)
}

/** Both are welcome, and the stream was named first. */
export function prefersStream(request: IncomingMessage): boolean {
  const accept = request.headers.accept ?? ''
  const stream = accept.indexOf('text/event-stream')
  const json = accept.indexOf('application/json')
  return stream >= 0 && (json < 0 || stream < json)
}

const traceparentForm = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** The W3C trace id, from the message or else from the header. */
export function traceOf(request: IncomingMessage, params: JsonObject): string | undefined {
  const meta = params['_meta']
  const given = (isObject(meta) ? meta[metaKeys.traceparent] : undefined) ?? request.headers['traceparent']
  const trace = typeof given === 'string' ? traceparentForm.exec(given)?.[1] : undefined
  return trace === undefined || /^0+$/.test(trace) ? undefined : trace
}
