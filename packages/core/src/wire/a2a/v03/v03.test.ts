import {
  array,
  assert,
  base64String,
  boolean,
  constant,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  property,
  record,
  string,
  webUrl,
} from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { eventFrom10, eventTo10 } from './answer.ts'
import type { Json } from '../json.ts'
import { Untranslatable } from './form.ts'
import type { Form } from './form.ts'
import { methodFrom10, methodTo10, readRestPath03, restRequest03 } from './method.ts'
import { paramsFrom10, paramsTo10 } from './request.ts'

const id = string({ minLength: 1, maxLength: 12 })
/** Names that no version knows. */
const unknownName = constantFrom('x-vendor', 'vendorNote', 'y', '__proto__')
const unknown: Arbitrary<Json> = dictionary(unknownName, jsonValue(), { maxKeys: 2 })
const metadata = dictionary(constantFrom('a', 'b', 'http://e.example/x'), jsonValue(), {
  minKeys: 1,
  maxKeys: 3,
})

/** An object with some of these members, and some that nobody knows. */
function some(
  required: Record<string, Arbitrary<unknown>>,
  optional: Record<string, Arbitrary<unknown>>,
  extra = unknown,
): Arbitrary<Json> {
  const members = record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
  return members.chain((known) => extra.map((more): Json => ({ ...more, ...known })))
}

const part03 = oneof(
  some({ kind: constant('text'), text: string() }, { metadata }),
  some(
    { kind: constant('file'), file: some({ bytes: base64String() }, { name: id, mimeType: id }) },
    { metadata },
  ),
  some({ kind: constant('file'), file: some({ uri: webUrl() }, { name: id, mimeType: id }) }, { metadata }),
  some({ kind: constant('data'), data: dictionary(id, jsonValue(), { maxKeys: 3 }) }, { metadata }),
)
const message03 = some(
  {
    kind: constant('message'),
    messageId: id,
    role: constantFrom('user', 'agent'),
    parts: array(part03, { minLength: 1, maxLength: 3 }),
  },
  {
    taskId: id,
    contextId: id,
    referenceTaskIds: array(id, { minLength: 1, maxLength: 2 }),
    extensions: array(webUrl(), { minLength: 1, maxLength: 2 }),
    metadata,
  },
)
const state03 = constantFrom(
  'submitted',
  'working',
  'completed',
  'failed',
  'canceled',
  'input-required',
  'rejected',
  'auth-required',
)
const status03 = some(
  { state: state03 },
  { message: message03, timestamp: constant('2026-11-21T10:00:00.000Z') },
)
const artifact03 = some(
  { artifactId: id, parts: array(part03, { minLength: 1, maxLength: 2 }) },
  { name: id, description: id, metadata, extensions: array(webUrl(), { minLength: 1, maxLength: 2 }) },
)
const task03 = some(
  { kind: constant('task'), id, contextId: id, status: status03 },
  {
    history: array(message03, { minLength: 1, maxLength: 2 }),
    artifacts: array(artifact03, { minLength: 1, maxLength: 2 }),
    metadata,
  },
)
const ends = new Set(['completed', 'failed', 'canceled', 'rejected'])
const statusUpdate03 = some(
  { kind: constant('status-update'), taskId: id, contextId: id, status: status03 },
  { metadata },
).map((update): Json => ({ ...update, final: ends.has(String((update['status'] as Json)['state'])) }))
const artifactUpdate03 = some(
  {
    kind: constant('artifact-update'),
    taskId: id,
    contextId: id,
    artifact: artifact03,
    append: boolean(),
    lastChunk: boolean(),
  },
  { metadata },
)
const event03 = oneof(task03, message03, statusUpdate03, artifactUpdate03)

test('an event of 0.3 says the same after it was put into 1.0 and back', () => {
  assert(
    property(event03, (event) => {
      expect(eventFrom10(eventTo10(event, 'kind'), 'kind')).toEqual(event)
    }),
  )
})

