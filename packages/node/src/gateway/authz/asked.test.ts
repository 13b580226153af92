import { array, assert, constantFrom, json, jsonValue, oneof, property, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { aCapability, aTarget } from '../path-fixture.ts'
import type { Target } from '../../registry/target.ts'
import { askedOf } from './asked.ts'
import { findTarget } from './find-target.ts'
import { readHeaders } from './headers.ts'
import { requestLine } from './question.ts'
import type { Question } from './question.ts'

function target(
  protocol: 'mcp' | 'a2a' | 'openai',
  ids: readonly string[],
  url = 'http://a.example/',
): Target {
  const capabilities = ids.map((id) => [id, { ...aCapability(), id }] as const)
  const [offered] = aTarget().interfaces
  return { ...aTarget(), interfaces: [{ ...offered!, protocol, url }], capabilities: new Map(capabilities) }
}

const server = target('mcp', ['echo', 'GET /mcp', 'resources/read', 'message'])
const agent = target('a2a', ['message', 'task.get'])
const plain = target('openai', ['GET /', 'GET /a/*', 'GET /a/b', 'GET /a/b/*', 'POST /a', 'DELETE /*'])

function question(
  body: string,
  more: Partial<Question> & { readonly raw?: readonly string[] } = {},
): Question {
  const { raw = ['content-type', 'application/json'], ...rest } = more
  return {
    method: 'POST',
    url: '/mcp',
    host: undefined,
    headers: readHeaders(raw, undefined),
    target: undefined,
    capability: undefined,
    body: Buffer.from(body),
    ...rest,
  }
}

function ask(of: Target, asked: Question): [string, unknown] | string {
  try {
    const found = askedOf(of, asked, requestLine(asked))
    return found === 'greeting' ? found : [found.capability.id, found.arguments]
  } catch (error) {
    return (error as { code: string }).code
  }
}

const call = (params: unknown, method = 'tools/call') =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })

test('a call of a tool is that capability with those arguments', () => {
  expect(ask(server, question(call({ name: 'echo', arguments: { text: 'x' } })))).toEqual([
    'echo',
    { text: 'x' },
  ])
  expect(ask(server, question(call({ name: 'echo' })))).toEqual(['echo', {}])
  expect(ask(server, question(call({ uri: 'file:///x', _meta: {} }, 'resources/read')))).toEqual([
    'resources/read',
    { uri: 'file:///x' },
  ])
})

test('a message to an agent is that of A2A 1.0, in either version', () => {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  for (const method of ['SendMessage', 'SendStreamingMessage'])
    expect(ask(agent, question(call({ message }, method)))).toEqual(['message', { message }])
  const older = {
    message: { kind: 'message', messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
  }
  expect(ask(agent, question(call(older, 'message/send')))).toMatchObject([
    'message',
    { message: { messageId: 'm' } },
  ])
  const push = { configuration: { taskPushNotificationConfig: { url: 'https://x.example' } } }
  expect(ask(agent, question(call({ message, ...push }, 'SendMessage')))).toBe('check.capability')
  expect(ask(agent, question(call({ id: 't' }, 'GetTask')))).toBe('check.capability')
  expect(ask(agent, question(call({ message: { parts: [] } }, 'SendMessage')))).toBe('check.body')
})

test('what opens a session is no act', () => {
  for (const method of ['initialize', 'ping', 'tools/list'])
    expect(ask(server, question(call({}, method)))).toBe('greeting')
  expect(ask(server, question('{"jsonrpc":"2.0","method":"notifications/initialized"}'))).toBe('greeting')
})

test.each([
  ['a batch', `[${call({ name: 'echo' })}]`, 'check.body'],
  ['a member twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 'check.body'],
  [
    'a member twice, once escaped',
    '{"jsonrpc":"2.0","id":1,"method":"ping","m\\u0065thod":"tools/call"}',
    'check.body',
  ],
  [
    'an argument twice',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":1,"a":2}}}',
    'check.body',
  ],
  [
    'a second spelling',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"other"}}',
    'check.body',
  ],
  [
    'another spelling only',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Arguments":{}}}',
    'check.body',
  ],
  ['no message', '{"tool":"echo"}', 'check.body'],
  ['an answer', '{"jsonrpc":"2.0","id":1,"result":{}}', 'check.body'],
  ['an operation as a tool', call({ name: 'resources/read' }), 'check.capability'],
  ['a tool that there is not', call({ name: 'other' }), 'check.capability'],
  ['a method that there is not', call({}, 'other/method'), 'check.capability'],
  ['no JSON', '{', 'check.body'],
  ['text', '"echo"', 'check.body'],
  ['depth', `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`, 'check.body'],
  ['a hostile name', '{"__proto__":{"jsonrpc":"2.0","method":"ping"}}', 'check.body'],
])('%s is refused', (_, body, code) => {
  expect(ask(server, question(body))).toBe(code)
})

