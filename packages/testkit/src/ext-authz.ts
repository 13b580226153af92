import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Client, credentials } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { checkPath, checkRequest, checkResponse } from '@ambit/node/gateway/authz/check-schema'

const same = (bytes: Buffer): Buffer => bytes

/** What a data plane asks, as Envoy writes it. */
export interface CheckQuestion {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
  /** In place of `headers`: as they came, names and values in turn. */
  readonly rawHeaders?: readonly string[]
  readonly body?: string
  readonly rawBody?: Buffer
  readonly context?: Readonly<Record<string, string>>
}

export interface CheckAnswer {
  /** Of `google.rpc.Code`: 0 allowed, 7 refused, 16 unknown caller. */
  readonly code: number
  readonly http?: number
  readonly headers: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  readonly body?: string
}

interface Answered {
  readonly status?: { readonly code: number }
  readonly httpResponse: {
    readonly value?: {
      readonly status?: { readonly code: number }
      readonly headers: readonly { readonly header?: { readonly key: string; readonly value: string } }[]
      readonly headersToRemove?: readonly string[]
      readonly body?: string
    }
  }
}

/** The side of a data plane in `envoy.service.auth.v3`. Rejects with the error of gRPC. */
export function extAuthzClient(address: string): {
  check(question: CheckQuestion | Buffer): Promise<CheckAnswer>
  close(): void
} {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
  return {
    async check(question) {
      const bytes = Buffer.isBuffer(question) ? question : write(question)
      return await new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          checkPath,
          same,
          same,
          bytes,
          (error: ServiceError | null, answer: Buffer | undefined) => {
            if (error === null) resolve(read(answer!))
            else reject(error)
          },
        )
      })
    },
    close: () => client.close(),
  }
}

function write(question: CheckQuestion): Buffer {
  const { method = 'GET', path = '/', host = 'data-plane.example', headers = {}, body = '' } = question
  const { rawHeaders, rawBody, context = {} } = question
  const http = {
    id: 'r1',
    method,
    path,
    host,
    scheme: 'http',
    headers: rawHeaders === undefined ? headers : {},
    ...(rawHeaders === undefined ? {} : { headerMap: { headers: pairs(rawHeaders) } }),
    body,
    ...(rawBody === undefined ? {} : { rawBody }),
  }
  const shape = { attributes: { request: { http }, contextExtensions: context } }
  return Buffer.from(
    toBinary(checkRequest, create(checkRequest, shape as MessageInitShape<typeof checkRequest>)),
  )
}

function pairs(raw: readonly string[]): { key: string; rawValue: Buffer }[] {
  const found: { key: string; rawValue: Buffer }[] = []
  for (let at = 0; at < raw.length; at += 2)
    found.push({ key: raw[at]!, rawValue: Buffer.from(raw[at + 1]!) })
  return found
}

function read(bytes: Buffer): CheckAnswer {
  const { status, httpResponse } = fromBinary(checkResponse, bytes) as unknown as Answered
  const { value } = httpResponse
  const headers = (value?.headers ?? []).flatMap(({ header }) => (header === undefined ? [] : [header]))
  return {
    code: status?.code ?? 0,
    ...(value?.status === undefined ? {} : { http: value.status.code }),
    headers: Object.fromEntries(headers.map(({ key, value: text }) => [key, text])),
    remove: value?.headersToRemove ?? [],
    ...(value?.body === undefined ? {} : { body: value.body }),
  }
}
