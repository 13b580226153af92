import { connect as connectHttp2, constants } from 'node:http2'
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from 'node:http2'
import { connect } from 'node:net'
import type { GrpcShot } from './grpc-drafts.ts'
import { mutateBytes } from './hostile-bytes.ts'
import type { Random } from './random.ts'

/** An answer that takes longer has not come: several times what the node waits for an upstream. */
const answerTimeoutMs = 20_000
/** A call that is no whole one may leave the node waiting for more. */
const brokenWaitMs = 60
/** Streams that go on are left after this. */
const streamWaitMs = 250

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader

/** What came back for one call. */
export interface GrpcAnswer {
  readonly headers: Headers
  readonly trailers: IncomingHttpHeaders
  readonly body: Buffer
  /** It came to its end; else this side left. */
  readonly whole: boolean
  /** Why there is no end, where that is the node's fault. */
  readonly missing: string | undefined
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** One connection of HTTP/2 after the other to the node's port of gRPC. */
export class GrpcLane {
  readonly #port: number
  #session: ClientHttp2Session | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Undefined when nothing was to be expected, or node:http2 itself would not send it. */
  async send(random: Random, shot: GrpcShot): Promise<GrpcAnswer | undefined> {
    if (shot.manner === 'garbage') {
      await this.#garbage(random, shot)
      return undefined
    }
    let stream: ClientHttp2Stream
    try {
      stream = this.#open().request(headersOf(shot), { endStream: false })
    } catch {
      // A header that node:http2 refuses to write.
      return undefined
    }
    const answer = await new Call(stream, shot).over()
    if (random.onceIn(20) || answer.missing !== undefined) this.close()
    return answer
  }

  close(): void {
    this.#session?.destroy()
    this.#session = undefined
  }

  #open(): ClientHttp2Session {
    const known = this.#session
    if (known !== undefined && !known.closed && !known.destroyed) return known
    const session = connectHttp2(`http://127.0.0.1:${this.#port}`)
    // What ends a connection is seen at its calls.
    session.on('error', () => undefined)
    this.#session = session
    return session
  }

  /** Bytes that are no HTTP/2, or no longer. */
  async #garbage(random: Random, shot: GrpcShot): Promise<void> {
    const socket = connect({ port: this.#port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    const bytes = mutateBytes(random, Buffer.concat([preface, Buffer.alloc(9), shot.bytes]))
    socket.write(random.onceIn(3) ? Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n') : bytes)
    await new Promise((resolve) => setTimeout(resolve, brokenWaitMs))
    socket.resetAndDestroy()
  }
}

function headersOf({ path, metadata }: GrpcShot): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
  }
  for (const [name, value] of metadata) {
    const before = headers[name]
    if (name === 'content-type' || !Object.hasOwn(headers, name) || before === undefined)
      headers[name] = value
    else headers[name] = [before, value].flat()
  }
  return headers
}

/** One call, until nothing more is to be expected of it. */
class Call {
  readonly #stream: ClientHttp2Stream
  readonly #shot: GrpcShot
  #headers: Headers = {}
  #trailers: IncomingHttpHeaders = {}
  readonly #chunks: Buffer[] = []
  #ended = false
  #closed = false
  #changed: () => void = () => undefined

  constructor(stream: ClientHttp2Stream, shot: GrpcShot) {
    this.#stream = stream
    this.#shot = shot
    stream.on('response', (headers) => this.#note(() => (this.#headers = headers)))
    stream.on('trailers', (trailers) => this.#note(() => (this.#trailers = trailers)))
    stream.on('data', (chunk: Buffer) => this.#note(() => this.#chunks.push(chunk)))
    stream.on('end', () => this.#note(() => (this.#ended = true)))
    stream.on('close', () => this.#note(() => (this.#closed = true)))
    stream.on('error', () => this.#note(() => (this.#closed = true)))
  }

  async over(): Promise<GrpcAnswer> {
    const { manner, bytes } = this.#shot
    this.#stream.write(bytes)
    if (manner !== 'open') this.#stream.end()
    if (manner === 'cancel') setImmediate(() => this.#cancel())
    const missing = await this.#wait()
    this.#cancel()
    const body = Buffer.concat(this.#chunks)
    return { headers: this.#headers, trailers: this.#trailers, body, whole: this.#isWhole(), missing }
  }

  async #wait(): Promise<string | undefined> {
    const { manner } = this.#shot
    const begun = performance.now()
    const isPatient = manner === 'whole'
    const patienceMs = isPatient ? answerTimeoutMs : brokenWaitMs
    for (;;) {
      if (this.#isWhole()) return undefined
      if (this.#closed)
        return isPatient && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR ? noEnd : undefined
      const waited = performance.now() - begun
      if (this.#chunks.length > 0 && (manner === 'cancel-answer' || waited > streamWaitMs)) return undefined
      if (waited > patienceMs) return isPatient ? `no answer within ${answerTimeoutMs} ms` : undefined
      await this.#next(this.#chunks.length > 0 ? streamWaitMs : patienceMs)
    }
  }

  #isWhole(): boolean {
    const status = this.#trailers['grpc-status'] ?? this.#headers['grpc-status']
    const http = this.#headers[':status']
    // What is no gRPC by its media type is answered by HTTP alone.
    return this.#ended && http !== undefined && (status !== undefined || http !== 200)
  }

  #cancel(): void {
    if (!this.#closed) this.#stream.close(constants.NGHTTP2_CANCEL)
  }

  #note(what: () => void): void {
    what()
    this.#changed()
  }

  async #next(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#changed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const noEnd = 'the call was closed without a status'
