import { A2AService } from '@a2a-js/sdk/server/grpc'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Method } from '@ambit/core/wire/a2a/method'
import { operations } from '@ambit/core/wire/a2a/method'
import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode, methodForms, methodPath, setTenant } from './codec.ts'

type Codec = (typeof A2AService)['sendMessage']

function officialOf(method: Method): Codec {
  const name = (method[0]!.toLowerCase() + method.slice(1)) as keyof typeof A2AService
  return A2AService[name] as unknown as Codec
}

const everything = {
  text: 'ä😀',
  number: 1.5,
  whole: -3,
  yes: true,
  nothing: null,
  list: [1, [], {}, 'x'],
  in: { a: {} },
}
const message = {
  messageId: 'm1',
  contextId: 'c1',
  taskId: 't1',
  role: 'ROLE_USER',
  parts: [
    { text: '', metadata: everything },
    {
      raw: Buffer.from([0, 255, 10]).toString('base64'),
      filename: 'a.bin',
      mediaType: 'application/octet-stream',
    },
    { url: 'https://example.com/a' },
    { data: everything },
    { data: null },
    { data: [1, 'two'] },
    { data: 'text' },
    { data: false },
  ],
  metadata: everything,
  extensions: ['urn:a', 'urn:b'],
  referenceTaskIds: ['t0'],
}
const artifact = {
  artifactId: 'a1',
  name: 'n',
  description: 'd',
  parts: [{ text: 'x' }],
  metadata: {},
  extensions: ['e'],
}
const status = { state: 'TASK_STATE_INPUT_REQUIRED', message, timestamp: '2026-11-20T10:20:30.123Z' }
const task = {
  id: 't1',
  contextId: 'c1',
  status,
  artifacts: [artifact],
  history: [message],
  metadata: everything,
}
const push = {
  tenant: 'x',
  id: 'p1',
  taskId: 't1',
  url: 'https://example.com',
  token: 'k',
  authentication: { scheme: 'Bearer', credentials: 's' },
}
const scopes = { read: 'Reads', write: '' }
const flows = [
  {
    authorizationCode: { authorizationUrl: 'a', tokenUrl: 't', refreshUrl: 'r', scopes, pkceRequired: true },
  },
  { clientCredentials: { tokenUrl: 't', scopes } },
  { implicit: { authorizationUrl: 'a', scopes } },
  { password: { tokenUrl: 't', scopes } },
  { deviceCode: { deviceAuthorizationUrl: 'd', tokenUrl: 't', scopes } },
]
const card = {
  name: 'n',
  description: 'd',
  supportedInterfaces: [{ url: 'u', protocolBinding: 'GRPC', tenant: 't', protocolVersion: '1.0' }],
  provider: { url: 'u', organization: 'o' },
  version: '1',
  documentationUrl: 'doc',
  capabilities: {
    streaming: true,
    pushNotifications: false,
    extensions: [{ uri: 'urn:x', description: 'd', required: true, params: everything }],
    extendedAgentCard: true,
  },
  securitySchemes: {
    key: { apiKeySecurityScheme: { description: 'd', location: 'header', name: 'X' } },
    http: { httpAuthSecurityScheme: { scheme: 'Bearer', bearerFormat: 'JWT' } },
    openid: { openIdConnectSecurityScheme: { openIdConnectUrl: 'https://example.com' } },
    mtls: { mtlsSecurityScheme: { description: 'd' } },
    ...Object.fromEntries(
      flows.map((flow, at) => [`o${at}`, { oauth2SecurityScheme: { flows: flow, oauth2MetadataUrl: 'm' } }]),
    ),
  },
  securityRequirements: [{ schemes: { key: { list: ['a', 'b'] } } }],
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [
    {
      id: 's',
      name: 'n',
      description: 'd',
      tags: ['t'],
      examples: ['e'],
      inputModes: ['i'],
      outputModes: ['o'],
      securityRequirements: [{ schemes: { http: { list: ['c'] } } }],
    },
  ],
  signatures: [{ protected: 'p', signature: 's', header: { kid: 'k' } }],
  iconUrl: 'i',
}
const send = {
  tenant: 'x',
  message,
  configuration: {
    acceptedOutputModes: ['text/plain'],
    taskPushNotificationConfig: push,
    historyLength: 0,
    returnImmediately: true,
  },
  metadata: everything,
}
const statusUpdate = { taskId: 't1', contextId: 'c1', status, metadata: everything }
const artifactUpdate = {
  taskId: 't1',
  contextId: 'c1',
  artifact,
  append: true,
  lastChunk: true,
  metadata: {},
}

/** Every field of every message at least once, as JSON-RPC would say it. */
const said: Readonly<Record<Method, { requests: object[]; answers: object[] }>> = {
  SendMessage: { requests: [send], answers: [{ task }, { message }] },
  SendStreamingMessage: {
    requests: [send],
    answers: [{ task }, { message }, { statusUpdate }, { artifactUpdate }],
  },
  GetTask: { requests: [{ tenant: 'x', id: 't1', historyLength: 3 }], answers: [task] },
  ListTasks: {
    requests: [
      {
        tenant: 'x',
        contextId: 'c1',
        status: 'TASK_STATE_WORKING',
        pageSize: 5,
        pageToken: 'p',
        historyLength: 1,
        statusTimestampAfter: '2026-01-01T00:00:00Z',
        includeArtifacts: false,
      },
    ],
    answers: [{ tasks: [task], nextPageToken: 'p', pageSize: 5, totalSize: 9 }],
  },
  CancelTask: { requests: [{ tenant: 'x', id: 't1', metadata: everything }], answers: [task] },
  SubscribeToTask: { requests: [{ tenant: 'x', id: 't1' }], answers: [{ statusUpdate }] },
  CreateTaskPushNotificationConfig: { requests: [push], answers: [push] },
  GetTaskPushNotificationConfig: { requests: [{ tenant: 'x', taskId: 't1', id: 'p1' }], answers: [push] },
  ListTaskPushNotificationConfigs: {
    requests: [{ tenant: 'x', taskId: 't1', pageSize: 3, pageToken: 'p' }],
    answers: [{ configs: [push], nextPageToken: 'p' }],
  },
  DeleteTaskPushNotificationConfig: { requests: [{ tenant: 'x', taskId: 't1', id: 'p1' }], answers: [{}] },
  GetExtendedAgentCard: { requests: [{ tenant: 'x' }], answers: [card] },
}

