import { once } from 'node:events'
import { connect, constants, createServer } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'

export interface GrpcTokenProxy extends AsyncDisposable {
  readonly port: number
}

/** Adds the token to each call of gRPC, which is HTTP/2 without TLS here, and passes on all else as it comes. */
export async function startGrpcTokenProxy(nodePort: number, token: string): Promise<GrpcTokenProxy> {
  const node = connect(`http://127.0.0.1:${nodePort}`)
  // A node that does not listen fails each call below; without a listener the session would end the process.
  node.on('error', () => undefined)
  const server = createServer()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => pass(stream as ServerHttp2Stream, headers))

  function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const onward = node.request({ ...headers, authorization: `Bearer ${token}` }, { endStream: false })
    onward.on('response', (answer, flags) => {
      const isOver = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
      stream.respond(answer, { endStream: isOver, waitForTrailers: !isOver })
    })
    let trailers: IncomingHttpHeaders = {}
    onward.on('trailers', (received) => {
      trailers = received
    })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    onward.pipe(stream)
    stream.pipe(onward)
    onward.on('error', () => stream.close(constants.NGHTTP2_REFUSED_STREAM))
    stream.on('error', () => onward.close(constants.NGHTTP2_CANCEL))
    // Whoever hangs up here hangs up there too.
    stream.on('aborted', () => onward.close(constants.NGHTTP2_CANCEL))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      for (const session of sessions) session.destroy()
      server.close()
      node.destroy()
      await closed
    },
  }
}
