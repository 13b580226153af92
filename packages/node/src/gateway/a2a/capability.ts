import type { Method } from '@ambit/core/wire/a2a/method'
import type { Target } from '../../registry/target.ts'

/** An A2A agent has one capability to send it messages, and one for each thing done with the tasks that come of them. */
export const messageCapability = 'message'
/** Makes a configuration of push notifications; whoever sends one in a message needs it as well. */
export const pushSetCapability = 'task.push.set'
/** What it says of itself to callers it knows. */
export const extendedCardCapability = 'card.extended'

const capabilityByMethod: Readonly<Record<Method, string>> = {
  SendMessage: messageCapability,
  SendStreamingMessage: messageCapability,
  GetTask: 'task.get',
  ListTasks: 'task.list',
  CancelTask: 'task.cancel',
  SubscribeToTask: 'task.track',
  CreateTaskPushNotificationConfig: pushSetCapability,
  GetTaskPushNotificationConfig: 'task.push.get',
  ListTaskPushNotificationConfigs: 'task.push.list',
  DeleteTaskPushNotificationConfig: 'task.push.delete',
  GetExtendedAgentCard: extendedCardCapability,
}

export function capabilityOf(method: Method): string {
  return capabilityByMethod[method]
}

/** The method that a capability is called by. */
export function methodOf(capability: string, stream: boolean): Method | undefined {
  if (capability === messageCapability) return stream ? 'SendStreamingMessage' : 'SendMessage'
  for (const [method, id] of Object.entries(capabilityByMethod)) {
    if (id === capability) return method as Method
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
