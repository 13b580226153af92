import type { ServerResponse } from 'node:http'
import { mutateBytes } from './hostile-bytes.ts'
import { hostileValue, mutateJson } from './hostile-json.ts'
import { nodeOf, textOf } from './json-node.ts'
import type { Random } from './random.ts'
import type { UpstreamAnswer } from './upstream.ts'

const statuses = [
  201, 202, 204, 206, 300, 302, 304, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 501, 503, 599,
]
const types = [
  'text/html',
  'text/plain; charset=utf-16',
  'application/json; charset=shift_jis',
  'application/a2a+json',
  'application/problem+json',
  'TEXT/EVENT-STREAM; charset=utf-8',
  'text/event-streams',
  'multipart/mixed; boundary=x',
  'json',
  '',
]
const lineEnds = ['\n', '\r\n', '\r'] as const

/** What the protocol asks for: JSON, or a stream of events. */
export function giveTrue(random: Random, response: ServerResponse, answer: UpstreamAnswer): void {
  const { status, value, before, headers } = answer
  if (value === undefined) {
    response.writeHead(status, headers).end()
  } else if (before === undefined) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  } else {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    const end = random.pick(lineEnds)
    for (const item of [...before, value]) response.write(`data: ${JSON.stringify(item)}${end}${end}`)
    response.end()
  }
}

/** An answer of HTTP whose content is not what was asked for. */
export function giveOdd(random: Random, response: ServerResponse, answer: UpstreamAnswer): void {
  const { value } = answer
  const json = { 'content-type': 'application/json' }
  const text = value === undefined ? '' : JSON.stringify(value)
  switch (random.below(12)) {
    case 0:
      giveTrue(random, response, answer)
      return
    case 1:
    case 2:
    case 3:
      response.writeHead(200, json).end(mutated(random, value))
      return
    case 4:
      response.writeHead(random.pick(statuses), { ...json, location: 'http://169.254.169.254/' }).end(text)
      return
    case 5:
      response.writeHead(200, { 'content-type': random.pick(types) }).end(text)
      return
    case 6:
      response.writeHead(200, json).end(mutateBytes(random, Buffer.from(text)))
      return
    case 7:
      oddHeaders(random, response, text)
      return
    case 8:
      response.writeHead(200, json).end(foreignError(random, value))
      return
    default:
      oddStream(random, response, answer)
  }
}

function mutated(random: Random, value: unknown): string {
  let node = nodeOf(value ?? null)
  const turns = 1 + random.below(4)
  for (let turn = 0; turn < turns; turn++) node = mutateJson(random, node)
  return textOf(node)
}

function oddHeaders(random: Random, response: ServerResponse, text: string): void {
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['mcp-session-id', random.pick(['', 'x'.repeat(3000), 'a b', 'é'.repeat(9), '__proto__'])],
    ['set-cookie', 'a=b'],
    ['x-injected', '1'],
    ['www-authenticate', 'Bearer resource_metadata="http://169.254.169.254/"'],
    ['retry-after', random.pick(['-1', '99999999999', 'never'])],
    ['a2a-version', '9.9'],
    ['content-encoding', random.pick(['gzip', 'identity', 'br'])],
  ]
  for (let at = 0; at < 60; at++) headers.push([`x-${at}`, 'y'.repeat(50)])
  response.writeHead(random.pick([200, 401, 429]), headers.flat()).end(text)
}

function foreignError(random: Random, value: unknown): string {
  const id = (value as { id?: unknown } | undefined)?.id
  const code = random.pick([-32000, -32001, -32603, -32700, 0, 1, 404, 2 ** 31, 99999999])
  const data = nodeOf(random.onceIn(2) ? { a: [1] } : [{ '@type': 'x', reason: 'TASK_NOT_FOUND' }])
  const error = nodeOf({ code, message: 'upstream says no', data })
  const whole = nodeOf({ jsonrpc: '2.0', id, error: random.onceIn(3) ? hostileValue(random) : error })
  return textOf(random.onceIn(3) ? mutateJson(random, whole) : whole)
}

/** Events that break the frame, answer other questions, ask questions, or never end with an answer. */
function oddStream(random: Random, response: ServerResponse, { value, before = [] }: UpstreamAnswer): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const end = random.pick(lineEnds)
  const events: string[] = []
  const count = random.pick([0, 1, 3, 8, 300])
  for (let at = 0; at < count; at++) events.push(oddEvent(random, value, before, end))
  if (!random.onceIn(3)) events.push(`data: ${JSON.stringify(value)}${end}${end}`)
  if (random.onceIn(5)) events.push(oddEvent(random, value, before, end))
  const bytes = Buffer.from(events.join(''))
  const cut = random.below(bytes.length + 1)
  response.write(bytes.subarray(0, cut))
  setImmediate(() => response.end(bytes.subarray(cut)))
}

function oddEvent(random: Random, value: unknown, before: readonly unknown[], end: string): string {
  const asks = ['sampling/createMessage', 'elicitation/create', 'roots/list', 'ping', 'tools/call', 'x']
  switch (random.below(10)) {
    case 0:
      return `data: ${mutated(random, before[0] ?? value)}${end}${end}`
    case 1:
      return `data: ${mutated(random, value)}${end}${end}`
    case 2:
      return `: a comment${end}${end}`
    case 3:
      return `id: ${random.pick(['', 'e-1', '\0', 'x'.repeat(5000)])}${end}data:${end}${end}`
    case 4:
      return `retry: ${random.pick(['0', '99999999999', '-1', 'x'])}${end}event: ${random.pick(['error', 'x', ''])}${end}${end}`
    case 5:
      return `data: {"jsonrpc":"2.0",${end}data: "id":${random.below(9)},"result":{}}${end}${end}`
    case 6: {
      const ask = { jsonrpc: '2.0', id: random.pick([0, 'ask', 1e21]), method: random.pick(asks), params: {} }
      return `data: ${mutated(random, random.onceIn(2) ? ask : { ...ask, params: { messages: [], maxTokens: 1 } })}${end}${end}`
    }
    case 7:
      return `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } })}${end}${end}`
    case 8:
      return `\ufeffdata: ${JSON.stringify(value)}`
    default:
      return `data: ${textOf(hostileValue(random))}${end}${end}`
  }
}
