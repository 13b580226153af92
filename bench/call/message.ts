/** The messages of the benchmark: one ordinary tool call of MCP 2026-07-28 of about a kilobyte, and its answers. */
export const toolName = 'get_weather'
const version = '2026-07-28'

const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1.0.0' },
}
export const toolArguments = {
  city: 'Hangzhou',
  unit: 'C',
  days: 3,
  language: 'en',
  note: 'as usual '.repeat(48),
}

/** A whole HTTP request. */
export function mcpRequest(token: string | undefined, id = 1): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: toolName, arguments: toolArguments, _meta: meta },
  })
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`
  return (
    `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\n${authorization}content-type: application/json\r\n` +
    `accept: application/json, text/event-stream\r\nmcp-protocol-version: ${version}\r\nmcp-method: tools/call\r\n` +
    `mcp-name: ${toolName}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

export const cannedAnswer = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: {
    resultType: 'complete',
    content: [
      { type: 'text', text: 'The weather in Hangzhou is 21 °C with light wind from the east. '.repeat(8) },
    ],
    structuredContent: { temperature: 21, unit: 'C', wind: { direction: 'E', speed: 3 } },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'canned', version: '1.0.0' } },
  },
})

const describedTool = {
  name: toolName,
  description: 'Reads the weather of a city.',
  inputSchema: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { type: 'string', enum: ['C', 'F'] },
      days: { type: 'integer' },
      language: { type: 'string' },
      note: { type: 'string' },
    },
    required: ['city'],
  },
}

/** What a server answers while it is being registered; undefined for calls. */
export function mcpAnswer(body: string): string | undefined {
  const { id, method } = JSON.parse(body) as { id: unknown; method: string }
  const results: Readonly<Record<string, object>> = {
    'server/discover': {
      supportedVersions: [version],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: 'public',
    },
    'tools/list': { tools: [describedTool], ttlMs: 0, cacheScope: 'public' },
  }
  const result = results[method]
  if (result === undefined) return undefined
  const _meta = { 'io.modelcontextprotocol/serverInfo': { name: 'canned', version: '1.0.0' } }
  return JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result, _meta } })
}
