import type { Method } from '@ambit/core/wire/a2a/method'
import type { Target } from '../../registry/target.ts'

/** An A2A agent has one capability to send it messages, and one for each thing done with the tasks that come of them. */
export const messageCapability = 'message'

const capabilityByMethod = {
  SendMessage: messageCapability,
  SendStreamingMessage: messageCapability,
  GetTask: 'task.get',
  ListTasks: 'task.list',
  CancelTask: 'task.cancel',
  SubscribeToTask: 'task.track',
} as const satisfies Partial<Record<Method, string>>

export type CarriedMethod = keyof typeof capabilityByMethod

/** Undefined for operations this node does not carry: push notifications and extended cards. */
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

/** Whether the agent's card says that it streams. */
export function streams(target: Target): boolean {
  const capabilities = target.capabilities.get(messageCapability)?.served['capabilities']
  return (
    typeof capabilities === 'object' &&
    capabilities !== null &&
    (capabilities as Record<string, unknown>)['streaming'] === true
  )
}
