import { Metadata } from '@grpc/grpc-js'
import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import type { Method } from '@ambit/core/wire/a2a/method'
import { a2aVersion, versionHeader, wireProtocol } from '@ambit/core/wire/a2a/version'
import type { Outbound } from '../../egress.ts'
import { traceparentOf } from '../headers.ts'
import { tenantIn } from './address.ts'
import { decode, encode, methodForms, setTenant } from './codec.ts'

/** How an act is put to an agent over gRPC. */
export interface GrpcPlan {
  readonly binding: 'GRPC'
  readonly method: Method
  readonly streams: boolean
  readonly url: URL
  readonly metadata: Metadata
  readonly body: Buffer
  /** The answer in the agent's own bytes answers the caller's message as it stands. */
  readonly answersWire: boolean
}

/** Throws a Fault when the arguments have no form in protocol buffers, or a header none in metadata. */
export function grpcPlan(outbound: Outbound, method: Method, streams: boolean, offered: Interface): GrpcPlan {
  const url = new URL(offered.url)
  const { wire } = outbound
  const same = wire?.protocol === wireProtocol('GRPC')
  const body = bodyOf(outbound, method, same ? wire.bytes : undefined, tenantIn(url))
  if (body === undefined) {
    throw new Fault('input.invalid', {
      detail: 'the arguments cannot be written as a message of protocol buffers',
      where: 'arguments',
    })
  }
  return { binding: 'GRPC', method, streams, url, metadata: metadataOf(outbound), body, answersWire: same }
}

/** The agent's own tenant, where its record has one, takes the place of what the caller wrote. */
function bodyOf(
  outbound: Outbound,
  method: Method,
  same: Buffer | undefined,
  tenant: string,
): Buffer | undefined {
  const { request } = methodForms[method]
  const bytes = same ?? encode(request, outbound.arguments ?? {})
  if (tenant === '' || bytes === undefined) return bytes
  return decode(request, bytes, (message) => setTenant(message, tenant))?.bytes
}

function metadataOf(outbound: Outbound): Metadata {
  const metadata = new Metadata()
  metadata.set(versionHeader, a2aVersion)
  metadata.set('traceparent', traceparentOf(outbound.trace, outbound.act))
  for (const flat of [outbound.wireHeaders ?? [], outbound.headers]) {
    for (let at = 0; at < flat.length; at += 2) add(metadata, flat[at]!, flat[at + 1]!)
  }
  return metadata
}

function add(metadata: Metadata, name: string, value: string): void {
  try {
    metadata.add(name, value)
  } catch (error) {
    // The value may be a credential: it is not repeated.
    throw new Fault('input.invalid', {
      detail: 'this header has no form in the metadata of gRPC',
      where: name,
      cause: error instanceof Error ? error.name : undefined,
    })
  }
}
