import { anything, assert, constantFrom, option, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { isTooDeep } from '../depth.ts'
import {
  a2aError,
  errorRows,
  foreignAsRest,
  foreignAsRpc,
  readForeignError,
  reasonOf,
  restErrorBody,
  rpcErrorBody,
} from './error.ts'
import type { ErrorReason } from './error.ts'
import { operations } from './method.ts'
import type { Method } from './method.ts'
import { readPushListRequest, readPushNameRequest, readPushRequest, readSendRequest } from './request.ts'
import { readRestPath, readRestQuery, restRequest } from './rest.ts'
import { readStreamResponse, readTask } from './task.ts'

const reasons = Object.keys(errorRows) as ErrorReason[]

test('writes an error as the specification shows it', () => {
  const error = a2aError('TASK_NOT_FOUND', 'no such task', { taskId: 't1' })
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'TASK_NOT_FOUND',
      domain: 'a2a-protocol.org',
      metadata: { taskId: 't1' },
    },
  ]
  expect(rpcErrorBody(1, error)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32001, message: 'no such task', data: details },
  })
  expect(restErrorBody(error)).toEqual({
    error: { code: 404, status: 'NOT_FOUND', message: 'no such task', details },
  })
})

test.each(reasons)('%s says the same in either binding after crossing to the other and back', (reason) => {
  const error = a2aError(reason, 'words')
  const rest = readForeignError(restErrorBody(error)['error'])!
  const rpc = readForeignError(rpcErrorBody(1, error)['error'])!
  expect([reasonOf(rest), reasonOf(rpc)]).toEqual([reason, reason])
  expect(readForeignError(foreignAsRpc(rest))).toEqual(rpc)
  expect(readForeignError(foreignAsRest(rpc))).toEqual(rest)
})

test('gives an error of no known code a place in either binding', () => {
  const rpc = readForeignError({ code: -31999, message: 'odd' })!
  const rest = readForeignError({ code: 418, status: 'TEAPOT', message: 'odd' })!
  expect(foreignAsRest(rpc)).toMatchObject({ code: 500, status: 'INTERNAL', message: 'odd' })
  expect(foreignAsRpc(rest)).toMatchObject({ code: -32603, message: 'odd' })
})

const id = string({ minLength: 1, unit: 'binary' }).filter(
  (text) => text.isWellFormed() && text !== '.' && text !== '..',
)
const carried: readonly Method[] = [
  'GetTask',
  'CancelTask',
  'SubscribeToTask',
  'ListTasks',
  'SendMessage',
  'SendStreamingMessage',
]

test('an operation written as an address is read back as the same operation on the same task', () => {
  assert(
    property(constantFrom(...carried), id, option(id, { nil: undefined }), (method, task, tenant) => {
      const named = operations[method].path.includes('{id}')
      const params = { ...(named ? { id: task } : {}), ...(tenant === undefined ? {} : { tenant }) }
      const written = restRequest(method, params)!
      const url = new URL('http://x/base')
      url.pathname += written.path
      const reading = readRestPath(written.verb, url.pathname.slice('/base'.length))
      expect(reading).toEqual({ ok: true, address: { method, members: params } })
    }),
  )
})

test.each(['.', '..', '', undefined, 7])('writes no address for the task %o', (task) => {
  expect(restRequest('GetTask', { id: task })).toBeUndefined()
})

test('reads a verb after an id that has a colon itself, and tells the verbs an address takes', () => {
  expect(readRestPath('POST', '/tasks/urn:x:1:cancel')).toMatchObject({
    address: { method: 'CancelTask', members: { id: 'urn:x:1' } },
  })
  expect(readRestPath('GET', '/tasks/urn:x:1')).toMatchObject({
    address: { method: 'GetTask', members: { id: 'urn:x:1' } },
  })
  expect(readRestPath('POST', '/tasks/t1:subscribe')).toMatchObject({
    address: { method: 'SubscribeToTask' },
  })
  expect(readRestPath('PUT', '/message:send')).toEqual({ ok: false, why: 'verb', verbs: ['POST'] })
  expect(readRestPath('GET', '/else/where/far')).toEqual({ ok: false, why: 'unknown' })
})

