import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isId, isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'
import type { LegacyVersion } from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Gateway } from '../../gateway.ts'
import type { FoundTool, ToolNames } from '../names/tool-names.ts'
import { replyError } from '../reply.ts'
import { LegacyExchange, progressTokenOf } from './exchange.ts'
import type { ClientSession } from './session-handle.ts'

/** One request of a client that was authenticated. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly holder: Holder
  /** Undefined for clients that keep none. */
  readonly session: ClientSession | undefined
  readonly version: LegacyVersion
}

export interface ToolCallsOptions {
  readonly gateway: Gateway
  readonly names: ToolNames
  readonly clock: Clock
}

/** The `tools/call` requests of clients of the older eras, and their cancellation. */
export class ToolCalls {
  readonly #options: ToolCallsOptions
  /** By session and request id. No more than the gateway has acts in flight. */
  readonly #underWay = new Map<string, LegacyExchange>()

  constructor(options: ToolCallsOptions) {
    this.#options = options
  }

  call(visit: Visit, body: Buffer, message: JsonRpcRequest, params: JsonObject): void {
    const { response, holder, session } = visit
    const name = params['name']
    const args = params['arguments'] ?? {}
    if (typeof name !== 'string' || !isObject(args)) {
      const text = '`params.name` is a string and `params.arguments` an object'
      replyError(response, 200, message.id, errorCodes.invalidParams, text)
      return
    }
    const tool = this.#options.names.find(holder, name)
    if (tool === undefined) {
      const text = 'no such tool under this mandate; `tools/list` shows those there are'
      replyError(response, 200, message.id, errorCodes.invalidParams, text)
      return
    }
    const key = session === undefined ? undefined : keyOf(session, message.id)
    if (key !== undefined && this.#underWay.has(key)) {
      const text = 'a call with that id is under way in the session'
      replyError(response, 400, message.id, errorCodes.invalidRequest, text)
      return
    }
    this.#submit(visit, body, message, params, tool, args, key)
  }

  /** Only within the session that made the call: an id means nothing elsewhere. */
  cancel({ session }: Visit, params: JsonObject): void {
    const id = params['requestId']
    if (session !== undefined && isId(id)) this.#underWay.get(keyOf(session, id))?.cancel()
  }

  #submit(
    visit: Visit,
    body: Buffer,
    message: JsonRpcRequest,
    params: JsonObject,
    tool: FoundTool,
    args: JsonObject,
    key: string | undefined,
  ): void {
    const { request, response, holder, version } = visit
    const { gateway, clock } = this.#options
    const takesStream = accepts(request, 'text/event-stream')
    const progressToken = progressTokenOf(params)
    const exchange = new LegacyExchange({
      response,
      id: message.id,
      clock,
      takesStream,
      takesJson: accepts(request, 'application/json'),
      progressToken,
      approvalUrl: (approval) => gateway.approvalUrl(approval),
      over: () => {
        if (key !== undefined) this.#underWay.delete(key)
      },
    })
    if (key !== undefined) this.#underWay.set(key, exchange)
    const protocol = `mcp/${version}`
    const handle = gateway.submit(
      {
        holder,
        target: tool.target,
        capability: tool.capability,
        arguments: args,
        argumentsText: JSON.stringify(args),
        protocolIn: protocol,
        // Ids and progress tokens belong to a session, so the bytes cannot go on into another one.
        wire: { protocol, message, bytes: body, forward: false },
        stream: progressToken !== undefined && takesStream,
        trace: traceOf(request, params),
        parent: undefined,
        place: undefined,
      },
      exchange,
    )
    exchange.begin(handle)
  }
}

function keyOf(session: ClientSession, id: JsonRpcId): string {
  return `${session.id} ${typeof id} ${id}`
}

export function accepts(request: IncomingMessage, type: string): boolean {
  const accept = request.headers.accept
  if (accept === undefined) return type === 'application/json'
  return accept.includes(type) || accept.includes('*/*') || accept.includes(`${type.split('/')[0]}/*`)
}

const traceparentForm = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** The W3C trace id, from the message or else from the header. */
function traceOf(request: IncomingMessage, params: JsonObject): string | undefined {
  const meta = params['_meta']
  const given = (isObject(meta) ? meta[metaKeys.traceparent] : undefined) ?? request.headers['traceparent']
  const trace = typeof given === 'string' ? traceparentForm.exec(given)?.[1] : undefined
  return trace === undefined || /^0+$/.test(trace) ? undefined : trace
}
