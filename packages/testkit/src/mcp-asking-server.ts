import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { addDialogueTools } from './conformance-mcp-dialogue.ts'
import { addRoundTools, roundState } from './conformance-mcp-rounds.ts'

/*
 * The tools of the conformance fixture that ask their client something, over stdio: `node mcp-asking-server.ts [modern]`.
 * With `modern` it speaks 2026-07-28 only.
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
  server.server.setRequestHandler('logging/setLevel', () => ({}))
  return server
}

serveStdio(askingServer, { legacy: process.argv.includes('modern') ? 'reject' : 'serve' })
