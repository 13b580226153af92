import type { Method } from '@ambit/core/wire/a2a/method'
import type { Target } from '../../registry/target.ts'

/** An A2A agent has one capability to send it messages, and one for each thing done with the tasks that come of them. */
export const messageCapability = 'message'
/** What it says of itself to callers it knows. */
export const extendedCardCapability = 'card.extended'

const capabilityByMethod = {
  SendMessage: messageCapability,
  SendStreamingMessage: messageCapability,
  GetTask: 'task.get',
  ListTasks: 'task.list',
  CancelTask: 'task.cancel',
  SubscribeToTask: 'task.track',
  CreateTaskPushNotificationConfig: 'task.push.set',
  GetTaskPushNotificationConfig: 'task.push.get',
  ListTaskPushNotificationConfigs: 'task.push.list',
  DeleteTaskPushNotificationConfig: 'task.push.delete',
  GetExtendedAgentCard: extendedCardCapability,
} as const satisfies Partial<Record<Method, string>>

export type CarriedMethod = keyof typeof capabilityByMethod

/** Undefined for operations this node does not carry: extended cards. */
export function capabilityOf(method: Method): string | undefined {
  return isCarried(method) ? capabilityByMethod[method] : undefined
}

export function isCarried(method: Method): method is CarriedMethod {
  return Object.hasOwn(capabilityByMethod, method)
}

/** The method that a capability is called by. */
export function methodOf(capability: string, stream: boolean): CarriedMethod | undefined {
  if (capability === messageCapability) return stream ? 'SendStreamingMessage' : 'SendMessage'
  for (const [method, id] of Object.entries(capabilityByMethod)) {
    if (id === capability) return method as CarriedMethod
  }
  return undefined
}

const views: ReadonlySet<string> = new Set([
  extendedCardCapability,
  'task.get',
  'task.list',
  'task.track',
  'task.push.get',
  'task.push.list',
])

/** Only looks: when its caller has left there is nothing to go on with. */
export function isView(capability: string): boolean {
  return views.has(capability)
}

/** Whether the agent's card says that it streams. */
export function streams(target: Target): boolean {
  return declares(target, 'streaming')
}

/** Whether the agent's card says that it sends push notifications. */
export function pushes(target: Target): boolean {
  return declares(target, 'pushNotifications')
}

function declares(target: Target, name: string): boolean {
  const capabilities = target.capabilities.get(messageCapability)?.served['capabilities']
  return (
    typeof capabilities === 'object' &&
    capabilities !== null &&
    (capabilities as Record<string, unknown>)[name] === true
  )
}
