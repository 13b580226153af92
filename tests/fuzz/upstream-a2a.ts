import { readRestPath } from '@ambit/core/wire/a2a/rest'
import { canaryOf, ownerIn } from './canary.ts'
import type { HolderName } from './canary.ts'
import type { Flavour } from './draft.ts'
import type { UpstreamAnswer, UpstreamAsked } from './upstream.ts'

/** An agent that answers every operation truly, and keeps the tasks of everyone who reaches it together. */
interface Task {
  readonly id: string
  /** Undefined where the message that began it names nobody. */
  readonly owner: HolderName | undefined
  readonly contextId: string
  /** Its agent is true, so what it says of a task goes to whoever may see the task. */
  readonly isTrue: boolean
}

const tasks = new Map<string, Task>()
const tasksMax = 500

export function a2aAnswer(asked: UpstreamAsked): UpstreamAnswer {
  if (asked.path.endsWith('.json')) return { status: 200, value: cardOf(asked) }
  return asked.path.includes('-rest') ? restAnswer(asked) : rpcAnswer(asked)
}

function rpcAnswer(asked: UpstreamAsked): UpstreamAnswer {
  const { id, method, params } = JSON.parse(asked.text) as { id: unknown; method: string; params: Params }
  const performed = perform(method, params, asked)
  if (performed === undefined) {
    const error = { code: -32001, message: 'upstream says no' }
    return { status: 200, value: { jsonrpc: '2.0', id, error } }
  }
  const values = performed.map((result) => ({ jsonrpc: '2.0', id, result }))
  return answerOf(method, values)
}

function restAnswer(asked: UpstreamAsked): UpstreamAnswer {
  const [path = ''] = asked.path.split('?')
  const reading = readRestPath(asked.verb, path.slice(path.indexOf('/', '/a2a/'.length)))
  const body = (asked.text === '' ? {} : JSON.parse(asked.text)) as Params
  const method = reading.ok ? reading.address.method : ''
  const performed = perform(method, reading.ok ? { ...body, ...reading.address.members } : body, asked)
  if (performed === undefined) {
    const error = { code: 404, status: 'NOT_FOUND', message: 'upstream says no', details: [] }
    return { status: 404, value: { error } }
  }
  return answerOf(method, performed)
}

/** The last value is the answer; the ones before it make it a stream. */
function answerOf(method: string, values: readonly unknown[]): UpstreamAnswer {
  const streams = method === 'SendStreamingMessage' || method === 'SubscribeToTask'
  return { status: 200, value: values.at(-1), ...(streams ? { before: values.slice(0, -1) } : {}) }
}

interface PushConfig {
  readonly url?: string
  readonly token?: string
}

interface Params extends PushConfig {
  readonly id?: string
  readonly taskId?: string
  readonly configuration?: { readonly taskPushNotificationConfig?: PushConfig } | null
}

/** Where the node wants to hear of tasks, with the token to say: what an agent knows, and a thief may. */
export const callbacks: { readonly path: string; readonly token: string }[] = []
const callbacksMax = 1000
const configs = new Map<string, PushConfig>()

function takePush(config: PushConfig | undefined): void {
  const path = /\/a2a\/push\/\w+/.exec(config?.url ?? '')?.[0]
  if (path !== undefined && callbacks.length < callbacksMax)
    callbacks.push({ path, token: config?.token ?? '' })
}

/** What is answered, in order; undefined for a task nobody knows. */
function perform(method: string, params: Params, asked: UpstreamAsked): unknown[] | undefined {
  const id = params.taskId ?? params.id
  const known = id === undefined ? undefined : tasks.get(id)
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage': {
      takePush(params.configuration?.taskPushNotificationConfig)
      const task = newTask(ownerIn(asked.text), /^\/a2a\/(true|ask)/.test(asked.path))
      const end = { statusUpdate: { taskId: task.id, contextId: task.contextId, status: statusOf(task) } }
      return method === 'SendMessage' ? [{ task: viewOf(task) }] : [{ task: viewOf(task) }, end]
    }
    case 'ListTasks':
      return [listOf(asked)]
    case 'GetExtendedAgentCard':
      return [cardOf(asked)]
    case 'GetTask':
    case 'CancelTask':
      return known === undefined ? undefined : [viewOf(known)]
    case 'SubscribeToTask':
      return known === undefined ? undefined : [{ task: viewOf(known) }]
    default:
      return known === undefined ? undefined : performPush(method, params, known.id)
  }
}

