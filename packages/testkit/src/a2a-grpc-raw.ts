import { Client, Metadata, Server, ServerCredentials, credentials, status } from '@grpc/grpc-js'
import type { CallOptions, ClientReadableStream, ServerWritableStream, ServiceError } from '@grpc/grpc-js'
import { decode, encode, methodForms, methodPath } from '@ambit/node/gateway/a2a/grpc/codec'
import { foreignError } from '@ambit/node/gateway/a2a/grpc/status'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'

const same = (bytes: Buffer): Buffer => bytes

/** How a call ended: the answers in ProtoJSON, and the error where it ended so. */
export interface RawAnswer {
  readonly answers: Readonly<Record<string, unknown>>[]
  /** By name; `OK` where it went well. */
  readonly status: string
  readonly words: string
  /** Of `google.rpc.Status`, as AIP-193 writes them. */
  readonly details: readonly unknown[]
}

export interface RawCaller {
  /** `body` is ProtoJSON, or bytes as they are sent. */
  call(method: Method, body: object | Buffer, options?: RawOptions): Promise<RawAnswer>
  /** A stream that the test reads by itself. */
  stream(method: Method, body: object | Buffer, options?: RawOptions): ClientReadableStream<Buffer>
  close(): void
}

export interface RawOptions {
  readonly token?: string
  /** Left out: 1.0; null sends none. */
  readonly version?: string | null
  readonly metadata?: readonly (readonly [string, string])[]
  readonly call?: CallOptions
}

/** A caller of A2A over gRPC that says what the test tells it to say. */
export function rawGrpcCaller(address: string, ca?: Buffer, name?: string): RawCaller {
  const secured = ca === undefined ? credentials.createInsecure() : credentials.createSsl(ca)
  const client = new Client(address, secured, {
    'grpc.max_send_message_length': -1,
    ...(name === undefined ? {} : { 'grpc.ssl_target_name_override': name }),
  })
  function stream(method: Method, body: object | Buffer, options: RawOptions): ClientReadableStream<Buffer> {
    const bytes = Buffer.isBuffer(body) ? body : encode(methodForms[method].request, body)!
    const metadata = metadataOf(options)
    return client.makeServerStreamRequest(methodPath(method), same, same, bytes, metadata, options.call ?? {})
  }
  return {
    stream: (method, body, options = {}) => stream(method, body, options),
    async call(method, body, options = {}) {
      const answers: Readonly<Record<string, unknown>>[] = []
      // A single answer is a stream of one.
      const events = stream(method, body, options)
      return await new Promise((resolve) => {
        events.on('data', (bytes: Buffer) => answers.push(decode(methodForms[method].response, bytes)!.json))
        events.on('error', (error: ServiceError) => resolve({ answers, ...errorOf(error) }))
        events.on('end', () => resolve({ answers, status: 'OK', words: '', details: [] }))
      })
    },
    close: () => client.close(),
  }
}

function metadataOf({ token, version = '1.0', metadata = [] }: RawOptions): Metadata {
  const sent = new Metadata()
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`)
  if (version !== null) sent.set('a2a-version', version)
  for (const [name, value] of metadata) sent.add(name, value)
  return sent
}

function errorOf(error: ServiceError): Omit<RawAnswer, 'answers'> {
  const [details] = error.metadata.get('grpc-status-details-bin')
  const read = foreignError(error.code, error.details, Buffer.isBuffer(details) ? details : undefined)
  return { status: status[error.code] ?? 'UNKNOWN', words: error.details, details: read.details }
}

export interface RawGrpcAgent {
  readonly address: string
  close(): void
}

type Answering = ServerWritableStream<Buffer, Buffer>

/** An agent over gRPC that does what the test tells it to do; every method is for it a stream of bytes. */
export async function startRawGrpcAgent(
  answer: (method: Method, call: Answering) => void,
  secured: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<RawGrpcAgent> {
  const server = new Server()
  for (const method of Object.keys(operations) as Method[]) {
    server.register(methodPath(method), (call: Answering) => answer(method, call), same, same, 'serverStream')
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', secured, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() }
}
