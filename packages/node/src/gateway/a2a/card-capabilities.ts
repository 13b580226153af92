import type { Profile } from '@ambit/core/record'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { a2aVersion, readVersion } from '@ambit/core/wire/a2a/version'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { DescribedCapability } from '../../registry/describe.ts'
import { extendedCardCapability, messageCapability } from './capability.ts'

/** What can be asked of an agent: messages, and what is done with the tasks that come of them. */
export function describedCapabilities(card: AgentCard, raw: Json): readonly DescribedCapability[] {
  const message: DescribedCapability = {
    id: messageCapability,
    name: card.name,
    description: card.description,
    inputSchema: messageInput,
    outputSchema: undefined,
    hints: {},
    served: servedOf(raw),
  }
  const tasks = taskOperations.filter(
    (operation) =>
      (!operation.streams || card.capabilities.streaming === true) &&
      (!operation.id.startsWith('task.push.') || card.capabilities['pushNotifications'] === true) &&
      (operation.id !== extendedCardCapability || card.capabilities['extendedAgentCard'] === true) &&
      (operation.id !== 'task.list' || offers10(card)),
  )
  return [message, ...tasks.map((operation) => taskCapability(operation))]
}

/** Whether any of its interfaces knows the operations that came with 1.0. */
function offers10(card: AgentCard): boolean {
  return card.supportedInterfaces.some((offered) => readVersion(offered.protocolVersion) === a2aVersion)
}

/** The card as far as it says what the agent does: an address that moves, or a new signature, is no other agent. */
function servedOf(raw: Json): Json {
  const { signatures: _signatures, supportedInterfaces, ...rest } = raw
  const interfaces = Array.isArray(supportedInterfaces) ? supportedInterfaces : []
  return {
    ...rest,
    supportedInterfaces: interfaces.map((offered: unknown) => {
      const { url: _url, ...members } = (offered ?? {}) as Record<string, unknown>
      return members
    }),
  }
}

const identifier = { type: 'string', minLength: 1 }

const messageInput: Json = {
  type: 'object',
  required: ['message'],
  properties: {
    message: {
      type: 'object',
      required: ['messageId', 'role', 'parts'],
      properties: {
        messageId: identifier,
        role: { enum: ['ROLE_USER', 'ROLE_AGENT'] },
        parts: { type: 'array', minItems: 1, items: { type: 'object' } },
        taskId: { type: 'string' },
        contextId: { type: 'string' },
        referenceTaskIds: { type: 'array', items: identifier },
        metadata: { type: 'object' },
      },
    },
    configuration: { type: 'object' },
    metadata: { type: 'object' },
  },
}

interface TaskOperation {
  readonly id: string
  readonly method: string
  readonly name: string
  readonly description: string
  readonly input: Json
  readonly readOnly: boolean
  readonly streams: boolean
  /** Where the words for it would say too much or too little. */
  readonly profile?: Profile
}

const reads: Profile = { effect: 'read', reversibility: 0, roles: {}, integrity: {}, dataClasses: [] }

const taskInput: Json = { type: 'object', required: ['id'], properties: { id: identifier } }

const pushInput: Json = {
  type: 'object',
  required: ['taskId', 'id'],
  properties: { taskId: identifier, id: identifier },
}

const taskOperations: readonly TaskOperation[] = [
  {
    id: 'task.get',
    method: 'GetTask',
    name: 'Get a task',
    description: 'Reads the state and results of a task that a message of the same holder began.',
    input: {
      type: 'object',
      required: ['id'],
      properties: { id: identifier, historyLength: { type: 'integer', minimum: 0 } },
    },
    readOnly: true,
    streams: false,
  },
  {
    id: 'task.list',
    method: 'ListTasks',
    name: 'List tasks',
    description: 'Lists the tasks that messages of the same holder began.',
    input: {
      type: 'object',
      properties: {
        contextId: { type: 'string' },
        status: { type: 'string' },
        pageSize: { type: 'integer', minimum: 1, maximum: 100 },
        pageToken: { type: 'string' },
        historyLength: { type: 'integer', minimum: 0 },
        statusTimestampAfter: { type: 'string' },
        includeArtifacts: { type: 'boolean' },
      },
    },
    readOnly: true,
    streams: false,
  },
  {
    id: 'task.cancel',
    method: 'CancelTask',
    name: 'Cancel a task',
    description: 'Asks the agent to stop a task that a message of the same holder began.',
    input: { type: 'object', required: ['id'], properties: { id: identifier, metadata: { type: 'object' } } },
    readOnly: false,
    streams: false,
  },
  {
    id: 'task.track',
    method: 'SubscribeToTask',
    name: 'Track a task',
    description: 'Streams what happens to a task that a message of the same holder began.',
    input: taskInput,
    readOnly: true,
    streams: true,
  },
  {
    id: 'task.push.set',
    method: 'CreateTaskPushNotificationConfig',
    name: 'Set up push notifications',
    description: 'Has the agent tell an address of the caller what becomes of a task.',
    input: {
      type: 'object',
      required: ['taskId', 'url'],
      properties: { taskId: identifier, id: { type: 'string' }, url: { type: 'string', format: 'uri' } },
    },
    readOnly: false,
    streams: false,
    // What the agent says of the task leaves for that address; deleting the setting ends it. A message that asks for
    // it is not held for that: the setting would come too late.
    profile: { ...reads, effect: 'egress', reversibility: 1, roles: { url: 'sink' }, windowMs: 0 },
  },
  {
    id: 'task.push.get',
    method: 'GetTaskPushNotificationConfig',
    name: 'Get a push notification setting',
    description: 'Reads one setting of push notifications of a task that a message of the same holder began.',
    input: pushInput,
    readOnly: true,
    streams: false,
    profile: reads,
  },
  {
    id: 'task.push.list',
    method: 'ListTaskPushNotificationConfigs',
    name: 'List push notification settings',
    description:
      'Lists the settings of push notifications of a task that a message of the same holder began.',
    input: {
      type: 'object',
      required: ['taskId'],
      properties: {
        taskId: identifier,
        pageSize: { type: 'integer', minimum: 1 },
        pageToken: { type: 'string' },
      },
    },
    readOnly: true,
    streams: false,
    profile: reads,
  },
  {
    id: 'task.push.delete',
    method: 'DeleteTaskPushNotificationConfig',
    name: 'End push notifications',
    description: 'Ends a setting of push notifications of a task that a message of the same holder began.',
    input: pushInput,
    readOnly: false,
    streams: false,
    profile: { ...reads, effect: 'write', reversibility: 1, windowMs: 0 },
  },
  {
    id: extendedCardCapability,
    method: 'GetExtendedAgentCard',
    name: 'Get the extended card',
    description: 'Reads what the agent says of itself to callers it knows.',
    input: { type: 'object', properties: {} },
    readOnly: true,
    streams: false,
    profile: reads,
  },
]

function taskCapability(operation: TaskOperation): DescribedCapability {
  const { id, method, name, description, input, readOnly, profile } = operation
  return {
    ...(profile === undefined ? {} : { profile }),
    id,
    name,
    description,
    inputSchema: input,
    outputSchema: undefined,
    hints: { readOnly },
    // The protocol defines these, not the agent: their definition is the same for every agent.
    served: { method, protocolVersion: a2aVersion, inputSchema: input },
  }
}
