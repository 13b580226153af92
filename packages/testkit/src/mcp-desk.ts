import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** A desk with notes, which can be made and removed again, and with mail, which cannot be called back. */
export interface DeskServer {
  /** `http://127.0.0.1:…/mcp` */
  readonly url: string
  readonly port: number
  /** Text by id. */
  readonly notes: ReadonlyMap<number, string>
  readonly archived: ReadonlySet<number>
  readonly sent: readonly { readonly to: string; readonly text: string }[]
  /** From now on tools say that they fail. */
  breakDown(broken: boolean): void
  /** From now on `delete_note` is described like this; undefined: as at first. */
  describeDelete(description: string | undefined): void
  close(): Promise<void>
}

interface DeskState {
  readonly notes: Map<number, string>
  readonly archived: Set<number>
  readonly sent: { to: string; text: string }[]
  next: number
  broken: boolean
  deleteDescription: string | undefined
}

/** A server of 2026-07-28 on a real socket, made of the official SDK. */
export async function startDeskServer(port = 0): Promise<DeskServer> {
  const state: DeskState = {
    notes: new Map(),
    archived: new Set(),
    sent: [],
    next: 1,
    broken: false,
    deleteDescription: undefined,
  }
  const handle = toNodeHandler(createMcpHandler(() => deskServer(state), { legacy: 'reject' }))
  const server = createServer((request, response) => {
    handle(request as Parameters<typeof handle>[0], response).catch(() => response.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/mcp`,
    port: bound,
    notes: state.notes,
    archived: state.archived,
    sent: state.sent,
    breakDown(broken) {
      state.broken = broken
    },
    describeDelete(description) {
      state.deleteDescription = description
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function deskServer(state: DeskState): McpServer {
  const server = new McpServer({ name: 'desk', version: '1.0.0' }, { capabilities: { tools: {} } })
  const id = z.number().int()
  const answer = (structuredContent: Record<string, unknown>): CallToolResult =>
    state.broken
      ? { content: [{ type: 'text', text: 'broken' }], isError: true }
      : { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
  const does = (run: () => Record<string, unknown>) => answer(state.broken ? {} : run())
  server.registerTool(
    'create_note',
    {
      description: 'Creates a note',
      inputSchema: z.object({ text: z.string() }),
      outputSchema: z.object({ id }),
    },
    ({ text }) =>
      does(() => {
        state.notes.set(state.next, text)
        return { id: state.next++ }
      }),
  )
  server.registerTool(
    'delete_note',
    { description: state.deleteDescription ?? 'Deletes a note', inputSchema: z.object({ id }) },
    (args) => does(() => ({ deleted: state.notes.delete(args.id) })),
  )
  server.registerTool(
    'archive_note',
    { description: 'Archives a note', inputSchema: z.object({ id }) },
    (args) =>
      does(() => {
        state.archived.add(args.id)
        return {}
      }),
  )
  server.registerTool(
    'unarchive_note',
    { description: 'Takes a note back out of the archive', inputSchema: z.object({ id }) },
    (args) => does(() => ({ was: state.archived.delete(args.id) })),
  )
  server.registerTool('list_notes', { description: 'Lists notes', inputSchema: z.object({}) }, () =>
    answer({ notes: [...state.notes.values()] }),
  )
  server.registerTool(
    'send_mail',
    {
      description: 'Sends a mail',
      inputSchema: z.object({ to: z.string(), text: z.string() }),
      outputSchema: z.object({ messageId: z.string() }),
    },
    (mail) =>
      does(() => {
        state.sent.push(mail)
        return { messageId: `m${state.sent.length}` }
      }),
  )
  return server
}
