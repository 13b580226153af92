import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import type { TargetCapability } from '../../../registry/target.ts'
import type { Outbound } from '../../egress.ts'
import { headerText } from '../headers.ts'
import { parameterHeaders } from './parameter-headers.ts'

type Wire = NonNullable<Outbound['wire']>

export interface OutgoingOptions {
  /** Name and version this node gives of itself. */
  readonly clientInfo: { readonly name: string; readonly version: string }
}

const callHeaders = new WeakMap<TargetCapability, readonly string[]>()

/** The headers of a request, names and values in turn; `wire` is the caller's message where its bytes are sent. */
export function headersOf(outbound: Outbound, wire: Wire | undefined): readonly string[] {
  const fixed =
    outbound.operation === undefined
      ? headersOfCall(outbound.capability)
      : headersFor(outbound.operation, nameIn(outbound.operation, outbound.arguments))
  const mirrored = wire === undefined ? mirroredIn(outbound) : wire.headers
  if (mirrored === undefined || mirrored.length === 0)
    return outbound.headers.length === 0 ? fixed : [...fixed, ...outbound.headers]
  return [...fixed, ...outbound.headers, ...mirrored]
}

function mirroredIn(outbound: Outbound): readonly string[] | undefined {
  return outbound.operation === undefined
    ? parameterHeaders(outbound.capability, outbound.arguments)
    : undefined
}

function headersOfCall(capability: TargetCapability): readonly string[] {
  let headers = callHeaders.get(capability)
  if (headers === undefined)
    callHeaders.set(capability, (headers = headersFor(methods.toolsCall, capability.id)))
  return headers
}

function headersFor(method: string, name: string | undefined): readonly string[] {
  return [
    'content-type',
    'application/json',
    'accept',
    'application/json, text/event-stream',
    'mcp-protocol-version',
    modernVersion,
    'mcp-method',
    method,
    ...(name === undefined ? [] : ['mcp-name', headerText(name)]),
  ]
}

function nameIn(method: string, args: unknown): string | undefined {
  const member = operations[method]?.name
  const name = member !== undefined && isObject(args) ? args[member] : undefined
  return typeof name === 'string' ? name : undefined
}

/** The request in this node's own words, where no client of this version wrote one. */
export function ownMessage(outbound: Outbound, options: OutgoingOptions): string {
  const { operation } = outbound
  const params = isObject(outbound.arguments) ? outbound.arguments : {}
  const { [metaKeys.logLevel]: logLevel, ...capabilities } = outbound.callerCapabilities ?? {}
  const meta: JsonObject = {
    [metaKeys.protocolVersion]: modernVersion,
    [metaKeys.clientCapabilities]: capabilities,
    [metaKeys.clientInfo]: options.clientInfo,
    [metaKeys.traceparent]: `00-${outbound.trace}-${outbound.act.slice(-16)}-01`,
    ...(logLevel === undefined ? {} : { [metaKeys.logLevel]: logLevel }),
    // Without a token the server says nothing of its progress (2026-07-28, basic/patterns/progress).
    ...(outbound.stream && operation !== methods.listen ? { [metaKeys.progressToken]: outbound.act } : {}),
  }
  return JSON.stringify({
    jsonrpc: '2.0',
    id: outbound.act,
    method: operation ?? methods.toolsCall,
    params:
      operation === undefined
        ? { name: outbound.capability.id, arguments: params, _meta: meta }
        : { ...params, _meta: meta },
  })
}
