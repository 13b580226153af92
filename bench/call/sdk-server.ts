import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { listening } from '../process.ts'
import { toolName } from './message.ts'

/** A real server of the official SDK (2026-07-28 over streamable HTTP) with the one tool of the benchmark. */
function weatherServer(): McpServer {
  const server = new McpServer({ name: 'weather', version: '1.0.0' }, { capabilities: { tools: {} } })
  const inputSchema = z.object({
    city: z.string(),
    unit: z.string().optional(),
    days: z.number().optional(),
    language: z.string().optional(),
    note: z.string().optional(),
  })
  server.registerTool(
    toolName,
    { description: 'Reads the weather of a city.', inputSchema },
    async ({ city }) => ({
      content: [{ type: 'text', text: `The weather in ${city} is 21 °C.` }],
    }),
  )
  return server
}

const handler = toNodeHandler(createMcpHandler(weatherServer))
const server = createServer(
  (request, response) => void handler(request as Parameters<typeof handler>[0], response),
)
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
