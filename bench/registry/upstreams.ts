import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { answerUsage, listening } from '../process.ts'
import { agentCard, cardTag, tool } from './document.ts'

/**
 * 10⁵ agents and tool servers in one process: it listens on every loopback address, and answers each by the first
 * request of a connection, which the node closes. It reads only as much of HTTP as is needed.
 */
let asked = 0
const card = JSON.stringify(agentCard)
const fresh = head(200, `etag: ${cardTag}\r\n`, card)
const known = head(304, `etag: ${cardTag}\r\n`, '')

function head(status: number, more: string, body: string): Buffer {
  const length = Buffer.byteLength(body)
  return Buffer.from(
    `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n${body}`,
  )
}

const results: Readonly<Record<string, object>> = {
  'server/discover': {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    serverInfo: { name: 'simulated', version: '1.0.0' },
    ttlMs: 0,
    cacheScope: 'private',
  },
  'tools/list': { resultType: 'complete', tools: [tool], ttlMs: 0, cacheScope: 'private' },
}

function answer(text: string): Buffer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  if (text.startsWith('GET ')) return text.includes(cardTag) ? known : fresh
  const body = text.slice(end + 4)
  if (body.length < Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? '0')) return undefined
  const { id, method } = JSON.parse(body) as { id: unknown; method: string }
  return head(200, '', JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }))
}

const server = createServer({ noDelay: true }, (socket) => {
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    const found = answer(text)
    if (found === undefined) return
    asked += 1
    text = ''
    socket.write(found)
  })
})
process.on('message', (message) => {
  if (message === 'asked') process.send?.({ asked })
})
answerUsage()
server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () =>
  listening((server.address() as AddressInfo).port),
)
