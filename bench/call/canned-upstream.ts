import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { listening } from '../process.ts'
import { cannedAnswer, mcpAnswer } from './message.ts'

/**
 * An upstream that costs as little as can be: every tool call gets one canned HTTP answer, whatever was asked. It reads
 * only as much of HTTP as is needed to tell requests apart (Content-Length).
 */
const headEnd = Buffer.from('\r\n\r\n')
const toolCall = /mcp-method: *tools\/call/i
const canned = answerOf(cannedAnswer)

function answerOf(body: string): Buffer {
  const length = Buffer.byteLength(body)
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
  )
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const head = data.indexOf(headEnd)
      if (head < 0) break
      const text = data.toString('latin1', 0, head)
      const end = head + 4 + Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? '0')
      if (data.length < end) break
      // The bare proxy sends no protocol headers, so a call is also what describes nothing.
      const described = toolCall.test(text) ? undefined : mcpAnswer(data.toString('utf8', head + 4, end))
      socket.write(described === undefined ? canned : answerOf(described))
      data = data.subarray(end)
    }
    rest = data
  })
})
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
