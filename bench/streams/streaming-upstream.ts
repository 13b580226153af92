import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listening } from '../process.ts'
import {
  agentCard,
  describedResult,
  endMessage,
  eventMessage,
  heldWord,
  listedTools,
  originCount,
  watchTool,
} from './message.ts'
import type { Protocol } from './message.ts'

/**
 * An upstream whose calls are answered as streams: an MCP server at `/mcp` and one with many tools at `/many`, an A2A
 * agent at `/agent`. The first event comes at once, then the end; a held call gets its next event when the parent says
 * `pulse`, and stays open.
 */
interface Held {
  readonly protocol: Protocol
  readonly response: ServerResponse
  readonly id: unknown
  readonly task: string
}

const held = new Set<Held>()
const manyNames = Array.from({ length: listedTools }, (_, at) => `tool_${at}`)
let tasks = 0
let pulses = 1

function handle(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') {
    answer(response, agentCard(`http://${request.headers.host}/agent`))
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString()
    const { id, method } = JSON.parse(text) as { id: unknown; method: string }
    if (method === 'tools/call' || method === 'SendStreamingMessage') {
      stream(response, method === 'tools/call' ? 'mcp' : 'a2a', id, text.includes(`"${heldWord}"`))
    } else {
      const result = describedResult(method, request.url === '/many' ? manyNames : [watchTool])
      answer(response, { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } })
    }
  })
}

function answer(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function stream(response: ServerResponse, protocol: Protocol, id: unknown, isHeld: boolean): void {
  const task = `task-${++tasks}`
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(eventOf(eventMessage(protocol, id, task, 1)))
  if (isHeld) {
    const one = { protocol, response, id, task }
    held.add(one)
    response.on('close', () => held.delete(one))
  } else {
    // In a turn of its own, so that the first event does not share a packet with the end.
    setImmediate(() => response.end(eventOf(endMessage(protocol, id, task))))
  }
}

function eventOf(message: object): string {
  return `data: ${JSON.stringify(message)}\n\n`
}

function pulse(): void {
  pulses++
  for (const { protocol, response, id, task } of held) {
    response.write(eventOf(eventMessage(protocol, id, task, pulses)))
  }
}

const idleMs = 600_000
const backlog = 4096
const first = createServer({ keepAliveTimeout: idleMs }, handle)
first.listen(0, '127.0.0.1', backlog, () => listenAtOthers(2))

/** The same port on further loopback addresses: each is an origin of its own. */
function listenAtOthers(at: number): void {
  if (at > originCount) listening(port())
  else {
    const server = createServer({ keepAliveTimeout: idleMs }, handle)
    server.listen(port(), `127.0.0.${at}`, backlog, () => listenAtOthers(at + 1))
  }
}

function port(): number {
  return (first.address() as AddressInfo).port
}

process.on('message', (word) => {
  if (word === 'pulse') pulse()
  if (word === 'pulse' || word === 'held') process.send?.({ [word]: held.size })
})
