import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { giveTrue } from './upstream-odd.ts'
import type { Random } from './random.ts'
import type { UpstreamAnswer } from './upstream.ts'

/** Longer than the node waits (AMBIT_UPSTREAM_TIMEOUT_MS of the node under test). */
const silenceMs = 4000
/** An endless stream stops after this much, if nobody closed it. */
const endlessBytes = 2 * 1024 * 1024

/** What breaks HTTP itself: written to the bare connection, or not at all. */
export function giveBroken(
  random: Random,
  request: IncomingMessage,
  response: ServerResponse,
  answer: UpstreamAnswer,
): void {
  const { socket } = request
  const body = JSON.stringify(answer.value ?? {})
  const write = (text: string, thenClose = true) => {
    socket.write(text, 'latin1')
    if (thenClose) socket.end()
  }
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  switch (random.below(16)) {
    case 0:
      socket.destroy()
      return
    case 1:
      socket.resetAndDestroy()
      return
    case 2:
      write(`${head}Content-Length: ${body.length + 10}\r\n\r\n${body}`)
      return
    case 3:
      write(`${head}Content-Length: ${Math.max(0, body.length - 10)}\r\n\r\n${body}`)
      return
    case 4:
      write(`${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n${body}`)
      return
    case 5:
      write(`${head}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n${body}`)
      return
    case 6:
      write('SSH-2.0-OpenSSH_9.6\r\n')
      return
    case 7:
      write(`${head}X-Long: ${'x'.repeat(40_000)}\r\nContent-Length: 2\r\n\r\n{}`)
      return
    case 8:
      write(`${head}X-Bare: a\rb\0\r\nContent-Length: 2\r\n\r\n{}`)
      return
    case 9:
      write(
        `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
      )
      return
    case 10:
      // An answer to a question nobody asked, on a connection that will be used again.
      write(`${head}Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore`, false)
      return
    case 11:
      silent(socket, random)
      return
    case 12:
      drip(socket, `${head}Content-Length: ${body.length}\r\n\r\n${body}`)
      return
    case 13:
      endless(response)
      return
    case 14:
      write(`HTTP/1.1 999 \r\n\r\n`)
      return
    default:
      giveTrue(random, response, answer)
  }
}

function silent(socket: Socket, random: Random): void {
  // Mostly shorter: what waits also takes one of the few places of this run.
  setTimeout(() => socket.destroy(), random.onceIn(30) ? silenceMs : 50).unref()
}

function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => {
    at += 200
    if (at >= 2000 || socket.destroyed) {
      clearInterval(timer)
      socket.destroy()
    } else socket.write(text.slice(at - 200, at), 'latin1')
  }, 2)
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let bytes = 0
  const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(900) } })}\n\n`
  const more = () => {
    while (bytes < endlessBytes && !response.destroyed) {
      bytes += event.length
      if (!response.write(event)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}
