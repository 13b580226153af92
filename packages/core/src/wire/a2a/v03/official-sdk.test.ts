import type { Json } from '../json.ts'
import { Message, StreamResponse, Task } from '@a2a-js/sdk'
import { legacyPushNotificationToV1StreamResponse } from '@a2a-js/sdk/compat/v0_3'
import {
  LegacyJsonRpcTransport,
  LegacyRestTransport,
  parseLegacyAgentCard,
} from '@a2a-js/sdk/compat/v0_3/client'
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import {
  array,
  assert,
  asyncProperty,
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
import { agentCardSchema } from '../card.ts'
import { answerFrom10, answerTo10, eventTo10 } from './answer.ts'
import { cardOfBoth, cardTo10 } from './card.ts'
import { paramsFrom10, paramsTo10 } from './request.ts'

/* The official SDK's own translation as the second opinion. It knows no members but those of the protocol. */

const id = string({ minLength: 1, maxLength: 12 })
const metadata = dictionary(constantFrom('a', 'b', 'http://e.example/x'), jsonValue(), {
  minKeys: 1,
  maxKeys: 3,
})
const state = constantFrom(
  'submitted',
  'working',
  'completed',
  'failed',
  'canceled',
  'input-required',
  'rejected',
  'auth-required',
)

function some(
  required: Record<string, Arbitrary<unknown>>,
  optional: Record<string, Arbitrary<unknown>>,
): Arbitrary<Json> {
  return record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
}

const plainPart = oneof(
  some({ kind: constant('text'), text: string() }, { metadata }),
  some({ kind: constant('file'), file: some({ uri: webUrl() }, { name: id, mimeType: id }) }, { metadata }),
  some(
    {
      kind: constant('file'),
      file: some({ bytes: constantFrom('aGk=', 'AAECAw==') }, { name: id, mimeType: id }),
    },
    { metadata },
  ),
  some({ kind: constant('data'), data: dictionary(id, jsonValue(), { maxKeys: 3 }) }, { metadata }),
)
const plainMessage = some(
  {
    kind: constant('message'),
    messageId: id,
    role: constantFrom('user', 'agent'),
    parts: array(plainPart, { minLength: 1, maxLength: 3 }),
  },
  {
    taskId: id,
    contextId: id,
    referenceTaskIds: array(id, { minLength: 1, maxLength: 2 }),
    extensions: array(webUrl(), { minLength: 1, maxLength: 2 }),
    metadata,
  },
)
const plainStatus = some(
  { state: state },
  { message: plainMessage, timestamp: constant('2026-11-21T10:00:00.000Z') },
)
const plainArtifact = some(
  { artifactId: id, parts: array(plainPart, { minLength: 1, maxLength: 2 }) },
  { name: id, description: id, metadata },
)
const plainTask = some(
  { kind: constant('task'), id, contextId: id, status: plainStatus },
  {
    history: array(plainMessage, { minLength: 1, maxLength: 2 }),
    artifacts: array(plainArtifact, { minLength: 1, maxLength: 2 }),
    metadata,
  },
)
const plainEvent = oneof(
  plainTask,
  some(
    { kind: constant('status-update'), taskId: id, contextId: id, status: plainStatus, final: boolean() },
    { metadata },
  ),
  some(
    {
      kind: constant('artifact-update'),
      taskId: id,
      contextId: id,
      artifact: plainArtifact,
      append: boolean(),
      lastChunk: boolean(),
    },
    { metadata },
  ),
)

test('puts events of 0.3 into 1.0 as the official SDK does', () => {
  assert(
    property(plainEvent, (event) => {
      const theirs = StreamResponse.toJSON(legacyPushNotificationToV1StreamResponse(event))
      expect(StreamResponse.toJSON(StreamResponse.fromJSON(eventTo10(event, 'kind')))).toEqual(theirs)
    }),
  )
})

test('puts tasks of 1.0 into 0.3 as the official SDK does', async () => {
  await assert(
    asyncProperty(plainTask, async (task) => {
      const task10 = answerTo10('GetTask', task, 'kind')
      const handler = new LegacyJsonRpcTransportHandler({
        getTask: async () => await Promise.resolve(Task.fromJSON(task10)),
      } as never)
      const request = { jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id: 'x' } }
      const { result } = (await handler.handle(request, {} as never)) as { result: unknown }
      expect(answerFrom10('GetTask', task10, 'kind')).toEqual(result)
    }),
    { numRuns: 50 },
  )
})

