import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  NodeStreamableHTTPServerTransport,
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { McpServer, classifyInboundRequest, createMcpHandler } from '@modelcontextprotocol/server'
import type { JSONRPCMessage, McpHttpHandler } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { addContentTools, text } from './conformance-mcp-content.ts'
import { addDialogueTools } from './conformance-mcp-dialogue.ts'
import { addTaskTools } from './conformance-mcp-jobs.ts'
import { addPrompts, addResources } from './conformance-mcp-resources.ts'
import { addRoundPrompt, addRoundTools, roundState } from './conformance-mcp-rounds.ts'
import { McpTasks, tasksExtension } from './conformance-mcp-tasks.ts'

export interface ConformanceMcpOptions {
  /** `both` (the default): 2026-07-28 and, with sessions, the eras before; or one of them alone. */
  readonly eras?: 'both' | 'modern' | 'legacy'
  /** 0 or left out: any free port. */
  readonly port?: number
}

export interface ConformanceMcpServer {
  /** `http://localhost:…/mcp` */
  readonly url: string
  close(): Promise<void>
}

/** What clients of the older eras are told to wait before they come back for a closed stream. */
const retryMs = 500
const bodyBytesMax = 4 * 1024 * 1024

/**
 * A server made of the official SDK that has everything the conformance runner asks for: it passes the whole server
 * suites of 2025-11-25 and 2026-07-28, so that what a suite loses behind a gateway was lost by the gateway.
 */
export async function startConformanceMcp(
  options: ConformanceMcpOptions = {},
): Promise<ConformanceMcpServer> {
  const eras = options.eras ?? 'both'
  const modern: McpHttpHandler = createMcpHandler(() => serverOf(() => modern), { legacy: 'reject' })
  const handleModern = toNodeHandler(modern)
  const sessions = new Sessions(() => serverOf(() => modern))
  const tasks = new McpTasks()
  const knowsHost = localhostHostValidation()
  const knowsOrigin = localhostOriginValidation()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!knowsHost(request, response) || !knowsOrigin(request, response)) return
    const body = await readJson(request)
    if (eras === 'modern' || (eras === 'both' && isModern(request, body))) {
      const answer = tasks.answer(request, body)
      if (answer !== undefined) {
        response.writeHead(answer.status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer.body))
        return
      }
      await handleModern(request as Parameters<typeof handleModern>[0], response, body)
    } else await sessions.handle(request, response, body)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}/mcp`,
    async close() {
      await modern.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function serverOf(modern: () => McpHttpHandler): McpServer {
  const server = new McpServer(
    { name: 'conformance', title: 'Conformance fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
        extensions: { [tasksExtension]: {} },
      },
      requestState: { verify: async (state, context) => await roundState.verify(state, context) },
    },
  )
  addContentTools(server)
  addDialogueTools(server)
  addRoundTools(server)
  addTaskTools(server)
  addChangeTools(server, modern)
  addResources(server)
  addPrompts(server)
  addRoundPrompt(server)
  server.server.setRequestHandler('logging/setLevel', () => ({}))
  server.server.setRequestHandler('completion/complete', () => ({
    completion: { values: [], total: 0, hasMore: false },
  }))
  return server
}

/** Tools that tell whoever listens that a list changed. */
function addChangeTools(server: McpServer, modern: () => McpHttpHandler): void {
  const changes = {
    test_trigger_tool_change: () => modern().notify.toolsChanged(),
    test_trigger_prompt_change: () => modern().notify.promptsChanged(),
  }
  for (const [name, tell] of Object.entries(changes)) {
    server.registerTool(name, { description: 'Tells that a list changed', inputSchema: z.object({}) }, () => {
      tell()
      return { content: [text('told')] }
    })
  }
}

/** The eras with sessions: a transport for each, with events that can be read again. */
class Sessions {
  readonly #create: () => McpServer
  readonly #open = new Map<string, NodeStreamableHTTPServerTransport>()

  constructor(create: () => McpServer) {
    this.#create = create
  }

  async handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? this.#open.get(id) : undefined
    if (known !== undefined) return await known.handleRequest(request, response, body)
    if (id !== undefined) {
      const error = { code: -32001, message: 'Session not found' }
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }))
      return
    }
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: eventStore(),
      retryInterval: retryMs,
      onsessioninitialized: (opened) => void this.#open.set(opened, transport),
      onsessionclosed: (closed) => void this.#open.delete(closed),
    })
    await this.#create().connect(transport)
    await transport.handleRequest(request, response, body)
  }
}

/** Events of one session in their order; an id is the stream and the place on it. */
function eventStore() {
  const streams = new Map<string, JSONRPCMessage[]>()
  return {
    async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
      const events = streams.get(stream) ?? []
      streams.set(stream, events)
      return await Promise.resolve(`${stream}::${events.push(message)}`)
    },
    async replayEventsAfter(
      last: string,
      { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
    ): Promise<string> {
      const [stream = '', place] = last.split('::')
      const events = streams.get(stream) ?? []
      for (let at = Number(place); at < events.length; at++) {
        const message = events[at]
        // An empty message only opened the stream, so that the client had an id to come back with.
        if (message !== undefined && Object.keys(message).length > 0)
          await send(`${stream}::${at + 1}`, message)
      }
      return stream
    },
  }
}

function isModern(request: IncomingMessage, body: unknown): boolean {
  const version = request.headers['mcp-protocol-version']
  const method = request.headers['mcp-method']
  const inbound = classifyInboundRequest({
    httpMethod: request.method ?? 'GET',
    ...(typeof version === 'string' ? { protocolVersionHeader: version } : {}),
    ...(typeof method === 'string' ? { mcpMethodHeader: method } : {}),
    body,
  })
  return inbound.kind !== 'legacy'
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > bodyBytesMax) throw new Error('the body is too long')
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  } catch {
    // The handlers answer what is no JSON with the error of their era.
    return null
  }
}
