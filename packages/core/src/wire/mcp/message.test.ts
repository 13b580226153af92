import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { errorResponse } from './errors.ts'
import { notificationMessage, readMessage, requestMessage, resultResponse } from './message.ts'

test('makes out each form of message', () => {
  const forms = [
    requestMessage(1, 'ping'),
    requestMessage('a', 'tools/call', { name: 'x' }),
    notificationMessage('notifications/initialized'),
    resultResponse(0, {}),
    errorResponse(null, -32700, 'no'),
  ].map((message) => readMessage(JSON.parse(JSON.stringify(message))).form)
  expect(forms).toEqual(['request', 'request', 'notification', 'result', 'error'])
})

const wrong: readonly (readonly [what: RegExp, value: unknown])[] = [
  [/batches/, [requestMessage(1, 'ping')]],
  [/JSON object/, 'text'],
  [/JSON object/, null],
  [/jsonrpc/, { id: 1, method: 'ping' }],
  [/`id` of a request/, { jsonrpc: '2.0', id: null, method: 'ping' }],
  [/`id` of a request/, { jsonrpc: '2.0', id: 1.5, method: 'ping' }],
  [/`id` of a request/, { jsonrpc: '2.0', id: 'x'.repeat(257), method: 'ping' }],
  [/`method`/, { jsonrpc: '2.0', id: 1, method: 7 }],
  [/`params`/, { jsonrpc: '2.0', id: 1, method: 'ping', params: [] }],
  [/`result` must/, { jsonrpc: '2.0', id: 1, result: 'yes' }],
  [/`id` of an answer/, { jsonrpc: '2.0', result: {} }],
  [/`error`/, { jsonrpc: '2.0', id: 1, error: { code: 'x', message: 'y' } }],
  [/has a `method`/, { jsonrpc: '2.0', id: 1 }],
]

test('says what is wrong with a message that is none', () => {
  for (const [what, value] of wrong) {
    const read = readMessage(value)
    expect(read.form).toBe('invalid')
    expect(read.form === 'invalid' && read.what).toMatch(what)
  }
})

test('never throws, whatever JSON comes', () => {
  assert(
    property(jsonValue(), (value) => {
      expect(typeof readMessage(value).form).toBe('string')
    }),
  )
})
