import type {
  Metadata,
  ServerInterceptor,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { ServerInterceptingCall, ServerListenerBuilder } from '@grpc/grpc-js'
import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { a2aVersion } from '@ambit/core/wire/a2a/version'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import type { GrpcService } from '../../grpc-service.ts'
import { readParams } from '../call.ts'
import type { Call, CallReading } from '../call.ts'
import { submitCall } from '../call-submission.ts'
import type { IngressParts } from '../call-submission.ts'
import { faultError } from '../refusal.ts'
import { serviceError, streamCaller, unaryCaller } from './caller.ts'
import type { GrpcCaller, StreamCall, UnaryCall } from './caller.ts'
import { decode, methodForms, methodPath, setTenant, tenantOf } from './codec.ts'
import { admit } from './metadata.ts'
import type { Admission } from './metadata.ts'
import { statusOf } from './status.ts'

export interface A2aGrpcOptions {
  readonly parts: IngressParts
  /** By slug; of any protocol and in any state. */
  readonly registry: { target(slug: string, organization: string): Target | undefined }
}

/**
 * Agents as servers of A2A 1.0 over gRPC, all at one address: the request's `tenant` begins with the name of the agent
 * (`<slug>`, or `<slug>/<tenant>` for a tenant of the agent's own). A caller whose mandate shows it one agent only need
 * not name it.
 */
export function createA2aGrpc(options: A2aGrpcOptions): GrpcService {
  const methods = Object.keys(methodForms) as Method[]
  const handlers: UntypedServiceImplementation = {}
  for (const method of methods) {
    handlers[method] = operations[method].streams
      ? (call: StreamCall) => take(options, method, call, streamCaller(method, call))
      : (call: UnaryCall, done: Parameters<typeof unaryCaller>[2]) =>
          take(options, method, call, unaryCaller(method, call, done))
  }
  const definition = Object.fromEntries(methods.map((method) => [method, definitionOf(method)]))
  return { definition, handlers, interceptor: admission(options) }
}

function definitionOf(method: Method): ServiceDefinition[string] {
  const same = (bytes: Buffer): Buffer => bytes
  return {
    path: methodPath(method),
    requestStream: false,
    responseStream: operations[method].streams,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}

/** Answers who may not call before the message is read. */
function admission({ parts }: A2aGrpcOptions): ServerInterceptor {
  return (_method, call) => {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata: Metadata, next) => {
        const admitted = admit(parts.gateway, metadata)
        if ('holder' in admitted) next(metadata)
        else call.sendStatus(serviceError(statusOf(admitted)))
      })
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }
}

function take(
  options: A2aGrpcOptions,
  method: Method,
  call: UnaryCall | StreamCall,
  caller: GrpcCaller,
): void {
  const { parts } = options
  const admitted = admit(parts.gateway, call.metadata)
  if (!('holder' in admitted)) {
    caller.error(admitted)
    return
  }
  const asked = readAsked(options, admitted, method, call.request)
  if (asked === undefined) {
    caller.error(a2aError('PARSE_ERROR', `the message is not a ${methodForms[method].request.name}`))
    return
  }
  const { reading, target } = asked
  if (!reading.ok) {
    caller.error(reading.error)
    return
  }
  submitCall(parts, {
    call: reading.call,
    holder: admitted.holder,
    target,
    trace: admitted.trace,
    extensions: admitted.extensions,
    receipt: admitted.receipt,
    response: caller,
    reply: caller,
  }).catch((error: unknown) => caller.error(faultError(Fault.from(error))))
}

interface Asked {
  readonly reading: CallReading
  readonly target: Target | undefined
}

/** Undefined when the bytes are no message of the method. */
function readAsked(
  options: A2aGrpcOptions,
  { holder }: Admission,
  method: Method,
  bytes: Buffer,
): Asked | undefined {
  let slug = ''
  const decoded = decode(methodForms[method].request, bytes, (message) => {
    const [first, ...rest] = tenantOf(message).split('/')
    slug = first!
    setTenant(message, rest.join('/'))
  })
  if (decoded === undefined) return undefined
  const target =
    slug === '' ? onlyTarget(options, holder) : options.registry.target(slug, holder.organization)
  const agent = target?.interfaces.some((offered) => offered.protocol === 'a2a') === true ? target : undefined
  return { reading: readCall(method, decoded.json, decoded.bytes), target: agent }
}

function onlyTarget({ parts }: A2aGrpcOptions, holder: Holder): Target | undefined {
  const visible = parts.gateway.visible(holder, 'a2a')
  return visible.length === 1 ? visible[0]!.target : undefined
}

function readCall(method: Method, params: Readonly<Record<string, unknown>>, bytes: Buffer): CallReading {
  const verdict = readParams(method, params)
  if (!verdict.ok) return { ok: false, id: null, error: a2aError(verdict.reason, verdict.message) }
  const call: Call = {
    binding: 'GRPC',
    version: a2aVersion,
    method,
    id: null,
    params,
    paramsText: JSON.stringify(params),
    message: params,
    bytes,
    forward: true,
    reading: verdict.reading,
  }
  return { ok: true, call }
}