test('an event of 1.0 says the same after it was put into either form of 0.3 and back', () => {
  assert(
    property(event03, constantFrom<Form>('kind', 'proto'), (event, form) => {
      const event10 = eventTo10(event, 'kind')
      expect(eventTo10(eventFrom10(event10, form), form)).toEqual(event10)
    }),
  )
})

const configuration03 = record(
  {
    blocking: boolean(),
    acceptedOutputModes: array(id, { minLength: 1, maxLength: 2 }),
    historyLength: constantFrom(1, 10),
    pushNotificationConfig: some(
      { url: webUrl() },
      {
        id,
        token: id,
        authentication: record({ schemes: array(id, { minLength: 1, maxLength: 1 }), credentials: id }),
      },
    ),
  },
  { requiredKeys: ['blocking'] },
)
const send03 = some({ message: message03 }, { configuration: configuration03, metadata })

test('the parameters of a message of 0.3 say the same after they were put into 1.0 and back', () => {
  assert(
    property(send03, (params) => {
      expect(paramsFrom10('SendMessage', paramsTo10('SendMessage', params, 'kind'), 'kind')).toEqual(params)
    }),
  )
})

const idCalls: readonly (readonly [string, Json])[] = [
  ['tasks/get', { id: 't1', historyLength: 3, metadata: { a: 1 } }],
  ['tasks/cancel', { id: 't1', metadata: { a: 1 } }],
  ['tasks/resubscribe', { id: 't1' }],
  [
    'tasks/pushNotificationConfig/set',
    { taskId: 't1', pushNotificationConfig: { id: 'c1', url: 'https://x.example/', token: 'k' } },
  ],
  ['tasks/pushNotificationConfig/get', { id: 't1', pushNotificationConfigId: 'c1' }],
  ['tasks/pushNotificationConfig/list', { id: 't1' }],
  ['tasks/pushNotificationConfig/delete', { id: 't1', pushNotificationConfigId: 'c1' }],
]

test.each(idCalls)('the parameters of %s come back as they were', (name, params) => {
  const method = methodTo10(name)!
  expect(methodFrom10(method)).toBe(name)
  expect(paramsFrom10(method, paramsTo10(method, params, 'kind'), 'kind')).toEqual(params)
})

test('waits for an answer unless the caller said that it does not', () => {
  const wait = (configuration: Json, form: Form) => {
    const message = { kind: 'message', messageId: 'm', role: 'user', parts: [] }
    const params = paramsTo10('SendMessage', { message, configuration }, form)
    return [
      (params['configuration'] as Json)['returnImmediately'],
      (paramsFrom10('SendMessage', params, 'kind')['configuration'] as Json)['blocking'],
      (paramsFrom10('SendMessage', params, 'proto')['configuration'] as Json)['blocking'],
    ]
  }
  expect(wait({}, 'kind')).toEqual([undefined, true, true])
  expect(wait({ blocking: true }, 'kind')).toEqual([false, true, true])
  expect(wait({ blocking: false }, 'kind')).toEqual([true, false, undefined])
})

test('a member that the other version would read as something else stays behind', () => {
  const hostile = { kind: 'text', text: 'hello', url: 'http://evil.example', raw: 'aGk=' }
  const params = { message: { kind: 'message', messageId: 'm', role: 'user', parts: [hostile] } }
  expect((paramsTo10('SendMessage', params, 'kind')['message'] as Json)['parts']).toEqual([{ text: 'hello' }])
})

