import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import { restRequest } from '@ambit/core/wire/a2a/rest'
import type { RpcId } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import {
  a2aMediaType,
  a2aVersion,
  a2aVersion03,
  jsonMediaType,
  streamMediaType,
  wireProtocol,
} from '@ambit/core/wire/a2a/version'
import type { A2aVersion, Binding } from '@ambit/core/wire/a2a/version'
import type { UpstreamRequest } from '../../net/upstream.ts'
import type { Outbound } from '../egress.ts'
import { grpcPlan } from './grpc/request.ts'
import type { GrpcPlan } from './grpc/request.ts'
import { methodOf } from './capability.ts'
import { requestHeaders } from './headers.ts'
import { plan03 } from './legacy/request.ts'

/** How an act is put to an agent over HTTP. */
export interface Plan {
  readonly binding: Exclude<Binding, 'GRPC'>
  readonly version: A2aVersion
  readonly method: Method
  readonly streams: boolean
  readonly url: URL
  readonly verb: UpstreamRequest['method']
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
  /** Of the JSON-RPC request; null in HTTP+JSON. */
  readonly id: RpcId
  /** The answer in the target's own bytes answers the caller's message as it stands. */
  readonly answersWire: boolean
  /** Events can go on in the JSON they came in: a caller of gRPC has them in another form. */
  readonly callerReadsJson: boolean
}

/** Throws a Fault when the target or the arguments cannot be put into a request. */
export function planRequest(outbound: Outbound): Plan | GrpcPlan {
  const method = methodOf(outbound.capability.id, outbound.stream)
  if (method === undefined) {
    throw new Fault('input.invalid', {
      detail: `no operation of A2A is called \`${outbound.capability.id}\``,
      where: 'capability',
    })
  }
  const { offered, binding } = chooseInterface(outbound)
  return planIn(binding, outbound, method, offered)
}

function planIn(binding: Binding, outbound: Outbound, method: Method, offered: Interface): Plan | GrpcPlan {
  if (offered.version === a2aVersion03) return plan03(outbound, method, offered)
  if (binding === 'GRPC') return grpcPlan(outbound, method, operations[method].streams, offered)
  return binding === 'JSONRPC' ? rpcPlan(outbound, method, offered) : restPlan(outbound, method, offered)
}

/**
 * The interface in the caller's own binding and version where there is one, so that the bytes can stay; else the first
 * of 1.0, and only without one the first of 0.3. Never by its place in the card alone.
 */
function chooseInterface(outbound: Pick<Outbound, 'target' | 'wire'>): {
  offered: Interface
  binding: Binding
} {
  let first: { offered: Interface; binding: Binding } | undefined
  for (const offered of outbound.target.interfaces) {
    const binding = bindingOf(offered)
    if (binding === undefined) continue
    const version = offered.version === a2aVersion03 ? a2aVersion03 : a2aVersion
    if (outbound.wire?.protocol === wireProtocol(binding, version)) return { offered, binding }
    if (first === undefined || (version === a2aVersion && first.offered.version === a2aVersion03))
      first = { offered, binding }
  }
  if (first !== undefined) return first
  throw new Fault('upstream.unreachable', {
    detail: 'it has no interface of A2A 1.0 over JSON-RPC, HTTP+JSON or gRPC, nor of 0.3 over the first two',
    where: outbound.target.slug,
  })
}

function bindingOf(offered: Interface): Binding | undefined {
  if (offered.protocol !== 'a2a') return undefined
  if (offered.version !== a2aVersion && offered.version !== a2aVersion03) return undefined
  if (offered.transport === 'jsonrpc') return 'JSONRPC'
  if (offered.transport === 'http+json') return 'HTTP+JSON'
  return offered.transport === 'grpc' && offered.version === a2aVersion ? 'GRPC' : undefined
}

function rpcPlan(outbound: Outbound, method: Method, offered: Interface): Plan {
  const streams = operations[method].streams
  const { wire } = outbound
  const message = wire?.protocol === wireProtocol('JSONRPC') ? envelopeOf(wire.message) : undefined
  // The agent's own tenant takes the place of what the caller wrote, so the bytes cannot stay.
  const same = message?.method === method && offered.tenant === undefined
  const id = same ? message.id : outbound.act
  const tenant = offered.tenant === undefined ? {} : { tenant: offered.tenant }
  return {
    binding: 'JSONRPC',
    version: a2aVersion,
    method,
    streams,
    url: new URL(offered.url),
    verb: 'POST',
    headers: requestHeaders(outbound, a2aVersion, streams ? streamMediaType : jsonMediaType, jsonMediaType),
    body: same
      ? wire!.bytes
      : JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...argumentsOf(outbound), ...tenant } }),
    id,
    answersWire: same,
    callerReadsJson: readsJson(outbound),
  }
}

function envelopeOf(message: unknown): { method: unknown; id: RpcId } | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { method, id } = message as Readonly<Record<string, unknown>>
  return id === null || typeof id === 'string' || typeof id === 'number' ? { method, id } : undefined
}

function restPlan(outbound: Outbound, method: Method, offered: Interface): Plan {
  const streams = operations[method].streams
  const rest = restRequest(method, argumentsOf(outbound))
  if (rest === undefined) {
    throw new Fault('input.invalid', {
      detail: 'the arguments cannot be written as an address of HTTP+JSON',
      where: 'arguments',
    })
  }
  const { wire } = outbound
  const same = wire?.protocol === wireProtocol('HTTP+JSON')
  const url = new URL(offered.url)
  url.pathname = url.pathname.replace(/\/+$/, '') + rest.path
  for (const [name, value] of rest.query) url.searchParams.set(name, value)
  const built = rest.body === undefined ? null : JSON.stringify(rest.body)
  return {
    binding: 'HTTP+JSON',
    version: a2aVersion,
    method,
    streams,
    url,
    verb: rest.verb,
    headers: requestHeaders(
      outbound,
      a2aVersion,
      streams ? streamMediaType : a2aMediaType,
      built === null ? undefined : a2aMediaType,
    ),
    body: same && built !== null && wire.bytes.length > 0 ? wire.bytes : built,
    id: null,
    answersWire: same,
    callerReadsJson: readsJson(outbound),
  }
}

function readsJson({ wire }: Outbound): boolean {
  return wire?.protocol !== wireProtocol('GRPC')
}

function argumentsOf(outbound: Outbound): Readonly<Record<string, unknown>> {
  const given = outbound.arguments
  return typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {}
}

/** The request that tells an agent to stop a task it is known to work on. */
export function planCancel(
  plan: Plan | GrpcPlan,
  outbound: Outbound,
  taskId: string,
): Plan | GrpcPlan | undefined {
  const task = { id: taskId, ...tenantOf(outbound) }
  const cancel: Outbound = { ...outbound, arguments: task, wire: undefined, stream: false }
  const offered = chooseInterface(outbound).offered
  try {
    return planIn(plan.binding, cancel, 'CancelTask', offered)
  } catch (error) {
    // A task id that fits in no address: closing the connection is all that is left to do.
    if (Fault.is(error)) return undefined
    throw error
  }
}

function tenantOf(outbound: Outbound): { tenant?: string } {
  const tenant = argumentsOf(outbound)['tenant']
  return typeof tenant === 'string' && tenant !== '' ? { tenant } : {}
}
