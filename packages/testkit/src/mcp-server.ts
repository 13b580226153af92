import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { fixtureServer } from './mcp-fixture.ts'
import type { FixtureCall, FixtureState } from './mcp-fixture.ts'

export interface McpServerOptions {
  /** `both` (the default): 2026-07-28 and, with sessions, the eras before; or one of them alone. */
  readonly eras?: 'both' | 'modern' | 'legacy'
  /** Further tools `tool-0`, `tool-1` …, for long lists. */
  readonly extraTools?: number
  /** A fixed port, to come back under the same address. */
  readonly port?: number
  /** Left out: 127.0.0.1. */
  readonly host?: string
  /** Requests without this Authorization header are answered with 401. */
  readonly authorization?: string
  /** Looks at each request first; one that is not let in is answered like this. */
  readonly admits?: (
    request: IncomingMessage,
    body: unknown,
  ) => { readonly status: number; readonly challenge: string } | undefined
  /** JSON documents beside the server itself, by their path. */
  readonly page?: (path: string) => unknown
}

export interface TestMcpServer {
  /** `http://127.0.0.1:…/mcp` */
  readonly url: string
  readonly port: number
  /** What was called, in order. */
  readonly calls: readonly FixtureCall[]
  /** Sessions of the older eras that are open. */
  readonly sessions: number
  /** From now on the tool is described like this (drift); undefined: as at first. */
  describe(tool: string, description: string | undefined): void
  /** Forgets all sessions, as a restart would. */
  forgetSessions(): void
  close(): Promise<void>
}

/** A server on a real socket, made of the official SDK, with the tools of `fixtureServer`. */
export async function startMcpServer(options: McpServerOptions = {}): Promise<TestMcpServer> {
  const { eras = 'both', host = '127.0.0.1' } = options
  const state: FixtureState = { calls: [], descriptions: new Map(), extraTools: options.extraTools ?? 0 }
  const modern = toNodeHandler(createMcpHandler(() => fixtureServer(state, 'modern'), { legacy: 'reject' }))
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
      return
    }
    const page = options.page?.(request.url ?? '')
    if (page !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page))
      return
    }
    const body = await readJson(request)
    const refusal = options.admits?.(request, body)
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'www-authenticate': refusal.challenge }).end()
      return
    }
    if (eras === 'modern' || (eras === 'both' && isModern(request, body)))
      await modern(request as Parameters<typeof modern>[0], response, body)
    else await legacy(request, response, body)
  }

  async function legacy(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known !== undefined) return await known.handleRequest(request, response, body)
    if (id !== undefined) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }),
      )
      return
    }
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (opened) => {
        sessions.set(opened, transport)
      },
      onsessionclosed: (closed) => {
        sessions.delete(closed)
      },
    })
    await fixtureServer(state, 'legacy').connect(transport)
    await transport.handleRequest(request, response, body)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/mcp`,
    port,
    calls: state.calls,
    get sessions() {
      return sessions.size
    },
    describe(tool, description) {
      if (description === undefined) state.descriptions.delete(tool)
      else state.descriptions.set(tool, description)
    },
    forgetSessions: () => sessions.clear(),
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function isModern(request: IncomingMessage, body: unknown): boolean {
  return (
    request.headers['mcp-protocol-version'] === '2026-07-28' ||
    JSON.stringify(body ?? null).includes('io.modelcontextprotocol/protocolVersion')
  )
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  } catch {
    return null
  }
}
