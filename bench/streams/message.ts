/** The messages of the streams benchmark: a call that is answered as a stream, in MCP 2026-07-28 and in A2A 1.0. */
export type Protocol = 'mcp' | 'a2a'

export const modernVersion = '2026-07-28'
export const legacyVersion = '2025-11-25'
export const watchTool = 'watch'
/** Of the upstream over stdio, which has no parent to tell it. */
export const pulseTool = 'pulse'
/** What a held call asks its upstream for: one event now, the next when the benchmark says so. */
export const heldWord = 'hold'
/** As many tools as the promise about the list names. */
export const listedTools = 200
/** Loopback addresses the upstream listens at: each is an origin, so a record, of its own. */
export const originCount = 4

const meta = {
  'io.modelcontextprotocol/protocolVersion': modernVersion,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1.0.0' },
}

const modernHeaders = (method: string) => ({ 'mcp-protocol-version': modernVersion, 'mcp-method': method })

export interface Asked {
  readonly path: string
  readonly token?: string | undefined
}

/** A call whose answer is a stream; `word` tells the upstream whether to hold it. */
export function streamRequest(protocol: Protocol, asked: Asked, word: string, tool = watchTool): string {
  if (protocol === 'a2a') {
    const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: word }] }
    return post(asked, { 'a2a-version': '1.0' }, 'SendStreamingMessage', { message })
  }
  const headers = { ...modernHeaders('tools/call'), 'mcp-name': tool }
  const _meta = { ...meta, progressToken: 'p-1' }
  return post(asked, headers, 'tools/call', { name: tool, arguments: { word }, _meta })
}

export function modernListRequest(asked: Asked): string {
  return post(asked, modernHeaders('tools/list'), 'tools/list', { _meta: meta })
}

export function legacyListRequest(asked: Asked, session: string): string {
  const headers = { 'mcp-protocol-version': legacyVersion, 'mcp-session-id': session }
  return post(asked, headers, 'tools/list', {})
}

export function initializeRequest(asked: Asked): string {
  const clientInfo = { name: 'load', version: '1.0.0' }
  return post(asked, {}, 'initialize', { protocolVersion: legacyVersion, capabilities: {}, clientInfo })
}

/** The stream on which a session hears of changes. */
export function listenRequest({ path, token }: Asked, session: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\naccept: text/event-stream\r\n` +
    `mcp-protocol-version: ${legacyVersion}\r\nmcp-session-id: ${session}\r\n\r\n`
  )
}

function post(
  { path, token }: Asked,
  headers: Readonly<Record<string, string>>,
  method: string,
  params: unknown,
): string {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const lines = Object.entries({
    host: '127.0.0.1',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
    'content-length': Buffer.byteLength(body),
  })
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** What the upstream answers, apart from calls. */
export function describedResult(method: string, toolNames: readonly string[]): object {
  if (method === 'server/discover') {
    return { supportedVersions: [modernVersion], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'public' }
  }
  return { tools: toolNames.map((name) => tool(name)), ttlMs: 0, cacheScope: 'public' }
}

/** About a kilobyte, as tools of real servers are. */
function tool(name: string): object {
  const property = { type: 'string', description: 'What it is about, in a sentence of ordinary length.' }
  return {
    name,
    title: `The tool ${name}`,
    description: 'Reads something and says how it changes while somebody watches. '.repeat(4),
    inputSchema: {
      type: 'object',
      properties: { word: property, from: property, until: property, order: property },
      required: ['word'],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  }
}

export function agentCard(url: string): object {
  return {
    name: 'Watcher',
    description: 'Says how something changes while somebody watches.',
    version: '1.0.0',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'watch', name: 'Watch', description: 'Watches', tags: [] }],
  }
}

/** The `at`-th event of a stream. */
export function eventMessage(protocol: Protocol, id: unknown, task: string, at: number): object {
  if (protocol === 'mcp') {
    const params = { progressToken: 'p-1', progress: at, message: 'still going on' }
    return { jsonrpc: '2.0', method: 'notifications/progress', params }
  }
  const status = { state: 'TASK_STATE_WORKING' }
  const result =
    at === 1
      ? { task: { id: task, contextId: task, status } }
      : { statusUpdate: { taskId: task, contextId: task, status } }
  return { jsonrpc: '2.0', id, result }
}

/** The last event. */
export function endMessage(protocol: Protocol, id: unknown, task: string): object {
  if (protocol === 'mcp') {
    return {
      jsonrpc: '2.0',
      id,
      result: { resultType: 'complete', content: [{ type: 'text', text: 'over' }] },
    }
  }
  const status = { state: 'TASK_STATE_COMPLETED' }
  return { jsonrpc: '2.0', id, result: { statusUpdate: { taskId: task, contextId: task, status } } }
}