test('reads numbers and truth values of a query as such, and nothing twice', () => {
  const query = new URLSearchParams('historyLength=3&includeArtifacts=false&contextId=7&A2A-Version=1.0')
  expect(readRestQuery(query)).toEqual({
    members: { historyLength: 3, includeArtifacts: false, contextId: '7' },
  })
  expect(readRestQuery(new URLSearchParams('contextId=1&contextId=2'))).toEqual({ wrong: 'contextId' })
  expect(readRestQuery(new URLSearchParams('__proto__=1'))).toEqual({ wrong: '__proto__' })
})

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] }

test('reads every task that a message touches', () => {
  const verdict = readSendRequest({
    message: { ...message, taskId: 't1', contextId: 'c', referenceTaskIds: ['t2'] },
  })
  expect(verdict).toEqual({ ok: true, reading: { taskIds: ['t1', 't2'], contextId: 'c' } })
})

test.each([
  [{ message: { ...message, task_id: 't1' } }, 'INVALID_PARAMS'],
  [{ message: { ...message, reference_task_ids: ['t1'] } }, 'INVALID_PARAMS'],
  [{ message, configuration: { task_push_notification_config: {} } }, 'INVALID_PARAMS'],
  [{ message, configuration: { taskPushNotificationConfig: {} } }, 'INVALID_PARAMS'],
  [{ message, configuration: { taskPushNotificationConfig: { url: 'u', task_id: 't' } } }, 'INVALID_PARAMS'],
  [{ message: { ...message, taskId: 7 } }, 'INVALID_PARAMS'],
])('refuses %o', (params, reason) => {
  expect(readSendRequest(params)).toMatchObject({ ok: false, reason })
})

test('reads where a client wants to be told, inside a message and by itself', () => {
  const config = { url: 'https://x/hook', token: '', authentication: { scheme: 'Bearer', credentials: 'c' } }
  const push = { id: undefined, taskId: undefined, token: undefined, url: config.url }
  const read = readSendRequest({ message, configuration: { taskPushNotificationConfig: config } })
  expect(read).toMatchObject({
    ok: true,
    reading: { push: { ...push, authentication: config.authentication } },
  })
  expect(readPushRequest({ ...config, taskId: 't1', id: 'mine' })).toMatchObject({
    reading: { taskIds: ['t1'], push: { id: 'mine', taskId: 't1' } },
  })
  expect(readPushNameRequest({ taskId: 't1', id: 'mine' })).toMatchObject({ reading: { taskIds: ['t1'] } })
  expect(readPushListRequest({ taskId: 't1' })).toMatchObject({ reading: { taskIds: ['t1'] } })
})

test.each([
  { taskId: 't1' },
  { url: 'https://x/' },
  { taskId: 't1', url: 'https://x/', token: 'a\r\nb: c' },
  { taskId: 't1', url: 'https://x/', authentication: { scheme: 'Be arer' } },
  { taskId: 't1', url: 'https://x/', authentication: { scheme: 'Bearer', credentials: 'a\nb' } },
  { task_id: 't1', taskId: 't1', url: 'https://x/' },
])('refuses the setting %o', (params) => {
  expect(readPushRequest(params)).toMatchObject({ ok: false, reason: 'INVALID_PARAMS' })
})

test('never throws on what an agent says', () => {
  assert(
    property(anything(), (value) => {
      readStreamResponse(value)
      readTask(value)
      readForeignError(value)
      readSendRequest(value)
    }),
  )
})

test('tells depth by its deepest member', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: [nested(depth - 1)] })
  expect([isTooDeep(nested(50)), isTooDeep(nested(51))]).toEqual([false, true])
})
