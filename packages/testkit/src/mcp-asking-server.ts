import { McpServer, UrlElicitationRequiredError } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
import { text } from './conformance-mcp-content.ts'
import { addDialogueTools } from './conformance-mcp-dialogue.ts'
import { addRoundTools, roundState } from './conformance-mcp-rounds.ts'

/*
 * The tools of the conformance fixture that ask their client something, over stdio, and `test_address`, which says in the
 * way of 2025-11-25 that a person must first open an address: `node mcp-asking-server.ts [modern]`. With `modern` it
 * speaks 2026-07-28 only.
 */
function askingServer(): McpServer {
  const server = new McpServer(
    { name: 'asking', version: '1.0.0' },
    {
      capabilities: { tools: {}, logging: {} },
      requestState: { verify: async (state, context) => await roundState.verify(state, context) },
    },
  )
  addDialogueTools(server)
  addRoundTools(server)
  let opened = false
  server.registerTool(
    'test_address',
    { description: 'Needs a person to open an address first', inputSchema: z.object({}) },
    () => {
      if (opened) return { content: [text('opened')] }
      opened = true
      const url = 'https://example.org/sign-in'
      throw new UrlElicitationRequiredError([
        { mode: 'url', elicitationId: 'one', url, message: 'Please sign in' },
      ])
    },
  )
  server.server.setRequestHandler('logging/setLevel', () => ({}))
  return server
}

serveStdio(askingServer, { legacy: process.argv.includes('modern') ? 'reject' : 'serve' })
