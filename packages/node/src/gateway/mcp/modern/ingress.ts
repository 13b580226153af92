import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion, supportedVersions } from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import type { Holder } from '../../../authority/authority.ts'
import type { McpHeaders } from '../headers.ts'
import { HeldActs } from '../held/held-acts.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { greetingOf, leftOutMeta } from '../names/greeting.ts'
import type { View } from '../names/view.ts'
import { replyError, replyFault, replyJson } from '../reply.ts'
import { ModernCalls } from './calls.ts'
import type { ModernExchange } from './exchange.ts'
import { filterOf, ListenStreams } from './listen.ts'
import { requestError } from './request-check.ts'

/** How long a client may keep a list: a revocation shows within this time even to clients that never ask. */
const listTtlMs = 5000

export interface ModernCallContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: McpHeaders
  readonly holder: Holder
  readonly view: View
  readonly message: JsonRpcRequest
  readonly body: Buffer
  /** The text the body was parsed from. */
  readonly text: string
}

export interface ModernIngress {
  handle(context: ModernCallContext): void
  /** Ends the streams of those who listen, and the acts that wait for their clients. */
  close(): void
}

/** Clients of 2026-07-28: every request stands for itself. */
export function createModernIngress(parts: IngressParts): ModernIngress {
  const meta = { [metaKeys.serverInfo]: parts.serverInfo }
  const metaText = JSON.stringify(meta)
  const held = new HeldActs<ModernExchange>(parts)
  const calls = new ModernCalls({ ...parts, held })
  const streams = new ListenStreams(parts.hub, parts.clock)
  return {
    close() {
      streams.close()
      held.close()
    },
    handle(context) {
      const { response, message, view } = context
      const error = requestError(context.headers, message)
      if (error !== undefined) {
        replyError(response, 400, message.id, error.code, error.message, error.data)
        return
      }
      switch (message.method) {
        case methods.toolsCall:
          calls.take(context)
          return
        case methods.toolsList:
          listTools(context, metaText)
          return
        case methods.discover:
          discover(context, meta)
          return
        case methods.listen:
          openStream(streams, context)
          return
        default:
          if (goesOn(message.method)) calls.take(context)
          else {
            const what = `this node does not answer that method${view.slug === undefined ? '' : ' here'}`
            replyError(response, 404, message.id, errorCodes.methodNotFound, what)
          }
      }
    },
  }
}

/** Methods of the table that this version does not have any more. */
const older: ReadonlySet<string> = new Set([methods.resourcesSubscribe, methods.resourcesUnsubscribe])

function goesOn(method: string): boolean {
  return Object.hasOwn(operations, method) && !older.has(method)
}

/** The list is made once for each view, as text: a long one costs no more than its bytes. */
function listTools({ response, message, view }: ModernCallContext, metaText: string): void {
  const leftOut = leftOutMeta(view)
  const _meta =
    leftOut === undefined ? metaText : `${metaText.slice(0, -1)},${JSON.stringify(leftOut).slice(1)}`
  replyJson(
    response,
    200,
    `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{"resultType":"complete","tools":${view.toolsText},"ttlMs":${listTtlMs},"cacheScope":"private","_meta":${_meta}}}`,
  )
}

function discover({ response, message, view }: ModernCallContext, meta: JsonObject): void {
  const result = {
    resultType: 'complete',
    supportedVersions,
    ...greetingOf(view),
    ttlMs: listTtlMs,
    // What is declared depends on the mandate.
    cacheScope: 'private',
    _meta: meta,
  }
  replyJson(response, 200, JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
}

function openStream(streams: ListenStreams, { response, message, holder, view }: ModernCallContext): void {
  const params = message.params ?? {}
  const filter = filterOf(params)
  if (typeof filter === 'string') {
    replyError(response, 400, message.id, errorCodes.invalidParams, filter)
    return
  }
  const asked = { response, id: message.id, holder, slug: view.slug }
  if (streams.open(asked, filter)) return
  replyFault(response, message.id, new Fault('act.busy', { detail: 'as many clients listen as may' }))
}

export function isModern(headers: McpHeaders, message: unknown): boolean {
  if (headers.version?.trim() === modernVersion) return true
  const params = isObject(message) ? message['params'] : undefined
  const meta = isObject(params) ? params['_meta'] : undefined
  return isObject(meta) && meta[metaKeys.protocolVersion] !== undefined && !isInitialize(message)
}

function isInitialize(message: unknown): boolean {
  return isObject(message) && message['method'] === methods.initialize
}