const unclear: readonly (readonly [string, Form, Json])[] = [
  ['a part of no kind', 'kind', { messageId: 'm', role: 'user', parts: [{ text: 'x' }] }],
  ['a file that is nowhere', 'kind', { messageId: 'm', role: 'user', parts: [{ kind: 'file', file: {} }] }],
  [
    'a file in two places',
    'kind',
    { messageId: 'm', role: 'user', parts: [{ kind: 'file', file: { bytes: '', uri: '' } }] },
  ],
  ['data that is no object', 'kind', { messageId: 'm', role: 'user', parts: [{ kind: 'data', data: 7 }] }],
  ['parts that are no list', 'kind', { messageId: 'm', role: 'user', parts: 'x' }],
  ['a role that is none', 'kind', { messageId: 'm', role: 'ROLE_USER', parts: [] }],
  [
    'a part with two contents',
    'proto',
    { messageId: 'm', role: 'ROLE_USER', content: [{ text: 'x', data: { data: {} } }] },
  ],
  [
    'a task id in two spellings',
    'proto',
    { messageId: 'm', role: 'ROLE_USER', content: [], taskId: 'a', task_id: 'b' },
  ],
]

test.each(unclear)('refuses %s', (_, form, message) => {
  expect(() => paramsTo10('SendMessage', { message }, form)).toThrow(Untranslatable)
})

test('reads the original names of ProtoJSON', () => {
  const message = {
    message_id: 'm',
    context_id: 'c',
    task_id: 't',
    role: 'ROLE_USER',
    content: [{ file: { file_with_uri: '', file_with_bytes: 'aGk=', mime_type: 'text/plain' } }],
  }
  expect(
    paramsTo10(
      'SendMessage',
      { request: message, configuration: { accepted_output_modes: ['a/b'], blocking: true } },
      'proto',
    ),
  ).toEqual({
    message: {
      messageId: 'm',
      contextId: 'c',
      taskId: 't',
      role: 'ROLE_USER',
      parts: [{ raw: 'aGk=', mediaType: 'text/plain' }],
    },
    configuration: { acceptedOutputModes: ['a/b'], returnImmediately: false },
  })
})

test('keeps the media type of a text where 0.3 takes it, and leaves it out where it would be refused', () => {
  const event = {
    message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'x', mediaType: 'text/markdown' }] },
  }
  expect(eventTo10(eventFrom10(event, 'kind'), 'kind')).toEqual(event)
  expect(eventFrom10(event, 'proto')).toEqual({
    message: { messageId: 'm', role: 'ROLE_AGENT', content: [{ text: 'x' }] },
  })
})

test('data that is no object is wrapped for 0.3 and unwrapped again', () => {
  for (const data of [null, 7, 'x', [1], true]) {
    const event = { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ data }] } }
    for (const form of ['kind', 'proto'] as const)
      expect(eventTo10(eventFrom10(event, form), form)).toEqual(event)
  }
})

test.each([
  ['POST', '/v1/message:send', 'SendMessage', {}],
  ['POST', '/v1/message:stream', 'SendStreamingMessage', {}],
  ['GET', '/v1/tasks/7', 'GetTask', { id: '7' }],
  ['POST', '/v1/tasks/7:cancel', 'CancelTask', { id: '7' }],
  ['POST', '/v1/tasks/7:subscribe', 'SubscribeToTask', { id: '7' }],
  ['GET', '/v1/tasks/7/pushNotificationConfigs/c', 'GetTaskPushNotificationConfig', { taskId: '7', id: 'c' }],
  ['GET', '/v1/card', 'GetExtendedAgentCard', {}],
])('reads %s %s', (verb, path, method, members) => {
  expect(readRestPath03(verb, path)).toEqual({ ok: true, address: { method, members } })
})

test.each(['/v1/tasks', '/v1/extendedAgentCard', '/message:send', '/v1/tenant/message:send', '/v1'])(
  'has no operation at %s',
  (path) => {
    for (const verb of ['GET', 'POST']) expect(readRestPath03(verb, path)).toMatchObject({ ok: false })
  },
)

test('a request that an address cannot hold is none', () => {
  expect(restRequest03('GetTask', { id: '..' }, {})).toBeUndefined()
  expect(restRequest03('ListTasks', {}, {})).toBeUndefined()
  expect(restRequest03('CancelTask', { id: 'a/b' }, { id: 'a/b' })).toEqual({
    verb: 'POST',
    path: '/v1/tasks/a%2Fb:cancel',
    query: [],
    body: {},
  })
})
