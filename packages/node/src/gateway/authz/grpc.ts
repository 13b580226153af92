import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Fault } from '@ambit/core/fault'
import { status } from '@grpc/grpc-js'
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { GrpcService } from '../grpc-service.ts'
import { faulty } from './answer.ts'
import type { PlaneAnswer } from './answer.ts'
import { checkPath, checkRequest, checkResponse } from './check-schema.ts'
import type { CheckRequest, CheckedHttp } from './check-schema.ts'
import { admit, decideFor } from './decision-desk.ts'
import type { DeskOptions } from './decision-desk.ts'
import { readHeaders } from './headers.ts'
import { unclear } from './question.ts'

/**
 * The decision point over gRPC: `envoy.service.auth.v3.Authorization`. What the data plane's configuration says stands in
 * `context_extensions`; headers of those names are the client's and count for nothing here.
 */
export function createAuthzGrpc(options: DeskOptions): GrpcService {
  const same = (bytes: Buffer): Buffer => bytes
  const check = {
    path: checkPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
  return {
    definition: { Check: check },
    handlers: {
      Check: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        answerTo(options, call.request).then(
          (answer) => reply(answer, done),
          (error: unknown) => reply(faulty(Fault.from(error)), done),
        )
      },
    },
  }
}

async function answerTo(options: DeskOptions, bytes: Buffer): Promise<PlaneAnswer> {
  const request = read(bytes)
  const http = request?.attributes?.request?.http
  if (http === undefined) return faulty(unclear('the message is no CheckRequest about a request of HTTP'))
  const headers = readHeaders(rawHeaders(http), options.placeHeader)
  const admitted = admit(options, headers)
  if (!('holder' in admitted)) return admitted
  const context = request?.attributes?.contextExtensions ?? {}
  return await decideFor(options, admitted, {
    method: http.method,
    url: http.path,
    host: http.host === '' ? undefined : http.host,
    headers,
    target: own(context, 'ambit-target'),
    capability: own(context, 'ambit-capability'),
    body: http.rawBody.length > 0 ? Buffer.from(http.rawBody) : Buffer.from(http.body),
  })
}

function own(context: Readonly<Record<string, string>>, name: string): string | undefined {
  const value = Object.hasOwn(context, name) ? context[name] : undefined
  return value === '' ? undefined : value
}

/** Undefined when the bytes are no such message. */
function read(bytes: Buffer): CheckRequest | undefined {
  try {
    return fromBinary(checkRequest, bytes) as unknown as CheckRequest
  } catch {
    // What is wrong with them is nothing that a data plane's log would be read for.
    return undefined
  }
}

function rawHeaders({ headers, headerMap }: CheckedHttp): string[] {
  if (headerMap === undefined) return Object.entries(headers).flat()
  return headerMap.headers.flatMap(({ key, value, rawValue }) => [
    key,
    rawValue.length > 0 ? Buffer.from(rawValue).toString('latin1') : value,
  ])
}

const codes = { 200: status.OK, 401: status.UNAUTHENTICATED, 403: status.PERMISSION_DENIED } as const

function reply(answer: PlaneAnswer, done: sendUnaryData<Buffer>): void {
  if (answer.status === 503) {
    done({ code: status.UNAVAILABLE, details: answer.headers['ambit-reason'] ?? '' })
    return
  }
  const headers = Object.entries(answer.headers).map(([key, value]) => ({ header: { key, value } }))
  const httpResponse =
    answer.status === 200
      ? { case: 'okResponse', value: { headers, headersToRemove: [...answer.remove] } }
      : { case: 'deniedResponse', value: { status: { code: answer.status }, headers, body: answer.body } }
  const shape = { status: { code: codes[answer.status] }, httpResponse } as MessageInitShape<
    typeof checkResponse
  >
  done(null, Buffer.from(toBinary(checkResponse, create(checkResponse, shape))))
}
