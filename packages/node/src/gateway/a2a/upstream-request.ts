import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import { restRequest } from '@ambit/core/wire/a2a/rest'
import type { RpcId } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import {
  a2aMediaType,
  a2aVersion,
  jsonMediaType,
  streamMediaType,
  wireProtocol,
} from '@ambit/core/wire/a2a/version'
import type { Binding } from '@ambit/core/wire/a2a/version'
import type { UpstreamRequest } from '../../net/upstream.ts'
import type { Outbound } from '../egress.ts'
import { methodOf } from './capability.ts'
import type { CarriedMethod } from './capability.ts'
import { traceparentOf } from './headers.ts'

/** How an act is put to an agent. */
export interface Plan {
  readonly binding: Binding
  readonly method: CarriedMethod
  readonly streams: boolean
  readonly url: URL
  readonly verb: UpstreamRequest['method']
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
  /** Of the JSON-RPC request; null in HTTP+JSON. */
  readonly id: RpcId
  /** The answer in the target's own bytes answers the caller's message as it stands. */
  readonly answersWire: boolean
}

/** Throws a Fault when the target or the arguments cannot be put into a request. */
export function planRequest(outbound: Outbound): Plan {
  const method = methodOf(outbound.capability.id, outbound.stream)
  if (method === undefined) {
    throw new Fault('input.invalid', {
      detail: `no operation of A2A is called \`${outbound.capability.id}\``,
      where: 'capability',
    })
  }
  const { offered, binding } = chooseInterface(outbound)
  return binding === 'JSONRPC' ? rpcPlan(outbound, method, offered) : restPlan(outbound, method, offered)
}

/** The interface in the caller's own binding where there is one, so that the bytes can stay; else the agent's first. */
function chooseInterface(outbound: Pick<Outbound, 'target' | 'wire'>): {
  offered: Interface
  binding: Binding
} {
  let first: { offered: Interface; binding: Binding } | undefined
  for (const offered of outbound.target.interfaces) {
    const binding = bindingOf(offered)
    if (binding === undefined) continue
    if (outbound.wire?.protocol === wireProtocol(binding)) return { offered, binding }
    first ??= { offered, binding }
  }
  if (first !== undefined) return first
  throw new Fault('upstream.unreachable', {
    detail: 'it has no interface of A2A 1.0 over JSON-RPC or HTTP+JSON',
    where: outbound.target.slug,
  })
}

function bindingOf(offered: Interface): Binding | undefined {
  if (offered.protocol !== 'a2a' || offered.version !== a2aVersion) return undefined
  if (offered.transport === 'jsonrpc') return 'JSONRPC'
  return offered.transport === 'http+json' ? 'HTTP+JSON' : undefined
}

function rpcPlan(outbound: Outbound, method: CarriedMethod, offered: Interface): Plan {
  const streams = operations[method].streams
  const { wire } = outbound
  const message = wire?.protocol === wireProtocol('JSONRPC') ? envelopeOf(wire.message) : undefined
  const same = message?.method === method
  const id = same ? message.id : outbound.act
  return {
    binding: 'JSONRPC',
    method,
    streams,
    url: new URL(offered.url),
    verb: 'POST',
    headers: headersOf(outbound, jsonMediaType, streams ? streamMediaType : jsonMediaType),
    body: same
      ? wire!.bytes
      : JSON.stringify({ jsonrpc: '2.0', id, method, params: outbound.arguments ?? {} }),
    id,
    answersWire: same,
  }
}

function envelopeOf(message: unknown): { method: unknown; id: RpcId } | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { method, id } = message as Readonly<Record<string, unknown>>
  return id === null || typeof id === 'string' || typeof id === 'number' ? { method, id } : undefined
}

function restPlan(outbound: Outbound, method: CarriedMethod, offered: Interface): Plan {
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
    method,
    streams,
    url,
    verb: rest.verb,
    headers: headersOf(
      outbound,
      built === null ? undefined : a2aMediaType,
      streams ? streamMediaType : a2aMediaType,
    ),
    body: same && built !== null && wire.bytes.length > 0 ? wire.bytes : built,
    id: null,
    answersWire: same,
  }
}

function argumentsOf(outbound: Outbound): Readonly<Record<string, unknown>> {
  const given = outbound.arguments
  return typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {}
}

function headersOf(outbound: Outbound, contentType: string | undefined, accept: string): readonly string[] {
  const headers = [
    'accept',
    accept,
    'a2a-version',
    a2aVersion,
    'traceparent',
    traceparentOf(outbound.trace, outbound.act),
  ]
  if (contentType !== undefined) headers.push('content-type', contentType)
  if (outbound.wire?.headers !== undefined) headers.push(...outbound.wire.headers)
  headers.push(...outbound.headers)
  return headers
}

/** The request that tells an agent to stop a task it is known to work on. */
export function planCancel(plan: Plan, outbound: Outbound, taskId: string): Plan | undefined {
  const task = { id: taskId, ...tenantOf(outbound) }
  const cancel: Outbound = { ...outbound, arguments: task, wire: undefined, stream: false }
  const offered = chooseInterface(outbound).offered
  try {
    return plan.binding === 'JSONRPC'
      ? rpcPlan(cancel, 'CancelTask', offered)
      : restPlan(cancel, 'CancelTask', offered)
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
