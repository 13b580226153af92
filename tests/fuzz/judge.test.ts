import { expect, test } from 'vitest'
import { AnswerReader } from './answer-reader.ts'
import type { Shot } from './draft.ts'
import { judge } from './judge.ts'

const body = Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/list"}')
const shot: Shot = {
  at: 0,
  what: 'tools/list',
  holder: 'ann',
  verb: 'POST',
  path: '/mcp',
  bytes: body,
  framed: true,
  body,
  flavour: 'true',
  plain: true,
}

function objectionTo(head: string, text: string, known: readonly string[] = []) {
  const reader = new AnswerReader()
  reader.expect('POST')
  const length = `Content-Length: ${Buffer.byteLength(text)}`
  reader.read(Buffer.from(`HTTP/1.1 ${head}\r\n${length}\r\n\r\n${text}`))
  return judge('mcp', shot, reader.answers[0]!, new Set(known))
}

const json = '200 OK\r\nContent-Type: application/json'
const events = '200 OK\r\nContent-Type: text/event-stream'

test('lets pass what the protocol defines', () => {
  expect(objectionTo(json, '{"jsonrpc":"2.0","id":7,"result":{}}')).toBeUndefined()
  expect(
    objectionTo(json, '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}'),
  ).toBeUndefined()
  expect(objectionTo(events, 'data: {"jsonrpc":"2.0","id":7,"result":{}}\n\n')).toBeUndefined()
  const fault =
    '{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"m","data":{"code":"upstream.timeout"}}}'
  expect(objectionTo('504 Late\r\nContent-Type: application/json', fault)).toBeUndefined()
})

const wrong: Readonly<Record<string, readonly [head: string, text: string]>> = {
  'an internal fault': [
    '500 Oh\r\nContent-Type: application/json',
    '{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"m","data":{"code":"internal"}}}',
  ],
  'a failure without a fault': ['502 Bad\r\nContent-Type: text/html', '<html>'],
  'a status of no protocol': ['299 Odd\r\nContent-Type: application/json', '{}'],
  'another id': [json, '{"jsonrpc":"2.0","id":8,"result":{}}'],
  'a result and an error': [json, '{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"m"}}'],
  'a code of nobody': [json, '{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"m"}}'],
  'a header that a message wrote': [`${json}\r\nX-Injected: 1`, '{"jsonrpc":"2.0","id":7,"result":{}}'],
  'a stream without an answer': [events, 'data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n'],
  'a broken stream': [events, '{"jsonrpc":"2.0","id":7,"result":{}}'],
}

test.each(Object.entries(wrong))('objects to %s', (_name, [head, text]) => {
  expect(objectionTo(head, text)).toMatchObject({ kind: 'undefined' })
})

test('objects to a secret of another caller, unless the caller gave it itself', () => {
  const text = '{"jsonrpc":"2.0","id":7,"result":{"a":"CANARY-bob-1","b":"CANARY-ann-2"}}'
  expect(objectionTo(json, text)).toMatchObject({ kind: 'leak' })
  expect(objectionTo(json, text, ['CANARY-bob-1'])).toBeUndefined()
})
