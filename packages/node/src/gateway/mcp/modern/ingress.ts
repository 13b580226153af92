import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion, supportedVersions } from '@ambit/core/wire/mcp/methods'
import type { Pending } from '../../../approval/approval.ts'
import type { Holder } from '../../../authority/authority.ts'
import type { Gateway } from '../../gateway.ts'
import { storedOutcome } from '../../stored-outcome.ts'
import { headerValue } from '../headers.ts'
import type { McpHeaders } from '../headers.ts'
import type { FoundTool, ToolNames } from '../names/tool-names.ts'
import { replyError, replyFault, replyJson } from '../reply.ts'
import { modernProtocol } from './egress.ts'
import { approvalState, ModernExchange, progressTokenOf } from './exchange.ts'

export interface ModernIngressOptions {
  readonly gateway: Gateway
  readonly names: ToolNames
  readonly serverInfo: { readonly name: string; readonly version: string }
}

/** How long a client may keep the list of tools: a revocation shows within this time even to clients that never ask. */
const listTtlMs = 5000

export interface ModernCallContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: McpHeaders
  readonly holder: Holder
  readonly message: JsonRpcRequest
  readonly body: Buffer
  /** The text the body was parsed from. */
  readonly text: string
}

export interface ModernIngress {
  handle(context: ModernCallContext): void
}

/** Clients of 2026-07-28: every request stands for itself. */
export function createModernIngress(options: ModernIngressOptions): ModernIngress {
  const meta = { [metaKeys.serverInfo]: options.serverInfo }
  return {
    handle(context) {
      const { response, message } = context
      const mismatch = headerMismatch(context)
      if (mismatch !== undefined) {
        replyError(response, 400, message.id, errorCodes.headerMismatch, mismatch)
        return
      }
      switch (message.method) {
        case methods.toolsCall:
          callTool(options, context)
          return
        case methods.toolsList:
          result(response, message.id, meta, {
            tools: options.names.list(context.holder).map((tool) => tool.definition),
            ttlMs: listTtlMs,
            cacheScope: 'private',
          })
          return
        case methods.discover:
          result(response, message.id, meta, {
            supportedVersions,
            capabilities: { tools: {} },
            ttlMs: 3_600_000,
            cacheScope: 'public',
          })
          return
        default:
          replyError(
            response,
            404,
            message.id,
            errorCodes.methodNotFound,
            'this node does not answer that method',
          )
      }
    },
  }
}

function result(response: ServerResponse, id: JsonRpcId, meta: JsonObject, members: JsonObject): void {
  replyJson(
    response,
    200,
    JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...members, _meta: meta } }),
  )
}

/** The headers must say what the body says (2026-07-28, transports): whoever routes by one must not be misled. */
function headerMismatch({ headers, message }: ModernCallContext): string | undefined {
  if (headers.duplicate !== undefined) return `the header ${headers.duplicate} may stand only once`
  if (headers.version === undefined) return 'the header MCP-Protocol-Version is missing'
  const meta = message.params?.['_meta']
  const inBody = isObject(meta) ? meta[metaKeys.protocolVersion] : undefined
  if (inBody !== headers.version.trim())
    return 'the header MCP-Protocol-Version is not the version in `_meta`'
  if (headers.method === undefined) return 'the header Mcp-Method is missing'
  if (headers.method.trim() !== message.method) return 'the header Mcp-Method is not the method of the body'
  if (message.method !== methods.toolsCall) return undefined
  if (headers.name === undefined) return 'the header Mcp-Name is missing'
  const name = headerValue(headers.name)
  if (name === undefined) return 'the header Mcp-Name holds no valid base64'
  return name === message.params?.['name'] ? undefined : 'the header Mcp-Name is not `params.name`'
}

function callTool(options: ModernIngressOptions, context: ModernCallContext): void {
  const { response, message, holder } = context
  const params = message.params ?? {}
  const name = params['name']
  const args = params['arguments'] ?? {}
  if (typeof name !== 'string' || !isObject(args)) {
    replyError(
      response,
      400,
      message.id,
      errorCodes.invalidParams,
      '`params.name` is a string and `params.arguments` an object',
    )
    return
  }
  const tool = options.names.find(holder, name)
  if (tool === undefined) {
    replyError(response, 400, message.id, errorCodes.invalidParams, noSuchTool(options, holder))
    return
  }
  const exchange = new ModernExchange(context.request, response, message.id, params, options.gateway)
  const state = params['requestState']
  if (typeof state === 'string' && state.startsWith(approvalState)) {
    collect(options, context, exchange, tool, args, state.slice(approvalState.length))
    return
  }
  submit(options, context, exchange, tool, args)
}

function submit(
  options: ModernIngressOptions,
  context: ModernCallContext,
  exchange: ModernExchange,
  tool: FoundTool,
  args: JsonObject,
): void {
  const { parameters } = context.headers
  const handle = options.gateway.submit(
    {
      holder: context.holder,
      target: tool.target,
      capability: tool.capability,
      arguments: args,
      argumentsText: JSON.stringify(args),
      protocolIn: modernProtocol,
      wire: {
        protocol: modernProtocol,
        message: context.message,
        bytes: forwardBytes(context, tool),
        forward: true,
        ...(parameters === undefined ? {} : { headers: parameters }),
      },
      stream: progressTokenOf(context.message.params ?? {}) !== undefined,
      trace: undefined,
      parent: undefined,
      place: undefined,
    },
    exchange,
  )
  exchange.begin(handle)
}

/** The client's own bytes, unless they say one thing to one reader and another to the next (duplicate members). */
function forwardBytes({ message, body, text }: ModernCallContext, tool: FoundTool): Buffer {
  if (tool.renamed) {
    return Buffer.from(
      JSON.stringify({ ...message, params: { ...message.params, name: tool.capability.id } }),
    )
  }
  const written = JSON.stringify(message)
  return written === text ? body : Buffer.from(written)
}

/** A client that comes back for an act it was told a person must decide. What it says of the answer counts for nothing. */
function collect(
  options: ModernIngressOptions,
  context: ModernCallContext,
  exchange: ModernExchange,
  tool: FoundTool,
  args: JsonObject,
  id: string,
): void {
  options.gateway.approval(id, context.holder).then(
    (pending) =>
      pending === undefined
        ? submit(options, context, exchange, tool, args)
        : answerPending(exchange, pending, id),
    (error: unknown) => replyFault(context.response, context.message.id, Fault.from(error)),
  )
}

function answerPending(exchange: ModernExchange, pending: Pending, id: string): void {
  if (pending.state === 'pending') exchange.asked(pending)
  else if (pending.state === 'approved' || pending.state === 'performing') exchange.wait(pending)
  else if (pending.state === 'done') exchange.outcome(storedOutcome(pending))
  else exchange.refused(notApproved(pending.state, id), pending.act)
}

function notApproved(state: string, id: string) {
  return {
    class: 'refuse' as const,
    reasons: [{ code: `approval.${state}`, rule: id, what: `the approval this call waited for is ${state}` }],
    obligations: [],
  }
}

function noSuchTool(options: ModernIngressOptions, holder: Holder): string {
  const names = options.names
    .list(holder)
    .slice(0, 20)
    .map((tool) => tool.name)
  const known =
    names.length === 0
      ? 'the mandate allows no tool that is active'
      : `the mandate allows: ${names.join(', ')}`
  return `no such tool under this mandate; ${known}`
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