function performPush(method: string, params: Params, task: string): unknown[] | undefined {
  const config = configs.get(task)
  switch (method) {
    case 'CreateTaskPushNotificationConfig':
      takePush(params)
      configs.set(task, { ...params })
      if (configs.size > tasksMax) configs.delete(configs.keys().next().value!)
      return [{ ...params, taskId: task, id: 'c' }]
    case 'GetTaskPushNotificationConfig':
      return config === undefined ? undefined : [{ ...config, taskId: task, id: 'c' }]
    case 'ListTaskPushNotificationConfigs':
      return [
        { configs: config === undefined ? [] : [{ ...config, taskId: task, id: 'c' }], nextPageToken: '' },
      ]
    case 'DeleteTaskPushNotificationConfig':
      configs.delete(task)
      return [{}]
    default:
      return undefined
  }
}

function newTask(owner: HolderName | undefined, isTrue: boolean): Task {
  // An agent that is not true may say everything to everyone: then only what a task holds is a secret, not its name.
  const name = () => secretOf(isTrue ? owner : undefined)
  const task = { id: `task-${name()}`, owner, contextId: `context-${name()}`, isTrue }
  tasks.set(task.id, task)
  if (tasks.size > tasksMax) tasks.delete(tasks.keys().next().value!)
  return task
}

let strangers = 0

function secretOf(owner: HolderName | undefined): string {
  return owner === undefined ? `of-nobody-${++strangers}` : canaryOf(owner)
}

function listOf({ path }: UpstreamAsked): Record<string, unknown> {
  const isTrue = /^\/a2a\/(true|ask)/.test(path)
  const shown = [...tasks.values()].filter((task) => task.isTrue === isTrue).slice(-20)
  const views = shown.map((task) =>
    isTrue
      ? viewOf(task)
      : { id: task.id, contextId: task.contextId, status: { state: 'TASK_STATE_WORKING' } },
  )
  return { tasks: views, totalSize: tasks.size, nextPageToken: '' }
}

function viewOf(task: Task): Record<string, unknown> {
  const { id, contextId } = task
  const artifacts = [{ artifactId: 'a', parts: [{ text: secretOf(task.owner) }] }]
  return { id, contextId, status: statusOf(task), artifacts }
}

function statusOf({ owner, id, contextId }: Task): Record<string, unknown> {
  const message = {
    messageId: 'm',
    role: 'ROLE_AGENT',
    taskId: id,
    contextId,
    parts: [{ text: secretOf(owner) }],
  }
  return { state: 'TASK_STATE_INPUT_REQUIRED', message }
}

function cardOf({ path, origin }: UpstreamAsked): Record<string, unknown> {
  const url = `${origin}${path.slice(0, path.indexOf('/', '/a2a/'.length))}`
  return {
    name: 'Fuzzed',
    description: 'Says what it is told to say.',
    version: '1.0.0',
    supportedInterfaces: [
      { url, protocolBinding: path.includes('-rest') ? 'HTTP+JSON' : 'JSONRPC', protocolVersion: '1.0' },
    ],
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'say', name: 'Say', description: 'Says', tags: [] }],
  }
}

export const a2aTargets: readonly {
  readonly slug: string
  readonly path: string
  readonly flavour: Flavour
}[] = (['true', 'odd', 'broken', 'ask'] as const).flatMap((flavour) =>
  (['rpc', 'rest'] as const).map((binding) => ({
    slug: `${flavour}-${binding}`,
    path: `/a2a/${flavour}-${binding}/agent-card.json`,
    flavour,
  })),
)
