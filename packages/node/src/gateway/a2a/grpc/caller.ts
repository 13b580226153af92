import { EventEmitter } from 'node:events'
import { Metadata } from '@grpc/grpc-js'
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData, status } from '@grpc/grpc-js'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { Method } from '@ambit/core/wire/a2a/method'
import type { CallerConnection } from '../call-submission.ts'
import { errorForHeader } from '../receipt-metadata.ts'
import type { Reply } from '../reply.ts'
import { encode, methodForms } from './codec.ts'
import { detailsKey, foreignStatus, readStatus, statusOf } from './status.ts'
import type { GrpcStatus } from './status.ts'

export type UnaryCall = ServerUnaryCall<Buffer, Buffer>
export type StreamCall = ServerWritableStream<Buffer, Buffer>

/** The way back to the caller of one call of gRPC. */
interface Way {
  /** Of use before anything else. */
  head(metadata: Metadata): void
  write(bytes: Buffer): boolean
  end(bytes: Buffer | undefined): void
  fail(status: GrpcStatus): void
}

/** Answers one call: `Reply` in the form of gRPC, and the connection that tells when the caller went away. */
export class GrpcCaller extends EventEmitter implements CallerConnection, Reply {
  /** The caller cancelled, its deadline passed, or its connection broke. */
  destroyed = false
  /** The answer is on its way. */
  writableFinished = false
  readonly #method: Method
  readonly #way: Way

  constructor(method: Method, call: UnaryCall | StreamCall, way: Way) {
    super()
    this.#method = method
    this.#way = way
    this.destroyed = call.cancelled
    const events: EventEmitter = call
    events.on('cancelled', () => {
      if (!this.writableFinished) this.destroyed = true
      this.emit('close')
    })
    events.on('drain', () => this.emit('drain'))
  }

  headers(headers: readonly string[]): void {
    const metadata = new Metadata()
    for (let at = 0; at < headers.length; at += 2) {
      const value = headers[at + 1]!
      // An agent of another binding may send what metadata has no form for.
      if (printable.test(value)) metadata.add(headers[at]!, value)
    }
    if (this.#open) this.#way.head(metadata)
  }

  result(value: unknown, wire?: Uint8Array): void {
    const bytes = this.#bytes(value, wire)
    if (bytes !== undefined) this.#end(bytes)
  }

  error(error: Parameters<Reply['error']>[0]): void {
    this.#fail(statusOf(errorForHeader(error)))
  }

  foreignError(error: Parameters<Reply['foreignError']>[0], wire?: Uint8Array): void {
    this.#fail((wire === undefined ? undefined : readStatus(wire)) ?? foreignStatus(error))
  }

  event(value: unknown, wire?: Uint8Array): boolean {
    if (!this.#open) return true
    const bytes = this.#bytes(value, wire)
    return bytes === undefined || this.#way.write(bytes)
  }

  end(): void {
    this.#end(undefined)
  }

  get #open(): boolean {
    return !this.destroyed && !this.writableFinished
  }

  #end(bytes: Buffer | undefined): void {
    if (!this.#open) return
    this.writableFinished = true
    this.#way.end(bytes)
  }

  #fail(of: GrpcStatus): void {
    if (!this.#open) return
    this.writableFinished = true
    this.#way.fail(of)
  }

  /** Undefined, and the call failed, when an agent of another binding said something that has no form here. */
  #bytes(value: unknown, wire: Uint8Array | undefined): Buffer | undefined {
    if (wire !== undefined) return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
    const bytes = encode(methodForms[this.#method].response, value)
    if (bytes === undefined)
      this.error(
        a2aError('INVALID_AGENT_RESPONSE', 'the answer of the agent has no form in protocol buffers'),
      )
    return bytes
  }
}

export function unaryCaller(method: Method, call: UnaryCall, done: sendUnaryData<Buffer>): GrpcCaller {
  return new GrpcCaller(method, call, {
    head: (metadata) => call.sendMetadata(metadata),
    write: () => true,
    end: (bytes) => done(null, bytes ?? Buffer.alloc(0)),
    fail: (status) => done(serviceError(status)),
  })
}

export function streamCaller(method: Method, call: StreamCall): GrpcCaller {
  return new GrpcCaller(method, call, {
    head: (metadata) => call.sendMetadata(metadata),
    write: (bytes) => call.write(bytes),
    end: () => call.end(),
    fail: (status) => call.emit('error', serviceError(status)),
  })
}

const printable = /^[ -~]*$/

/** Longest words of an error: they travel in a header, beside the details that hold them as well. */
const wordsMax = 2000

export function serviceError({ code, message, details }: GrpcStatus): {
  code: status
  details: string
  metadata: Metadata
} {
  const metadata = new Metadata()
  metadata.set(detailsKey, details)
  return { code, details: message.slice(0, wordsMax).toWellFormed(), metadata }
}
