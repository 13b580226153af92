import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The text as JSON; throws when it is none. */
  json(): Record<string, unknown>
}

export interface RawRequest {
  readonly method?: string
  readonly path?: string
  /** Sent as they are, also Host and Origin, which `fetch` would choose itself. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly address?: string
}

/** One request on a connection of its own. A body is JSON unless the headers say otherwise. */
export async function send(port: number, options: RawRequest = {}): Promise<RawAnswer> {
  const { method = 'GET', path = '/', body, address = '127.0.0.1' } = options
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    host: `localhost:${port}`,
    ...options.headers,
  }
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host: address, port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = () => JSON.parse(text) as Record<string, unknown>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Sends exactly these bytes and gives everything that comes back until the other side closes. */
export async function sendBytes(port: number, bytes: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.write(bytes)
  })
}
