import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'
import { toolName } from './message.ts'

/** The same tool on standard input and output, for gateways that put such servers on HTTP. */
const server = new McpServer({ name: 'weather', version: '1.0.0' })
const inputSchema = {
  city: z.string(),
  unit: z.string().optional(),
  days: z.number().optional(),
  language: z.string().optional(),
  note: z.string().optional(),
}
server.registerTool(
  toolName,
  { description: 'Reads the weather of a city.', inputSchema },
  async ({ city }) => ({
    content: [{ type: 'text', text: `The weather in ${city} is 21 °C.` }],
  }),
)
await server.connect(new StdioServerTransport())