test.each(Object.keys(operations) as Method[])('%s says the same here and in the official SDK', (method) => {
  const { request, response } = methodForms[method]
  const official = officialOf(method)
  expect(official.path).toBe(methodPath(method))
  for (const json of said[method].requests) {
    const bytes = encode(request, json)!
    // The SDK reads our bytes and writes its own; what we read in those is what was said.
    const theirs = official.requestSerialize(official.requestDeserialize(bytes))
    expect(decode(request, theirs)!.json).toEqual(json)
    expect(decode(request, bytes)!.bytes.equals(bytes)).toBe(true)
  }
  for (const json of said[method].answers) {
    const bytes = encode(response, json)!
    const theirs = official.responseSerialize(official.responseDeserialize(bytes))
    expect(decode(response, theirs)!.json).toEqual(json)
  }
})

test('reads no field that the SDK would not write, and writes none that it would not read', () => {
  // A number or type that differs would make the SDK drop or refuse it; the bytes would then be shorter.
  for (const method of Object.keys(operations) as Method[]) {
    for (const json of said[method].requests) {
      const bytes = encode(methodForms[method].request, json)!
      const official = officialOf(method)
      expect(official.requestSerialize(official.requestDeserialize(bytes)).length, method).toBe(bytes.length)
    }
  }
})

test('any JSON passes through metadata and data unchanged', () => {
  const { request } = methodForms.SendMessage
  assert(
    property(jsonValue({ maxDepth: 5 }), (value) => {
      const json = { message: { messageId: 'm', parts: [{ data: value }], metadata: { value } } }
      const read = decode(request, encode(request, json)!)!.json
      // JSON has no negative zero when it is written.
      expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(json)))
    }),
  )
})

test('hostile member names are data like any other', () => {
  const { request } = methodForms.SendMessage
  const json: unknown = JSON.parse(
    '{"message":{"messageId":"m","metadata":{"__proto__":{"admin":true},"constructor":1}}}',
  )
  const { json: read } = decode(request, encode(request, json)!)!
  expect(JSON.stringify(read)).toBe(JSON.stringify(json))
  expect(({} as { admin?: boolean }).admin).toBeUndefined()
})

test('fields of a newer peer stay in the bytes, and what came twice is there once', () => {
  const { request } = methodForms.GetTask
  const newer = new BinaryWriter()
    .tag(2, WireType.LengthDelimited)
    .string('first')
    .tag(2, WireType.LengthDelimited)
    .string('t1')
    .tag(99, WireType.LengthDelimited)
    .string('from the future')
    .finish()
  const read = decode(request, newer)!
  expect(read.json).toEqual({ id: 't1' })
  expect(read.bytes.includes('from the future')).toBe(true)
  expect(read.bytes.includes('first')).toBe(false)
})

test('members that the schema does not know are left out, and the tenant can be changed', () => {
  const { request } = methodForms.GetTask
  const bytes = encode(request, { id: 't1', tenant: 'a', fromTheFuture: { x: 1 } })!
  expect(decode(request, bytes)!.json).toEqual({ id: 't1', tenant: 'a' })
  expect(decode(request, bytes, (message) => setTenant(message, ''))!.json).toEqual({ id: 't1' })
})

test('an empty list says so to a reader of JSON', () => {
  expect(decode(methodForms.ListTasks.response, Buffer.alloc(0))!.json).toEqual({
    tasks: [],
    nextPageToken: '',
    pageSize: 0,
    totalSize: 0,
  })
})

test.each([
  ['bytes that end too soon', Buffer.from([0x12, 0x7f, 0x01])],
  ['a tag of no field', Buffer.from([0x00])],
  ['text that is not UTF-8', Buffer.from([0x12, 0x02, 0xc3, 0x28])],
  ['an unknown wire type', Buffer.from([0x17])],
])('%s are no message', (_, bytes) => {
  expect(decode(methodForms.GetTask.request, bytes)).toBeUndefined()
})

test('numbers that JSON has no word for are no message', () => {
  // metadata { fields { "n": number_value NaN } }
  const value = Buffer.concat([Buffer.from([0x11]), doubleBytes(Number.NaN)])
  const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x6e, 0x12, value.length]), value])
  const struct = Buffer.concat([Buffer.from([0x0a, entry.length]), entry])
  const bytes = Buffer.concat([Buffer.from([0x1a, struct.length]), struct])
  expect(decode(methodForms.CancelTask.request, bytes)).toBeUndefined()
})

test('messages nested without end are no message', () => {
  let value: unknown = 1
  for (let at = 0; at < 2000; at++) value = [value]
  expect(encode(methodForms.CancelTask.request, { id: 't', metadata: { value } })).toBeUndefined()
})

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}
