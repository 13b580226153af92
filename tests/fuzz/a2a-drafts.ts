import { canaryOf } from './canary.ts'
import type { HolderName } from './canary.ts'
import type { Draft, Flavour, Memory } from './draft.ts'
import { nodeOf } from './json-node.ts'
import type { Random } from './random.ts'

export interface A2aScene {
  readonly random: Random
  readonly holder: HolderName
  readonly token: string
  readonly own: Memory
  readonly other: Memory
  /** Names of agents by how they behave. */
  readonly agents: ReadonlyMap<Flavour, readonly string[]>
}

/** An operation: its method in JSON-RPC 1.0 and 0.3, and its address in HTTP+JSON. */
interface Operation {
  readonly method: string
  readonly older: string
  readonly verb: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly params: Record<string, unknown>
}

/** A message of the protocol as its specification has it, in either binding and in 1.0 or 0.3. */
export function a2aDraft(scene: A2aScene): Draft {
  const { random } = scene
  const { flavour, slug } = agentOf(scene)
  if (random.onceIn(40)) {
    const path = `/a2a/${slug}/${random.pick(['.well-known/agent-card.json', 'agent-card.json', 'v1/card'])}`
    return { what: 'card', verb: 'GET', path, headers: headersOf(scene), body: undefined, flavour }
  }
  if (random.onceIn(25)) return callback(scene)
  const operation = operationOf(scene)
  switch (random.below(4)) {
    case 0:
    case 1:
      return rpc(scene, slug, flavour, operation.method, operation.params, '1.0')
    case 2:
      return rest(scene, slug, flavour, operation)
    default:
      return random.onceIn(3)
        ? rpc(scene, slug, flavour, operation.older, olderParams(operation), '0.3')
        : rpc(scene, slug, flavour, operation.method, operation.params, '1.0')
  }
}

/** The same for bindings that write it in another way. */
export function draftOperation(scene: A2aScene): {
  readonly slug: string
  readonly flavour: Flavour
  readonly operation: Operation
} {
  return { ...agentOf(scene), operation: operationOf(scene) }
}

function agentOf({ random, agents }: A2aScene): { readonly slug: string; readonly flavour: Flavour } {
  const flavour = random.pick(['true', 'true', 'true', 'odd', 'odd', 'odd', 'broken', 'ask'] as const)
  return { flavour, slug: random.pick(agents.get(flavour) ?? ['none']) }
}

function operationOf(scene: A2aScene): Operation {
  const { random } = scene
  const id = known(scene, 'task')
  const message = messageOf(scene)
  const push = { url: `http://127.0.0.1:9/${canaryOf(scene.holder)}`, token: canaryOf(scene.holder) }
  const configs = `/tasks/${encodeURIComponent(id)}/pushNotificationConfigs`
  const task = `/tasks/${encodeURIComponent(id)}`
  const configuration = random.onceIn(6) ? { taskPushNotificationConfig: push } : { historyLength: 3 }
  const send = random.onceIn(3) ? { message, configuration } : { message }
  const all: readonly Operation[] = [
    of('SendMessage', 'message/send', 'POST', '/message:send', send),
    of('SendMessage', 'message/send', 'POST', '/message:send', send),
    of('SendStreamingMessage', 'message/stream', 'POST', '/message:stream', send),
    of('SendStreamingMessage', 'message/stream', 'POST', '/message:stream', send),
    of('GetTask', 'tasks/get', 'GET', task, { id }),
    of('ListTasks', 'tasks/list', 'GET', '/tasks', {
      pageSize: random.pick([1, 50, 0]),
      ...(random.onceIn(3) ? { contextId: known(scene, 'context') } : {}),
      ...(random.onceIn(5) ? { pageToken: known(scene, 'page') } : {}),
    }),
    of('CancelTask', 'tasks/cancel', 'POST', `${task}:cancel`, { id }),
    of('SubscribeToTask', 'tasks/resubscribe', 'GET', `${task}:subscribe`, { id }),
    of('CreateTaskPushNotificationConfig', 'tasks/pushNotificationConfig/set', 'POST', configs, {
      taskId: id,
      ...push,
    }),
    of('ListTaskPushNotificationConfigs', 'tasks/pushNotificationConfig/list', 'GET', configs, {
      taskId: id,
    }),
    of('GetTaskPushNotificationConfig', 'tasks/pushNotificationConfig/get', 'GET', `${configs}/c`, {
      taskId: id,
      id: known(scene, 'push'),
    }),
    of('DeleteTaskPushNotificationConfig', 'tasks/pushNotificationConfig/delete', 'DELETE', `${configs}/c`, {
      taskId: id,
      id: 'c',
    }),
    of('GetExtendedAgentCard', 'agent/getAuthenticatedExtendedCard', 'GET', '/extendedAgentCard', {}),
  ]
  return random.pick(all)
}