test('bytes that are not UTF-8, and types that are not JSON, are refused', () => {
  expect(ask(server, question('', { body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }))).toBe('check.body')
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
    expect(ask(server, question(call({ name: 'echo' }), { raw: ['content-type', type] })), type).toBe(
      'check.body',
    )
  expect(ask(server, question(call({ name: 'echo' }), { raw: [] }))).toBe('check.body')
})

test('the configuration names what the body then must ask for', () => {
  const body = call({ name: 'echo', arguments: {} })
  expect(ask(server, question(body, { capability: 'echo' }))).toEqual(['echo', {}])
  expect(ask(server, question(body, { capability: 'resources/read' }))).toBe('check.capability')
  // Without the body nobody knows what is asked of a server that reads it.
  expect(ask(server, question('', { capability: 'echo' }))).toBe('check.body')
  expect(ask(plain, question('', { capability: 'POST /a', method: 'PUT', url: '/x?n=1&n=2&m=3' }))).toEqual([
    'POST /a',
    { n: ['1', '2'], m: '3' },
  ])
  expect(ask(plain, question('', { capability: 'other' }))).toBe('check.capability')
})

test.each([
  ['/', ['GET /', {}]],
  ['/a/x', ['GET /a/*', { '*': 'x' }]],
  ['/a/b', ['GET /a/b', {}]],
  ['/a/b/', ['GET /a/b', {}]],
  ['/a/b/c', ['GET /a/b/*', { '*': 'c' }]],
  ['/a/%62', ['GET /a/b', {}]],
  ['/a/b?x=1', ['GET /a/b', { x: '1' }]],
  ['/a/z?*=y', 'check.request'],
  ['/other', 'check.capability'],
  ['/a/../b', 'check.request'],
  ['/a/%2e%2e/b', 'check.request'],
  ['/a/%2Fb', 'check.request'],
  ['//a/b', 'check.request'],
  ['/a\\b', 'check.request'],
  ['/a;b', 'check.request'],
  ['/a/%00', 'check.request'],
  ['/a/%zz', 'check.request'],
  ['/a/%2561', 'check.request'],
  ['http://a.example/a/b', 'check.request'],
  ['/a/b#c', 'check.request'],
])('GET %s is %j', (url, expected) => {
  expect(ask(plain, question('', { method: 'GET', url }))).toEqual(expected)
})

test('methods are compared as they are', () => {
  expect(ask(plain, question('', { method: 'get', url: '/a/b' }))).toBe('check.request')
  expect(ask(plain, question('', { method: 'DELETE', url: '/a/b' }))).toEqual(['DELETE /*', { '*': 'a/b' }])
  expect(ask(plain, question('{"x":1}', { url: '/a?y=2' }))).toEqual(['POST /a', { y: '2', x: 1 }])
  expect(ask(plain, question('{"x":1}', { url: '/a?x=2' }))).toBe('check.request')
})

test('the host finds the one record whose address the path is below', () => {
  const named = (slug: string, url: string) => ({ ...target('openai', [], url), slug })
  const records = [
    named('root', 'https://a.example/'),
    named('deep', 'https://a.example/deep'),
    named('port', 'http://a.example:8080/'),
    named('twin', 'http://twin.example/'),
    named('other', 'http://twin.example/'),
    named('program', 'stdio:'),
  ]
  const find = (host: string, url: string) => {
    const asked = question('', { host, url })
    try {
      return findTarget(
        { target: () => undefined, targetsAt: () => records },
        'main',
        asked,
        requestLine(asked),
      ).slug
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  expect(find('a.example', '/x')).toBe('root')
  expect(find('A.example:443', '/deep/x')).toBe('deep')
  expect(find('a.example', '/deeper')).toBe('root')
  expect(find('a.example:8080', '/deep')).toBe('port')
  for (const host of ['twin.example', 'b.example', 'a.example:80', 'a.example.', '', 'x@a.example'])
    expect(find(host, '/'), host).toBe('check.target')
})

test('whatever a client sends is read or refused by name', () => {
  const methods = constantFrom(
    'tools/call',
    'message/send',
    'SendMessage',
    'initialize',
    'resources/read',
    'x',
  )
  const message = record({
    jsonrpc: constantFrom('2.0', 2),
    id: jsonValue(),
    method: methods,
    params: jsonValue(),
  })
  const body = oneof(
    json(),
    string(),
    message.map((value) => JSON.stringify(value)),
  )
  const pieces = constantFrom('/', 'a', 'b', '.', '%2e', '%2f', '%', ';', '?', '=', '&', '*', '\\')
  const url = oneof(
    array(pieces).map((found) => `/${found.join('')}`),
    string(),
  )
  assert(
    property(
      constantFrom(server, agent, plain),
      body,
      url,
      constantFrom('GET', 'POST', 'PUT'),
      (of, text, at, method) => {
        const read = ask(of, question(text, { url: at, method }))
        if (typeof read === 'string')
          expect(read).toMatch(/^(?:greeting|check\.(?:request|body|capability))$/)
      },
    ),
    { numRuns: 500 },
  )
})
