import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What came in one request. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** Of the JSON-RPC request. */
  readonly id: unknown
}

export interface RawAgent extends AsyncDisposable {
  readonly url: string
  readonly requests: RawRequest[]
}

/**
 * An agent that says what the test tells it to say, true to the protocol or not. Serves a card that offers `/rpc` and
 * `/rest`; everything else goes to `respond`.
 */
export async function startRawAgent(
  respond: (request: RawRequest, response: ServerResponse) => void,
  card: Readonly<Record<string, unknown>> = {},
): Promise<RawAgent> {
  const requests: RawRequest[] = []
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/agent-card.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...rawCard(url), ...card }))
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = readRequest(request, Buffer.concat(chunks).toString('utf8'))
      requests.push(raw)
      respond(raw, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function readRequest(request: IncomingMessage, text: string): RawRequest {
  let id: unknown
  try {
    id = (JSON.parse(text) as { id?: unknown }).id
  } catch {
    // Not a JSON-RPC request: HTTP+JSON has none.
    id = undefined
  }
  return { method: request.method ?? '', path: request.url ?? '', headers: request.headers, text, id }
}

/** The smallest card that streams over both bindings. */
export function rawCard(url: string): Record<string, unknown> {
  return {
    name: 'Raw',
    description: 'Says what it is told to say.',
    version: '1.0.0',
    supportedInterfaces: [
      { url: `${url}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: `${url}/rest`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
    ],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'raw', name: 'Raw', description: 'Raw', tags: [] }],
  }
}
