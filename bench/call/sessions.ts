import { toolArguments, toolName } from './message.ts'

const version = '2025-06-18'
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': version,
}

/** Opens one session of the older eras for each connection and gives the request each repeats. */
export async function openSessions(port: number, path: string, connections: number): Promise<string[]> {
  return await Promise.all(Array.from({ length: connections }, async () => await openSession(port, path)))
}

async function openSession(port: number, path: string): Promise<string> {
  const url = `http://127.0.0.1:${port}${path}`
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'load', version: '1.0.0' } },
  }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(initialize) })
  await answer.text()
  const session = answer.headers.get('mcp-session-id')
  if (session === null) throw new Error(`no session at ${url}: ${answer.status}`)
  const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await (
    await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'mcp-session-id': session },
      body: initialized,
    })
  ).text()
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: toolName, arguments: toolArguments },
  })
  const lines = Object.entries({ ...headers, 'mcp-session-id': session }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
