import { Agent, request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { Readable } from 'node:stream'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'

/** What an agent shows at a connection over mutual TLS; PEM. */
export interface AgentIdentity {
  readonly privateKey: string
  readonly chain: string
}

/** A client of its own connections, for one identity. */
export interface CertifiedClient {
  readonly fetch: typeof fetch
  /** Connections that it has open. */
  readonly open: () => number
  close(): void
}

/** A `fetch` over mutual TLS, for clients that take one. `roots`: whom it believes to be the node, PEM. */
export function certifiedClient(
  roots: string,
  identity: AgentIdentity | undefined,
  options: ConnectionOptions = {},
): CertifiedClient {
  const shown = identity === undefined ? {} : { key: identity.privateKey, cert: identity.chain }
  const agent = new Agent({ keepAlive: true, ca: roots, ...shown, ...options })
  const sockets = () => [...Object.values(agent.sockets), ...Object.values(agent.freeSockets)].flat()
  return {
    open: () => sockets().filter((socket) => socket?.destroyed === false).length,
    close: () => agent.destroy(),
    async fetch(input, init) {
      const asked = new Request(input, init)
      const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer())
      const headers = Object.fromEntries(asked.headers)
      const { method, signal } = asked
      return await exchange(new URL(asked.url), { method, headers, agent, signal }, body)
    },
  }
}

async function exchange(url: URL, options: RequestOptions, body: Buffer | undefined): Promise<Response> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      const { statusCode: status = 500, headers } = answer
      const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
      const hasBody = status !== 204 && status !== 202 && status !== 304
      if (!hasBody) answer.resume()
      const stream = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null
      resolve(new Response(stream, { status, headers: pairs }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

export interface Knock {
  /** Undefined: the connection was open, and then something was answered to a request. */
  readonly refused: string | undefined
  readonly protocol: string | undefined
  readonly resumed: boolean
  readonly session: Buffer | undefined
}

/** One connection of its own, with one request on it; says what became of it. */
export async function knock(port: number, options: ConnectionOptions): Promise<Knock> {
  return await new Promise((resolve) => {
    let session: Buffer | undefined
    let socket: TLSSocket
    const end = (refused: string | undefined) => {
      const protocol = refused === undefined ? (socket.getProtocol() ?? undefined) : undefined
      const resumed = refused === undefined && socket.isSessionReused()
      socket.destroy()
      resolve({ refused, protocol, resumed, session })
    }
    socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options }, () => {
      socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
    })
    socket.on('session', (given) => (session = given))
    socket.once('data', () => end(undefined))
    socket.once('error', (error) => end('code' in error ? String(error.code) : error.message))
    socket.once('close', () => end('closed'))
  })
}
