import { Buffer } from 'node:buffer'
import type { HolderName } from './canary.ts'
import type { Draft, Shot } from './draft.ts'
import { mutateBytes } from './hostile-bytes.ts'
import { mutateJson } from './hostile-json.ts'
import { textOf } from './json-node.ts'
import type { Random } from './random.ts'

/** Header values that a parser of HTTP takes, and a reader of headers may not. */
const oddValues = [
  '',
  ' ',
  ',',
  '*/*',
  'text/html',
  'application/json; charset=utf-16',
  'text/event-stream',
  'gzip',
  '1.0, 1.0',
  '0.3',
  '99.99',
  '2026-07-28',
  '2025-11-25',
  '1999-01-01',
  'null',
  '__proto__',
  '=?base64?Zm9v?=',
  '=?base64?*?=',
  'Bearer',
  'Basic YTpi',
  'é'.repeat(10),
  '00-00000000000000000000000000000000-0000000000000000-00',
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  'http://evil.example',
  'x'.repeat(3000),
] as const

/** What makes a request one that HTTP itself refuses, or that two readers cut in different places. */
const breakingLines = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'X-Bare: a\rb',
  'X-Nul: a\0b',
  'X-Fold: a\r\n b',
  ': nothing',
  'No colon',
  'Spaced : 1',
  `X-Long: ${'y'.repeat(20_000)}`,
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk',
  'Expect: 100-continue',
  'Expect: something-else',
  'Connection: close',
  'Host: evil.example',
] as const

const oddNames = [
  'authorization',
  'content-type',
  'accept',
  'content-encoding',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
  'Mcp-Param-Text',
  'last-event-id',
  'a2a-version',
  'a2a-extensions',
  'traceparent',
  'origin',
  'range',
  'cookie',
  'x-forwarded-for',
  'x-http-method-override',
  '__proto__',
] as const

const oddPaths = [
  '/',
  '/mcp/',
  '/mcp?x=%00',
  '/mcp#x',
  '//mcp',
  '/MCP',
  '/a2a',
  '/a2a/',
  '/a2a/__proto__',
  '/a2a/constructor/tasks',
  '/a2a/../mcp',
  '/a2a/%2e%2e/x',
  '/a2a/true-rpc/tasks/%ff',
  '/a2a/true-rest/tasks?pageSize=1e9&pageSize=2',
  '/a2a/true-rest/tasks?__proto__=1&constructor=2',
  '/a2a/true-rest//tasks',
  '/a2a/true-rest/tasks/a%2fb:cancel',
  `/a2a/true-rest/tasks/${'x'.repeat(4000)}`,
  '*',
  'http://evil.example/mcp',
  '/\u00e9',
] as const

const oddVerbs = ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY', 'post', 'X'] as const

/** Makes a draft a message on the wire, after having done to it none to four things that nobody should do. */
export function shotOf(random: Random, at: number, holder: HolderName, draft: Draft): Shot {
  const turns = random.pick([0, 0, 0, 1, 1, 2, 4])
  const state: State = {
    verb: draft.verb,
    path: draft.path,
    headers: draft.headers.map(([name, value]) => [name, value]),
    tree: draft.body,
    bytes: undefined,
    breaking: undefined,
  }
  for (let turn = 0; turn < turns; turn++) mutate(random, state)
  const body = state.bytes ?? Buffer.from(state.tree === undefined ? '' : textOf(state.tree), 'utf8')
  const head = headOf(state, body)
  const framed = state.breaking === undefined && isOrdinary(state)
  const { verb, path } = state
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), body])
  const { what, flavour } = draft
  return { at, what, holder, verb, path, bytes, framed, body, flavour, plain: turns === 0 }
}

interface State {
  verb: string
  path: string
  headers: [string, string][]
  tree: Draft['body']
  bytes: Buffer | undefined
  breaking: string | undefined
}

function mutate(random: Random, state: State): void {
  const what = random.below(20)
  if (what < 11 && state.tree !== undefined && state.bytes === undefined) {
    state.tree = mutateJson(random, state.tree)
  } else if (what < 13) {
    const bytes = state.bytes ?? Buffer.from(state.tree === undefined ? '' : textOf(state.tree))
    state.bytes = mutateBytes(random, bytes)
  } else if (what < 17) mutateHeaders(random, state.headers)
  else if (what === 17) state.path = random.pick(oddPaths)
  else if (what === 18) state.verb = random.pick(oddVerbs)
  else state.breaking = random.pick(breakingLines)
}

function mutateHeaders(random: Random, headers: [string, string][]): void {
  const at = random.below(headers.length)
  const header = headers[at]!
  switch (random.below(6)) {
    case 0:
      headers.splice(at, 1)
      return
    case 1:
      header[1] = random.pick(oddValues)
      return
    case 2:
      headers.push([header[0], random.onceIn(2) ? header[1] : random.pick(oddValues)])
      return
    case 3:
      header[0] = header[0].toUpperCase()
      return
    case 4:
      for (let turn = 0; turn < 90; turn++) headers.push([`x-many-${turn}`, 'y'])
      return
    default:
      headers.push([random.pick(oddNames), random.pick(oddValues)])
  }
}

/** An answer must come only to what every server reads in one way. */
function isOrdinary({ verb, path, headers }: State): boolean {
  const names = headers.map(([name]) => name.toLowerCase())
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, path.length)
  return (
    /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE)$/.test(verb) &&
    /^[\x21-\x7e]+$/.test(path) &&
    bytes < 12_000 &&
    names.filter((name) => name === 'host').length === 1
  )
}

function headOf({ verb, path, headers, breaking }: State, body: Buffer): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = body.length === 0 && verb === 'GET' ? '' : `content-length: ${body.length}\r\n`
  return `${verb} ${path} HTTP/1.1\r\n${lines}${length}${breaking === undefined ? '' : `${breaking}\r\n`}\r\n`
}
