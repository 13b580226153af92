import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { McpHttpHandler } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** A server of notes, which are resources that change. */
export interface NotesServer {
  /** `http://127.0.0.1:…/mcp` */
  readonly url: string
  readonly port: number
  /** Changes a note, and tells whoever watches it. */
  write(uri: string, text: string): Promise<void>
  /** Streams on which somebody listens. */
  readonly listening: number
  /** Ends every connection at once, as a crash would. */
  close(): Promise<void>
}

/** One era each: `note://one` and `note://two` are there, a tool `noop` too. */
export async function startNotesServer(era: 'modern' | 'legacy', port = 0): Promise<NotesServer> {
  const notes = new Map([
    ['note://one', 'first'],
    ['note://two', 'second'],
  ])
  const sessions = new Map<string, Session>()
  let listening = 0
  const modern: McpHttpHandler = createMcpHandler(() => notesServer(notes), { legacy: 'reject' })
  const handleModern = toNodeHandler(modern)

  async function handleLegacy(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known !== undefined) return await known.transport.handleRequest(request, response)
    if (id !== undefined) return void response.writeHead(404).end()
    const watched = new Set<string>()
    const server = notesServer(notes, watched)
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (opened) => void sessions.set(opened, { server, transport, watched }),
    })
    await server.connect(transport)
    await transport.handleRequest(request, response)
  }

  const server = createServer((request, response) => {
    const isStream = request.method === 'GET' || request.headers['mcp-method'] === 'subscriptions/listen'
    if (isStream) {
      listening += 1
      response.on('close', () => void (listening -= 1))
    }
    const handled =
      era === 'modern'
        ? handleModern(request as Parameters<typeof handleModern>[0], response)
        : handleLegacy(request, response)
    handled.catch(() => response.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/mcp`,
    port: bound,
    get listening() {
      return listening
    },
    async write(uri, text) {
      notes.set(uri, text)
      modern.notify.resourceUpdated(uri)
      const watching = [...sessions.values()].filter(({ watched }) => watched.has(uri))
      await Promise.all(watching.map(async (each) => await each.server.server.sendResourceUpdated({ uri })))
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await modern.close()
      await closed
    },
  }
}

interface Session {
  readonly server: McpServer
  readonly transport: NodeStreamableHTTPServerTransport
  readonly watched: Set<string>
}

function notesServer(notes: ReadonlyMap<string, string>, watched?: Set<string>): McpServer {
  const server = new McpServer(
    { name: 'notes', version: '1.0.0' },
    { capabilities: { resources: { subscribe: true } } },
  )
  for (const uri of notes.keys()) {
    server.registerResource(uri, uri, {}, () => ({ contents: [{ uri, text: notes.get(uri) ?? '' }] }))
  }
  server.registerTool('noop', { inputSchema: z.object({}) }, () => ({ content: [] }))
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    watched?.add(params.uri)
    return {}
  })
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    watched?.delete(params.uri)
    return {}
  })
  return server
}
