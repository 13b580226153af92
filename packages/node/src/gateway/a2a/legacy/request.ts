import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { Untranslatable } from '@ambit/core/wire/a2a/v03/form'
import type { Form } from '@ambit/core/wire/a2a/v03/form'
import { methodFrom10, restRequest03 } from '@ambit/core/wire/a2a/v03/method'
import { paramsFrom10 } from '@ambit/core/wire/a2a/v03/request'
import { a2aVersion03, jsonMediaType, streamMediaType, wireProtocol } from '@ambit/core/wire/a2a/version'
import type { Outbound } from '../../egress.ts'
import { requestHeaders } from '../headers.ts'
import type { Plan } from '../upstream-request.ts'

/** How an act is put to an agent of 0.3. Throws a Fault when 0.3 has no words for it. */
export function plan03(outbound: Outbound, method: Method, offered: Interface): Plan {
  const name = methodFrom10(method)
  if (name === undefined) {
    throw new Fault('input.invalid', {
      detail: `A2A ${a2aVersion03}, which this agent speaks, has no operation \`${method}\``,
      where: 'capability',
    })
  }
  return offered.transport === 'jsonrpc'
    ? rpcPlan(outbound, method, name, offered)
    : restPlan(outbound, method, offered)
}

function rpcPlan(outbound: Outbound, method: Method, name: string, offered: Interface): Plan {
  const { streams } = operations[method]
  const { wire } = outbound
  const given =
    wire?.protocol === wireProtocol('JSONRPC', a2aVersion03) && isObject(wire.message)
      ? wire.message
      : undefined
  const same = given?.['method'] === name && isId(given['id'])
  const id = same ? (given['id'] as string | number | null) : outbound.act
  const params = same ? {} : words(method, outbound, 'kind')
  return {
    ...shared(outbound, method, same),
    binding: 'JSONRPC',
    url: new URL(offered.url),
    verb: 'POST',
    headers: requestHeaders(outbound, a2aVersion03, streams ? streamMediaType : jsonMediaType, jsonMediaType),
    body: same ? wire!.bytes : JSON.stringify({ jsonrpc: '2.0', id, method: name, params }),
    id,
  }
}

function restPlan(outbound: Outbound, method: Method, offered: Interface): Plan {
  const { streams } = operations[method]
  const params = isObject(outbound.arguments) ? outbound.arguments : {}
  const rest = restRequest03(method, params, words(method, outbound, 'proto'))
  if (rest === undefined) {
    throw new Fault('input.invalid', {
      detail: 'the arguments cannot be written as an address of HTTP+JSON',
      where: 'arguments',
    })
  }
  const { wire } = outbound
  const same = wire?.protocol === wireProtocol('HTTP+JSON', a2aVersion03)
  const url = new URL(offered.url)
  // Some cards write the address with the version that every path begins with.
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '') + rest.path
  for (const [member, value] of rest.query) url.searchParams.set(member, value)
  const built = rest.body === undefined ? null : JSON.stringify(rest.body)
  return {
    ...shared(outbound, method, same),
    binding: 'HTTP+JSON',
    url,
    verb: rest.verb,
    headers: requestHeaders(
      outbound,
      a2aVersion03,
      streams ? streamMediaType : jsonMediaType,
      built === null ? undefined : jsonMediaType,
    ),
    body: same && built !== null && wire.bytes.length > 0 ? wire.bytes : built,
    id: null,
  }
}

function shared(
  outbound: Outbound,
  method: Method,
  answersWire: boolean,
): Pick<Plan, 'version' | 'method' | 'streams' | 'answersWire' | 'callerReadsJson'> {
  return {
    version: a2aVersion03,
    method,
    streams: operations[method].streams,
    answersWire,
    // A caller of 0.3 is given the original and not the bytes (originals.ts).
    callerReadsJson: !(outbound.wire?.protocol.startsWith('a2a/0.3/') ?? false),
  }
}

function words(method: Method, outbound: Outbound, form: Form): Json {
  try {
    return paramsFrom10(method, isObject(outbound.arguments) ? outbound.arguments : {}, form)
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    throw new Fault('input.invalid', {
      detail: `A2A ${a2aVersion03}, which this agent speaks, cannot say this: ${error.message}`,
      where: error.where,
    })
  }
}

function isId(id: unknown): boolean {
  return id === null || typeof id === 'string' || typeof id === 'number'
}
