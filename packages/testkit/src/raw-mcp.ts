import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from './raw-http.ts'
import type { RawAnswer } from './raw-http.ts'

const version = '2026-07-28'

export interface RawCall {
  readonly token?: string
  readonly name?: string
  readonly args?: unknown
  readonly id?: unknown
  /** Further members of `params`. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly capabilities?: Readonly<Record<string, unknown>>
  readonly progressToken?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The message of a `tools/call` of 2026-07-28, and the headers that go with it. */
export function modernCall(call: RawCall): { headers: Record<string, string>; body: string } {
  const { name = 'echo', args = {}, id = 1, capabilities = {}, progressToken } = call
  const message = {
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: {
      name,
      arguments: args,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': capabilities,
        'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
        ...(progressToken === undefined ? {} : { progressToken }),
      },
      ...call.params,
    },
  }
  return {
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': 'tools/call',
      'mcp-name': name,
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
      ...call.headers,
    },
    body: JSON.stringify(message),
  }
}

/** Makes one call as a client of 2026-07-28 that does nothing by itself. */
export async function rawCall(port: number, call: RawCall): Promise<RawAnswer> {
  return await send(port, { method: 'POST', path: '/mcp', ...modernCall(call) })
}

export interface RawMcpServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Calls that were not closed yet. */
  readonly open: number
  /** Calls that arrived. */
  readonly calls: number
}

interface Message {
  readonly id: unknown
  readonly method: string
  readonly params: { readonly arguments?: unknown }
}

const discovery = {
  supportedVersions: [version],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: 'private',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'raw', version: '1.0.0' } },
}

const echo = {
  name: 'echo',
  description: 'Says the text again',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  annotations: { readOnlyHint: true, openWorldHint: false },
}

/**
 * A server of 2026-07-28 that describes one tool truly (`echo`, unless another is given) and answers calls of it as the
 * test says: true to the protocol or not, or never.
 */
export async function startRawMcpServer(
  respond: (message: Message, response: ServerResponse, request: IncomingMessage) => void,
  tool: Readonly<Record<string, unknown>> = echo,
): Promise<RawMcpServer> {
  let open = 0
  let calls = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Message
      if (message.method === 'tools/call') {
        calls++
        open++
        response.on('close', () => open--)
        respond(message, response, request)
        return
      }
      const result =
        message.method === 'tools/list' ? { tools: [tool], ttlMs: 0, cacheScope: 'private' } : discovery
      answerJson(response, message.id, { resultType: 'complete', ...result })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    get open() {
      return open
    },
    get calls() {
      return calls
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** A result in one piece of JSON. */
export function answerJson(response: ServerResponse, id: unknown, result: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
}

/** The result of a tool that says one text. */
export function textResult(text: string): Record<string, unknown> {
  return { resultType: 'complete', content: [{ type: 'text', text }] }
}
