import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import type { DescMessage, JsonValue, Message } from '@bufbuild/protobuf'
import { EmptySchema } from '@bufbuild/protobuf/wkt'
import type { Method } from '@ambit/core/wire/a2a/method'
import type { Json } from '@ambit/core/wire/a2a/json'
import { readSchema } from '../../protobuf-schema.ts'
import { a2aPackage, a2aSchema } from './schema.ts'

/** What a method takes and gives, as one message of protocol buffers each. */
export interface MethodForms {
  readonly request: DescMessage
  /** Of the one answer, or of every event of a stream. */
  readonly response: DescMessage
}

const registry = readSchema(a2aPackage, a2aSchema)

function form(name: string): DescMessage {
  const found = registry.getMessage(`${a2aPackage}.${name}`)
  if (found === undefined) throw new TypeError(`the schema has no message ${name}`)
  return found
}

const config = form('TaskPushNotificationConfig')

export const methodForms: Readonly<Record<Method, MethodForms>> = {
  SendMessage: { request: form('SendMessageRequest'), response: form('SendMessageResponse') },
  SendStreamingMessage: { request: form('SendMessageRequest'), response: form('StreamResponse') },
  GetTask: { request: form('GetTaskRequest'), response: form('Task') },
  ListTasks: { request: form('ListTasksRequest'), response: form('ListTasksResponse') },
  CancelTask: { request: form('CancelTaskRequest'), response: form('Task') },
  SubscribeToTask: { request: form('SubscribeToTaskRequest'), response: form('StreamResponse') },
  CreateTaskPushNotificationConfig: { request: config, response: config },
  GetTaskPushNotificationConfig: { request: form('GetTaskPushNotificationConfigRequest'), response: config },
  ListTaskPushNotificationConfigs: {
    request: form('ListTaskPushNotificationConfigsRequest'),
    response: form('ListTaskPushNotificationConfigsResponse'),
  },
  DeleteTaskPushNotificationConfig: {
    request: form('DeleteTaskPushNotificationConfigRequest'),
    response: EmptySchema,
  },
  GetExtendedAgentCard: { request: form('GetExtendedAgentCardRequest'), response: form('AgentCard') },
}

/** The path of a method in gRPC's addresses. */
export function methodPath(method: Method): string {
  return `/${a2aPackage}.A2AService/${method}`
}

/** A message as it stands in protocol buffers and in ProtoJSON. */
export interface Decoded {
  readonly json: Json
  /**
   * Written anew from what was read: fields that this schema does not know are in it, a field that came twice is not,
   * so that every reader reads in it what is in `json`.
   */
  readonly bytes: Buffer
}

/** Undefined when the bytes are no such message, or one that ProtoJSON cannot say (a number that is none, a year 10000). */
export function decode(
  of: DescMessage,
  bytes: Uint8Array,
  change?: (message: Message) => void,
): Decoded | undefined {
  try {
    const message = fromBinary(of, bytes)
    change?.(message)
    return {
      json: { ...required.get(of), ...(toJson(of, message) as Json) },
      bytes: Buffer.from(toBinary(of, message)),
    }
  } catch {
    // What is wrong with hostile bytes helps nobody; that they are none of this message is the answer.
    return undefined
  }
}

/** Undefined when the value is no such message. Members that the schema does not know have no place and are left out. */
export function encode(of: DescMessage, json: unknown): Buffer | undefined {
  try {
    return Buffer.from(toBinary(of, fromJson(of, json as JsonValue, { ignoreUnknownFields: true })))
  } catch {
    // As above.
    return undefined
  }
}

/** Members that must be in ProtoJSON even where they have the value that protocol buffers leave out. */
const required: ReadonlyMap<DescMessage, Json> = new Map([
  [methodForms.ListTasks.response, { tasks: [], nextPageToken: '', pageSize: 0, totalSize: 0 }],
  [
    methodForms.GetExtendedAgentCard.response,
    { description: '', version: '', defaultInputModes: [], defaultOutputModes: [], skills: [] },
  ],
])

export function tenantOf(message: Message): string {
  const { tenant } = message as Message & { tenant?: unknown }
  return typeof tenant === 'string' ? tenant : ''
}

export function setTenant(message: Message, tenant: string): void {
  Object.assign(message, { tenant })
}