/** JSON has no negative zero. */
function onWire(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

/** What the SDK's own 0.3 client writes for a request of 1.0. */
async function written(binding: 'kind' | 'proto', request: Json): Promise<unknown> {
  let body = ''
  const fetchImpl = async (_: unknown, init?: RequestInit) => {
    body = init?.body as string
    return await Promise.reject(new Error('not sent'))
  }
  const transport = new (binding === 'kind' ? LegacyJsonRpcTransport : LegacyRestTransport)({
    endpoint: 'http://x',
    fetchImpl,
  })
  const message = Message.fromJSON(request['message'])
  await transport
    .sendMessage({ tenant: '', message, configuration: undefined, metadata: undefined })
    .catch(() => undefined)
  return JSON.parse(body)
}

test('writes messages to agents of 0.3 as the official SDK does', async () => {
  await assert(
    asyncProperty(plainMessage.map(onWire), async (message) => {
      const params = paramsTo10('SendMessage', { message }, 'kind')
      const kind = (await written('kind', params)) as { params: unknown }
      expect(paramsFrom10('SendMessage', params, 'kind')).toEqual(kind.params)
      // Its proto has no names of files, no metadata of parts and no references between tasks.
      const proto = paramsTo10('SendMessage', (await written('proto', params)) as Json, 'proto')
      const parts = (params['message'] as { parts: Json[] }).parts.map(
        ({ metadata: _metadata, filename: _name, ...rest }) => rest,
      )
      const { referenceTaskIds: _, ...rest } = params['message'] as Json
      expect(proto).toEqual({ message: { ...rest, parts } })
    }),
    { numRuns: 50 },
  )
})

const card03: Json = {
  protocolVersion: '0.3.0',
  name: 'Old',
  description: 'Speaks 0.3.',
  version: '1.0.0',
  url: 'http://a.example/rpc',
  preferredTransport: 'JSONRPC',
  additionalInterfaces: [
    { url: 'http://a.example/rpc', transport: 'JSONRPC' },
    { url: 'http://a.example/rest', transport: 'HTTP+JSON' },
  ],
  capabilities: { streaming: true },
  supportsAuthenticatedExtendedCard: true,
  securitySchemes: {
    key: { type: 'apiKey', in: 'header', name: 'x-key' },
    web: { type: 'http', scheme: 'bearer' },
  },
  security: [{ key: [] }, { web: ['a'] }],
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 's', name: 'S', description: 'S', tags: ['t'], security: [{ web: [] }] }],
}

test('reads a card of 0.3 as one of 1.0 with its interfaces, each once', () => {
  const card = cardTo10(card03)
  expect(agentCardSchema.safeParse(card).success).toBe(true)
  expect(card).toMatchObject({
    supportedInterfaces: [
      { url: 'http://a.example/rpc', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url: 'http://a.example/rest', protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
    capabilities: { streaming: true, extendedAgentCard: true },
    securitySchemes: {
      key: { apiKeySecurityScheme: { location: 'header', name: 'x-key' } },
      web: { httpAuthSecurityScheme: { scheme: 'bearer' } },
    },
    securityRequirements: [{ schemes: { key: { list: [] } } }, { schemes: { web: { list: ['a'] } } }],
    skills: [{ id: 's', securityRequirements: [{ schemes: { web: { list: [] } } }] }],
  })
  expect(Object.keys(card)).not.toContain('url')
})

test('a card of both versions is read by the official SDK as 0.3 and as 1.0', () => {
  const both = cardOfBoth({
    ...cardTo10(card03),
    supportedInterfaces: [
      { url: 'http://n/a2a/old', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: 'http://n/a2a/old', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url: 'http://n/a2a/old', protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
  })
  const { supportedInterfaces: _, ...former } = both
  const theirs = parseLegacyAgentCard(former)
  expect(theirs).toMatchObject({ name: 'Old', capabilities: { extendedAgentCard: true } })
  expect(theirs.supportedInterfaces.map((each) => each.protocolBinding)).toContain('HTTP+JSON')
  expect(Object.keys(theirs.securitySchemes)).toEqual(['key', 'web'])
  expect(agentCardSchema.safeParse(both).success).toBe(true)
})
