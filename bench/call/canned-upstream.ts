import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { listening } from '../process.ts'

/**
 * An upstream that costs as little as can be: for each request it writes one canned HTTP answer, whatever was asked.
 * It reads only as much of HTTP as is needed to tell requests apart (Content-Length).
 */
const result = {
  jsonrpc: '2.0',
  id: 1,
  result: {
    resultType: 'complete',
    content: [{ type: 'text', text: 'The weather in Hangzhou is 21 °C with light wind from the east. '.repeat(8) }],
    structuredContent: { temperature: 21, unit: 'C', wind: { direction: 'E', speed: 3 } },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'canned', version: '1.0.0' } },
  },
}
const body = Buffer.from(JSON.stringify(result))
const answer = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`),
  body,
])
const headEnd = Buffer.from('\r\n\r\n')

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const head = data.indexOf(headEnd)
      if (head < 0) break
      const length = /content-length: *(\d+)/i.exec(data.toString('latin1', 0, head))?.[1] ?? '0'
      const end = head + 4 + Number(length)
      if (data.length < end) break
      socket.write(answer)
      data = data.subarray(end)
    }
    rest = data
  })
})
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
