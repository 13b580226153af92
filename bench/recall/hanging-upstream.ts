import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpAnswer } from '../call/message.ts'
import { listening } from '../process.ts'

/** An upstream that describes itself and then lets every call hang. Answers `open` with how many hang now. */
let open = 0
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const answer = mcpAnswer(Buffer.concat(chunks).toString())
    if (answer !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
      return
    }
    open++
    response.on('close', () => open--)
  })
})
process.on('message', (message) => {
  if (message === 'open') process.send?.({ open })
})
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