function of(
  method: string,
  older: string,
  verb: Operation['verb'],
  path: string,
  params: Record<string, unknown>,
): Operation {
  return { method, older, verb, path, params }
}

function messageOf(scene: A2aScene): Record<string, unknown> {
  const { random } = scene
  return {
    messageId: `m-${random.next()}`,
    role: 'ROLE_USER',
    parts: [{ text: canaryOf(scene.holder) }, ...(random.onceIn(4) ? [{ data: { a: [1] } }] : [])],
    metadata: { seed: random.next() },
    ...(random.onceIn(3) ? { taskId: known(scene, 'task') } : {}),
    ...(random.onceIn(4) ? { contextId: known(scene, 'context') } : {}),
    ...(random.onceIn(8) ? { referenceTaskIds: [known(scene, 'task')] } : {}),
  }
}

/** The spelling of 0.3: kinds, lower-case roles. */
function olderParams({ params }: Operation): Record<string, unknown> {
  const message = params['message']
  if (typeof message !== 'object' || message === null) return params
  const parts = [{ kind: 'text', text: JSON.stringify((message as { parts: unknown }).parts) }]
  return { ...params, message: { ...message, kind: 'message', role: 'user', parts } }
}

function rpc(
  scene: A2aScene,
  slug: string,
  flavour: Flavour,
  method: string,
  params: Record<string, unknown>,
  version: string,
): Draft {
  const { random } = scene
  const id = random.pick([random.below(5), random.next(), 'text', null])
  const headers = headersOf(scene)
  if (version === '1.0' || random.onceIn(2)) headers.push(['a2a-version', version])
  const body = nodeOf({ jsonrpc: '2.0', id, method, params })
  return { what: `rpc ${method}`, verb: 'POST', path: `/a2a/${slug}`, headers, body, flavour }
}

function rest(scene: A2aScene, slug: string, flavour: Flavour, operation: Operation): Draft {
  const headers: [string, string][] = [...headersOf(scene), ['a2a-version', '1.0']]
  const { verb, path, params } = operation
  const tenant = scene.random.onceIn(20) ? '/tenant' : ''
  const isPost = verb === 'POST'
  const query = isPost || operation.method !== 'ListTasks' ? '' : `?${queryOf(params)}`
  const { id: _id, taskId: _taskId, ...rest } = params
  return {
    what: `rest ${operation.method}`,
    verb,
    path: `/a2a/${slug}${tenant}${path}${query}`,
    headers,
    body: isPost ? nodeOf(rest) : undefined,
    flavour,
  }
}

function queryOf(params: Record<string, unknown>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&')
}

/** What an agent, or somebody who plays one, posts to the address it was given for news of a task. */
function callback(scene: A2aScene): Draft {
  const { random } = scene
  const [path = '', token = ''] = known(scene, 'callback').split(' ')
  const headers: [string, string][] = [
    ['host', 'localhost'],
    ['content-type', 'application/json'],
    ['x-a2a-notification-token', token],
  ]
  const id = known(scene, 'task')
  const status = { state: 'TASK_STATE_COMPLETED' }
  const body = random.onceIn(2)
    ? { task: { id, contextId: 'c', status } }
    : { statusUpdate: { taskId: id, contextId: 'c', status } }
  const asked = path.startsWith('/a2a/push/') ? path : `/a2a/push/${path}`
  return { what: 'callback', verb: 'POST', path: asked, headers, body: nodeOf(body), flavour: undefined }
}

function headersOf({ token, random }: A2aScene): [string, string][] {
  return [
    ['host', 'localhost'],
    ['authorization', `Bearer ${token}`],
    ['content-type', random.pick(['application/json', 'application/a2a+json'])],
    ['accept', 'application/json, text/event-stream'],
    ...(random.onceIn(9) ? [['a2a-extensions', 'https://example.com/ext/v1'] as [string, string]] : []),
  ]
}

function known({ random, own, other }: A2aScene, kind: string): string {
  const list = random.onceIn(4) ? other.of(kind) : own.of(kind)
  return list.length === 0 || random.onceIn(10) ? `no-such-${random.below(5)}` : random.pick(list)
}
